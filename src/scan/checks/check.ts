import {accessOf, describeAccess} from '../access';
import type {ScanContext} from '../context';
import type {HttpOutcome} from '../probe/http-exchange';

/** How bad a failed check is. `info` never changes the grade. */
export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'info';

/** What a check found. `warn` is a weakness that another layer may make good; `not-tested` claims nothing. */
export type Outcome =
  | {readonly status: 'pass' | 'warn' | 'fail'; readonly evidence: readonly string[]}
  | {readonly status: 'not-tested'; readonly reason: string};

/** What a check is about, for reports. */
export interface CheckDescription {
  /** Stable; family and subject, for example `suite-cbc`. */
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  /** What an attacker gains, in one sentence. */
  readonly risk: string;
  /** What to do about it. */
  readonly remedy: string;
  /** Number in the Common Weakness Enumeration. */
  readonly cwe: number;
  /** OWASP API Security Top 10 (2023) item. */
  readonly owasp: string;
}

/** One question asked of a server. */
export interface Check extends CheckDescription {
  readonly run: (context: ScanContext) => Promise<Outcome>;
}

/** A check with its answer. */
export type Finding = CheckDescription & {readonly outcome: Outcome};

/** OWASP API Security Top 10 (2023), the items a transport can break. */
export const Owasp = Object.freeze({
  BROKEN_OBJECT_AUTHORIZATION: 'API1:2023',
  BROKEN_AUTHENTICATION: 'API2:2023',
  PROPERTY_EXPOSURE: 'API3:2023',
  RESOURCE_CONSUMPTION: 'API4:2023',
  FUNCTION_AUTHORIZATION: 'API5:2023',
  MISCONFIGURATION: 'API8:2023',
  INVENTORY: 'API9:2023',
});

/** The server is as it should be, and this shows it. */
export function pass(...evidence: readonly string[]): Outcome {
  return {status: 'pass', evidence};
}

/** Nothing that lets anybody in, yet worth knowing. */
export function warn(...evidence: readonly string[]): Outcome {
  return {status: 'warn', evidence};
}

/** The server is not as it should be, and this shows it. */
export function fail(...evidence: readonly string[]): Outcome {
  return {status: 'fail', evidence};
}

/** Nobody found out, for this reason. Never counts as passed. */
export function notTested(reason: string): Outcome {
  return {status: 'not-tested', reason};
}

/** The outcome of a check that passes where a request is refused, wherever that happens. */
export function refusalExpected(outcome: HttpOutcome, subject: string): Outcome {
  const evidence = `${subject}: ${describeAccess(outcome)}`;
  switch (accessOf(outcome)) {
    case 'served':
      return fail(evidence);
    case 'no answer':
      return notTested(evidence);
    case 'refused by TLS':
    case 'refused by the application':
      return pass(evidence);
  }
}
