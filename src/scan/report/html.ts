import type {Report, ReportedFinding} from './report';

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --fail: #c0262d; --warn: #a66b00; --pass: #1a7f45; --none: #77808a; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
header { display: flex; gap: 1.5rem; align-items: center; border-bottom: 1px solid var(--line); padding-bottom: 1.5rem; }
h1 { font-size: 1.3rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.grade { font-size: 4rem; font-weight: 700; line-height: 1; min-width: 5rem; text-align: center; color: var(--fail); }
.grade-A { color: var(--pass); } .grade-B, .grade-C { color: var(--warn); } .grade-none { color: var(--none); }
p { margin: .3rem 0; }
details { border-bottom: 1px solid var(--line); padding: .4rem 0; }
summary { cursor: pointer; display: flex; gap: .8rem; align-items: baseline; }
summary b { flex: none; width: 6rem; } summary span { flex: 1; } summary small { color: var(--none); }
.fail b { color: var(--fail); } .warn b { color: var(--warn); } .pass b { color: var(--pass); } .not-tested b { color: var(--none); }
dl { margin: .5rem 0 .5rem 6.8rem; } dt { font-weight: 600; } dd { margin: 0 0 .5rem; overflow-wrap: anywhere; }
@media print { details:not([open]) > * { display: revert; } }
`;

const WORDS: Readonly<Record<ReportedFinding['status'], string>> = {
  fail: 'Failed',
  warn: 'Warning',
  pass: 'Passed',
  'not-tested': 'Not tested',
};

const SENTENCES: Readonly<Record<Report['grade'], string>> = {
  A: 'No weakness of weight was found.',
  B: 'Sound, with weaknesses that should be removed.',
  C: 'Weaknesses that help an attacker.',
  D: 'Serious weaknesses: an attacker who tries will get somewhere.',
  E: 'Many serious weaknesses.',
  F: 'The protection does not hold: fix this before anything else.',
  '-': 'Too little could be tested to give a grade.',
};

/** One HTML page without scripts or outside references, for readers who do not use terminals. */
export function renderHtml(report: Report): string {
  const title = `Mutual TLS report: ${report.target.url}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${header(report)}
<main>
${weaknessSummary(report)}
${families(report)}
</main>
</body>
</html>
`;
}

function header(report: Report): string {
  const {counts, grade} = report;
  return `<header>
<div class="grade grade-${grade === '-' ? 'none' : grade}">${grade}</div>
<div>
<h1>${escape(report.target.url)}</h1>
<p>${SENTENCES[grade]} ${report.score} of 100 points.</p>
<p>${counts.fail} failed, ${counts.warn} warnings, ${counts.pass} passed, ${counts['not-tested']} not tested.</p>
<p><small>${escape(report.startedAt)}, address ${escape(report.target.address)}, ${report.connections} connections in ${(report.durationMs / 1000).toFixed(1)} seconds.</small></p>
</div>
</header>`;
}

/** What to do first: failures by severity, one line each. */
function weaknessSummary({findings}: Report): string {
  const order = ['critical', 'high', 'medium', 'low', 'info'];
  const failed = findings
    .filter(finding => finding.status === 'fail')
    .sort((one, other) => order.indexOf(one.severity) - order.indexOf(other.severity));
  if (failed.length === 0) return '';
  const items = failed.map(
    ({severity, title, remedy}) =>
      `<li><b>${severity}</b>: it does not hold that ${escape(title)}. ${escape(sentence(remedy))}.</li>`,
  );
  return `<section><h2>What to do, in this order</h2><ol>${items.join('')}</ol></section>`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function families({findings}: Report): string {
  return [...new Set(findings.map(finding => finding.family))]
    .map(family => {
      const members = findings.filter(finding => finding.family === family);
      return `<section><h2>${escape(family)}</h2>\n${members.map(detail).join('\n')}\n</section>`;
    })
    .join('\n');
}

function detail(finding: ReportedFinding): string {
  const isWeak = finding.status === 'fail' || finding.status === 'warn';
  const rows = [
    ['Evidence', finding.evidence.join('\n')],
    ...(isWeak
      ? [
          ['Risk', finding.risk],
          ['Remedy', finding.remedy],
        ]
      : []),
    ['Reference', `${finding.id}, ${finding.severity}, ${finding.cwe}, OWASP ${finding.owasp}`],
  ];
  const list = rows.map(
    ([term = '', text = '']) => `<dt>${term}</dt><dd>${escape(text).replaceAll('\n', '<br>')}</dd>`,
  );
  const novelty = finding.novelty === 'new' ? ' <small>new</small>' : '';
  return `<details class="${finding.status}"${isWeak ? ' open' : ''}><summary><b>${WORDS[finding.status]}</b><span>${escape(finding.title)}${novelty}</span><small>${finding.severity}</small></summary><dl>${list.join('')}</dl></details>`;
}

/** Text inside an element or a quoted attribute. */
export function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);
}
