import {MtlsError} from '../errors';
import {Budget, BudgetSpent} from './budget';
import {FAMILIES} from './checks/catalogue';
import type {Check, Finding, Outcome} from './checks/check';
import {notTested} from './checks/check';
import {createContext} from './context';
import type {ScanContext} from './context';
import type {ScanOptions} from './options';
import {scoreOf} from './score';
import type {Score} from './score';
import {parseTarget, resolveTarget} from './target';
import type {Target} from './target';

/** Findings that belong together. */
export interface FindingFamily {
  readonly title: string;
  readonly findings: readonly Finding[];
}

/** Everything a scan found. */
export interface ScanResult {
  readonly target: Target;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly connections: number;
  readonly score: Score;
  readonly families: readonly FindingFamily[];
}

/** How far a scan has come. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly connections: number;
}

/**
 * Scans one server. It only reads, talks to no other host, and keeps within `options.limits`. What could not be
 * found out is `not-tested` with the reason, never a pass.
 *
 * @throws MtlsError `ERR_MTLS_SCAN_TARGET` when the server cannot be reached or does not speak TLS
 */
export async function scan(
  text: string,
  options: ScanOptions,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<ScanResult> {
  const startedMs = performance.now();
  const budget = new Budget(options.limits);
  const context = await reach(text, options, budget);
  const all = FAMILIES.flatMap(family => family.checks);
  const outcomes = new Map<Check, Outcome>();
  const run = async (check: Check) => {
    outcomes.set(check, await attempt(check, context));
    onProgress({done: outcomes.size, total: all.length, connections: budget.spent});
  };
  for (const phase of ['asking', 'reviewing'] as const) {
    const checks = FAMILIES.filter(family => family.phase === phase).flatMap(family => family.checks);
    await Promise.all(checks.map(run));
  }
  const families = FAMILIES.map(({title, checks}) => ({
    title,
    findings: checks.map(check => findingOf(check, outcomes.get(check) ?? notTested('it did not run'))),
  }));
  return {
    target: context.target,
    startedAt: options.now,
    durationMs: Math.round(performance.now() - startedMs),
    connections: budget.spent,
    score: scoreOf(families.flatMap(family => family.findings)),
    families,
  };
}

/** The context for the first address that answers a ClientHello with TLS. */
async function reach(text: string, options: ScanOptions, budget: Budget): Promise<ScanContext> {
  const name = parseTarget(text);
  const found: string[] = [];
  for (const target of await resolveTarget(name)) {
    const context = createContext(target, options, budget);
    const obstacle = await obstacleTo(context);
    if (obstacle === undefined) return context;
    found.push(`${target.address} ${obstacle}`);
  }
  throw new MtlsError({
    code: 'ERR_MTLS_SCAN_TARGET',
    required: 'a TLS server',
    found: found.join(', '),
    where: `${name.host}:${name.port}`,
  });
}

/** Why there is no TLS to talk to; an alert is TLS too. */
async function obstacleTo({tls}: ScanContext): Promise<string | undefined> {
  let obstacle = '';
  for (const protocol of ['TLS 1.3', 'TLS 1.2', 'TLS 1.0'] as const) {
    try {
      const answer = await tls.answerTo(protocol);
      if (answer.hello !== undefined || answer.alert !== undefined) return undefined;
      if (answer.ended === 'unreachable') return 'takes no connection';
      obstacle = answer.malformed ?? `gives no answer (${answer.ended})`;
    } catch (error) {
      if (error instanceof BudgetSpent) return error.message;
      throw error;
    }
  }
  return obstacle;
}

/** A check that cannot finish claims nothing. */
async function attempt(check: Check, context: ScanContext): Promise<Outcome> {
  try {
    return printable(await check.run(context));
  } catch (error) {
    if (error instanceof BudgetSpent) return notTested(error.message);
    return printable(notTested(`the check failed: ${error instanceof Error ? error.message : String(error)}`));
  }
}

/** Longest line of evidence. */
const MAX_EVIDENCE = 400;

/** Evidence quotes the server, so nothing in it may steer a terminal or reorder text. */
function printable(outcome: Outcome): Outcome {
  if (outcome.status === 'not-tested') return notTested(escapeControls(outcome.reason));
  return {...outcome, evidence: outcome.evidence.map(escapeControls)};
}

function escapeControls(text: string): string {
  const escaped = text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    character => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return escaped.length > MAX_EVIDENCE ? `${escaped.slice(0, MAX_EVIDENCE)}…` : escaped;
}

function findingOf(check: Check, outcome: Outcome): Finding {
  const {id, title, severity, risk, remedy, cwe, owasp} = check;
  return {id, title, severity, risk, remedy, cwe, owasp, outcome};
}
