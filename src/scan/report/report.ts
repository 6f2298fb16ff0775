import {MtlsError} from '../../errors';
import type {Outcome, Severity} from '../checks/check';
import type {ScanResult} from '../scan';
import type {Grade} from '../score';

/** The form of a report; raised when a reader of the last one would misread the next. */
export const REPORT_VERSION = 1;

/** Whether an earlier report already had the finding at least as bad. */
export type Novelty = 'new' | 'known';

/** One finding as it leaves the program. */
export interface ReportedFinding {
  readonly id: string;
  readonly family: string;
  readonly title: string;
  readonly status: Outcome['status'];
  readonly severity: Severity;
  /** What was seen; for `not-tested` the reason. */
  readonly evidence: readonly string[];
  readonly risk: string;
  readonly remedy: string;
  /** For example `CWE-295`. */
  readonly cwe: string;
  /** For example `API2:2023`. */
  readonly owasp: string;
  /** Only when compared with a baseline, and only for `fail` and `warn`. */
  readonly novelty?: Novelty;
}

/** A report: what the JSON form holds and what every other form is made from. */
export interface Report {
  readonly reportVersion: typeof REPORT_VERSION;
  readonly target: {readonly url: string; readonly address: string};
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly connections: number;
  readonly grade: Grade;
  /** 0 to 100. */
  readonly score: number;
  /** Ids of the findings that decided the grade. */
  readonly decidedBy: readonly string[];
  readonly counts: Readonly<Record<Outcome['status'], number>>;
  readonly findings: readonly ReportedFinding[];
}

/** Makes the report of a scan. With a baseline, each weakness is marked as new or known. */
export function reportOf(result: ScanResult, baseline?: Baseline): Report {
  const {target, score} = result;
  const findings = result.families.flatMap(family =>
    family.findings.map(({outcome, cwe, ...finding}): ReportedFinding => {
      const evidence = outcome.status === 'not-tested' ? [outcome.reason] : outcome.evidence;
      const {status} = outcome;
      return {
        ...finding,
        family: family.title,
        status,
        evidence,
        cwe: `CWE-${cwe}`,
        ...noveltyOf(finding.id, status, baseline),
      };
    }),
  );
  return {
    reportVersion: REPORT_VERSION,
    target: {url: `https://${target.authority}${target.path}`, address: target.address},
    startedAt: result.startedAt.toISOString(),
    durationMs: result.durationMs,
    connections: result.connections,
    grade: score.grade,
    score: score.points,
    decidedBy: score.because,
    counts: countsOf(findings),
    findings,
  };
}

function countsOf(findings: readonly ReportedFinding[]): Report['counts'] {
  const count = (status: Outcome['status']) => findings.filter(finding => finding.status === status).length;
  return {pass: count('pass'), warn: count('warn'), fail: count('fail'), 'not-tested': count('not-tested')};
}

/** Statuses of an earlier report by finding id. */
export type Baseline = ReadonlyMap<string, string>;

/**
 * Reads what a baseline needs from a JSON report.
 *
 * @throws MtlsError `ERR_MTLS_SCAN_OPTION` when it is not one
 */
export function readBaseline(text: string): Baseline {
  const findings = findingsIn(parseJson(text));
  if (findings === undefined) {
    throw new MtlsError({
      code: 'ERR_MTLS_SCAN_OPTION',
      required: `a JSON report of version ${REPORT_VERSION}`,
      found: 'something else',
      where: 'baseline',
    });
  }
  return new Map(findings);
}

/** The baseline that a report is for the next one. */
export function baselineOf(report: Report): Baseline {
  return new Map(report.findings.map(({id, status}) => [id, status]));
}

function findingsIn(value: unknown): (readonly [string, string])[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('reportVersion' in value) || value.reportVersion !== REPORT_VERSION) return undefined;
  if (!('findings' in value) || !Array.isArray(value.findings)) return undefined;
  const findings: readonly unknown[] = value.findings;
  return findings.flatMap(finding => {
    if (typeof finding !== 'object' || finding === null || !('id' in finding) || !('status' in finding)) return [];
    return typeof finding.id === 'string' && typeof finding.status === 'string' ? [[finding.id, finding.status]] : [];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function noveltyOf(id: string, status: Outcome['status'], baseline: Baseline | undefined): {novelty?: Novelty} {
  if (baseline === undefined || status === 'pass' || status === 'not-tested') return {};
  const before = baseline.get(id);
  return {novelty: before === 'fail' || before === status ? 'known' : 'new'};
}

const SEVERITIES: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical'];

/** Failed findings at or above a severity, without those the baseline knew. */
export function failuresFrom(report: Report, threshold: Severity): readonly ReportedFinding[] {
  return report.findings.filter(
    ({status, severity, novelty}) =>
      status === 'fail' && novelty !== 'known' && SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(threshold),
  );
}
