import {styleText} from 'node:util';
import type {Grade} from '../score';
import type {Report, ReportedFinding} from './report';

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

const MARKS: Readonly<Record<ReportedFinding['status'], {readonly mark: string; readonly style: Style}>> = {
  pass: {mark: 'ok  ', style: 'green'},
  warn: {mark: 'warn', style: 'yellow'},
  fail: {mark: 'FAIL', style: 'red'},
  'not-tested': {mark: '  - ', style: 'gray'},
};

/** How much a terminal report shows and whether it may use colour. */
export interface TerminalStyle {
  readonly colour: 'colour' | 'plain';
  /** `all` shows evidence of passed checks too; `new` only what the baseline did not know. */
  readonly detail: 'weaknesses' | 'all' | 'new';
}

/** The report for a person at a terminal: grade first, then family by family. */
export function renderTerminal(report: Report, {colour, detail}: TerminalStyle): string {
  // Whether the stream takes colours was decided by the caller, who knows it.
  const paint: Paint = (style, text) => (colour === 'colour' ? styleText(style, text, {validateStream: false}) : text);
  const shown = report.findings.filter(finding => detail !== 'new' || finding.novelty === 'new');
  const families = [...new Set(shown.map(finding => finding.family))].map(family => {
    const findings = shown.filter(finding => finding.family === family);
    return [paint('bold', family), ...findings.flatMap(finding => linesOf(finding, paint, detail)), ''].join('\n');
  });
  return [...headline(report, paint), '', ...families].join('\n');
}

function headline(report: Report, paint: Paint): string[] {
  const {counts, grade} = report;
  const decided = report.decidedBy.length === 0 ? '' : `  decided by ${report.decidedBy.join(', ')}`;
  return [
    `${paint('bold', report.target.url)} (${report.target.address})`,
    `${paint(gradeStyle(grade), `grade ${grade}`)}, ${report.score} of 100 points${decided}`,
    `${counts.fail} failed, ${counts.warn} warnings, ${counts.pass} passed, ${counts['not-tested']} not tested; ` +
      `${report.connections} connections in ${(report.durationMs / 1000).toFixed(1)} s`,
  ];
}

function gradeStyle(grade: Grade): Style {
  if (grade === 'A') return 'green';
  return grade === 'B' || grade === 'C' ? 'yellow' : 'red';
}

function linesOf(finding: ReportedFinding, paint: Paint, detail: TerminalStyle['detail']): string[] {
  const {mark, style} = MARKS[finding.status];
  const isWeak = finding.status === 'fail' || finding.status === 'warn';
  const label = isWeak ? ` ${paint('dim', `[${finding.severity}, ${finding.cwe}, ${finding.owasp}]`)}` : '';
  const lines = [`  ${paint(style, mark)} ${finding.title} ${paint('dim', finding.id)}${label}`];
  if (isWeak || finding.status === 'not-tested' || detail === 'all') {
    lines.push(...finding.evidence.map(each => `         ${each}`));
  }
  if (isWeak)
    lines.push(
      `         ${paint('bold', 'risk:')} ${finding.risk}`,
      `         ${paint('bold', 'fix:')}  ${finding.remedy}`,
    );
  return lines;
}
