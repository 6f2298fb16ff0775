import {MARKS} from '../../loopback/matrix';
import type {Reach} from '../../loopback/matrix';
import {escape as escapeHtml} from '../../scan/report/html';
import {columns} from '../table';
import type {AccessDocument, EndpointText} from './document';

/** Every way to print an access matrix. */
export const FORMATS: Readonly<Record<string, (document: AccessDocument) => string>> = Object.freeze({
  table: renderTable,
  markdown: renderMarkdown,
  json: renderJson,
  csv: renderCsv,
  html: renderHtml,
});

const LEGEND = `${MARKS.allow}: allowed; ${MARKS.conditional}: allowed unless a voter or a requirement refuses; ${MARKS.deny}: denied`;

/** As it is committed for `--check`. */
export function renderJson(document: AccessDocument): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function renderTable(document: AccessDocument): string {
  const {roles, endpoints, findings} = document;
  const table = columns([
    ['ENDPOINT', 'SERVED BY', ...roles],
    ...endpoints.map(each => [each.endpoint, each.servedBy, ...marksOf(each, document)]),
  ]);
  const list = findings.map(finding => `- ${finding}\n`).join('');
  return `${table}\n${LEGEND}\n${list === '' ? '' : `\nFindings\n${list}`}`;
}

function renderMarkdown(document: AccessDocument): string {
  const {roles, endpoints, findings} = document;
  const row = (cells: readonly string[]): string => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  const lines = [
    row(['Endpoint', 'Served by', ...roles]),
    `| --- | --- |${roles.map(() => ' :-: |').join('')}`,
    ...endpoints.map(each => row([each.endpoint, each.servedBy, ...marksOf(each, document)])),
    '',
    LEGEND,
    ...(findings.length === 0 ? [] : ['', ...findings.map(finding => `- ${escapeMarkdown(finding)}`)]),
  ];
  return `${lines.join('\n')}\n`;
}

function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\|`*_<>[\]]/g, '\\$&');
}

/** RFC 4180, with words instead of marks: a cell that begins with `-` would be a formula to a spreadsheet. */
function renderCsv({roles, endpoints}: AccessDocument): string {
  const rows = [
    ['endpoint', 'kind', 'served by', 'requirements', ...roles],
    ...endpoints.map(({endpoint, kind, servedBy, requirements, reach}) => [
      endpoint,
      kind,
      servedBy,
      requirements.join('; '),
      ...roles.map(role => wordOf(reach, role)),
    ]),
  ];
  return rows.map(row => `${row.map(quoteCsv).join(',')}\r\n`).join('');
}

function quoteCsv(text: string): string {
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1b1f24}
table{border-collapse:collapse}th,td{padding:.3rem .7rem;border:1px solid #d0d7de;text-align:left}
th{background:#f6f8fa}td.allow{background:#dafbe1}td.conditional{background:#fff8c5}td.deny{color:#6e7781}`;

/** One page without scripts or outside references. */
function renderHtml({roles, endpoints, findings}: AccessDocument): string {
  const rows = endpoints.map(({endpoint, servedBy, reach}) => {
    const cells = roles.map(role => `<td class="${wordOf(reach, role)}">${MARKS[wordOf(reach, role)]}</td>`);
    return `<tr><th scope="row">${escapeHtml(endpoint)}</th><td>${escapeHtml(servedBy)}</td>${cells.join('')}</tr>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Access matrix</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Access matrix</h1>
<table>
<tr><th>Endpoint</th><th>Served by</th>${roles.map(role => `<th>${escapeHtml(role)}</th>`).join('')}</tr>
${rows.join('\n')}
</table>
<p>${LEGEND}</p>
<ul>${findings.map(finding => `<li>${escapeHtml(finding)}</li>`).join('')}</ul>
</body>
</html>
`;
}

function marksOf({reach}: EndpointText, {roles}: AccessDocument): readonly string[] {
  return roles.map(role => MARKS[wordOf(reach, role)]);
}

function wordOf(reach: EndpointText['reach'], role: string): Reach {
  return reach[role] ?? 'deny';
}
