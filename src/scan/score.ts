import type {Finding, Severity} from './checks/check';

/** A school grade. `-`: too little could be tested to give one. */
export type Grade = 'A' | 'B' | 'C' | 'D' | 'E' | 'F' | '-';

/** Score and grade of a scan. */
export interface Score {
  /** 0 to 100. */
  readonly points: number;
  readonly grade: Grade;
  /** Ids of the findings that decided the grade. */
  readonly because: readonly string[];
}

/** Points a failed check costs; a warning costs half. */
const COST: Readonly<Record<Severity, number>> = {critical: 40, high: 15, medium: 6, low: 2, info: 0};

/** The best grade left after a failed check of this severity, whatever the points say. */
const CEILING: Readonly<Record<Severity, Grade>> = {critical: 'F', high: 'D', medium: 'B', low: 'A', info: 'A'};

/** The best grade left after a warning. */
const WARNED: Readonly<Record<Severity, Grade>> = {critical: 'C', high: 'B', medium: 'A', low: 'A', info: 'A'};

/** Without an answer to these there is nothing to grade. */
const ESSENTIAL: readonly string[] = [
  'client-certificate-requested',
  'client-certificate-required',
  'suite-strong',
  'scan-control',
];

const ORDER: readonly Grade[] = ['A', 'B', 'C', 'D', 'E', 'F'];

/** 100 minus the cost of all findings; the grade is the worse of the points and every ceiling. */
export function scoreOf(findings: readonly Finding[]): Score {
  const untested = ESSENTIAL.filter(id => findings.find(finding => finding.id === id)?.outcome.status === 'not-tested');
  const points = Math.max(0, 100 - Math.ceil(findings.reduce((sum, finding) => sum + costOf(finding), 0)));
  const worst = findings.reduce((grade, finding) => worse(grade, ceilingOf(finding)), gradeOf(points));
  // A served stranger is an F even where the rest could not be tested.
  if (untested.length > 0 && worst !== 'F') return {points, grade: '-', because: untested};
  return {points, grade: worst, because: decisive(findings, worst)};
}

/** The findings whose ceiling is the grade; where the points alone made it, everything that cost some. */
function decisive(findings: readonly Finding[], grade: Grade): readonly string[] {
  if (grade === 'A') return [];
  const limiting = findings.filter(finding => ceilingOf(finding) === grade);
  return (limiting.length > 0 ? limiting : findings.filter(finding => costOf(finding) > 0)).map(({id}) => id);
}

function costOf({outcome, severity}: Finding): number {
  if (outcome.status === 'fail') return COST[severity];
  return outcome.status === 'warn' ? COST[severity] / 2 : 0;
}

function ceilingOf({outcome, severity}: Finding): Grade {
  if (outcome.status === 'fail') return CEILING[severity];
  return outcome.status === 'warn' ? WARNED[severity] : 'A';
}

function gradeOf(points: number): Grade {
  if (points >= 90) return 'A';
  if (points >= 80) return 'B';
  if (points >= 70) return 'C';
  if (points >= 60) return 'D';
  return points >= 40 ? 'E' : 'F';
}

function worse(one: Grade, other: Grade): Grade {
  return ORDER.indexOf(one) > ORDER.indexOf(other) ? one : other;
}
