import {CATALOGUE, MtlsError} from '../../errors';
import type {ConfigFault, Refusal} from '../../errors';
import type {ConditionReport} from '../../identity/map';
import type {Principal} from '../../identity/principal';
import type {Inspection} from '../../loopback/inspection';
import type {CheckName, PeerExplanation} from '../../trust/explain-peer';
import {describeName} from '../../trust/name-text';
import {parseCertificate} from '../../x509/certificate';
import type {CertificateFacts} from '../../x509/certificate';
import {formatDistinguishedName} from '../../x509/rfc4514';
import {endpointsFor} from './endpoints';
import type {EndpointReport} from './endpoints';
import {describeStatus, evidenceOf} from './evidence';
import {nearMissOf} from './near-miss';
import {REMEDIES} from './remedies';
import type {IdentityExplanation, Verifier} from './verifier';

/** What a server would do with a certificate and why: plain data, for JSON and for the terminal. */
export interface Explanation {
  readonly at: string;
  readonly outcome:
    | {readonly decision: 'accept'; readonly principal: Principal; readonly matched: readonly string[]}
    | {
        readonly decision: 'reject';
        readonly stage: 'certificate' | 'verification' | 'identity';
        readonly why: RefusalText;
      };
  /** Absent where the bytes are no certificate. */
  readonly certificate?: CertificateText;
  /** The path that decided first. */
  readonly paths: readonly PathText[];
  /** Where the search for a path could not go on. */
  readonly deadEnds: readonly RefusalText[];
  readonly rules: readonly RuleText[];
  /** Where an application was named and the certificate is accepted. */
  readonly endpoints?: readonly EndpointReport[];
  /** What weakens the configuration, and what is wrong with the application. */
  readonly warnings: readonly string[];
}

export interface CertificateText {
  readonly subject: string;
  readonly issuer: string;
  readonly serialNumber: string;
  readonly fingerprint: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly subjectAltNames: readonly string[];
}

/** A refusal with its sentence and the way out. */
export interface RefusalText extends Refusal {
  readonly sentence: string;
  readonly remedy: string;
}

export interface PathText {
  /** From the leaf to the anchor. */
  readonly certificates: readonly {readonly where: string; readonly subject: string}[];
  readonly checks: readonly CheckText[];
  readonly revocation: readonly string[];
}

export type CheckText =
  | {readonly check: CheckName; readonly verdict: 'pass'; readonly evidence: string}
  | {readonly check: CheckName; readonly verdict: 'fail'; readonly why: RefusalText};

export interface RuleText {
  readonly rule: string;
  readonly verdict: 'match' | 'near' | 'no match';
  readonly conditions: readonly ConditionReport[];
  /** Why it did not match. */
  readonly reasons: readonly string[];
}

/** What there is to explain. */
export interface Question {
  /** DER of the client certificate. */
  readonly leaf: Buffer;
  /** DER of what the client sends with it. */
  readonly sent: readonly Buffer[];
  readonly at: Date;
  readonly application?: Inspection;
}

/** Asks the verifier about a certificate and puts everything it says into words. */
export async function explainCertificate(
  {application, at, ...chain}: Question,
  verifier: Verifier,
): Promise<Explanation> {
  const warnings = [
    ...verifier.options.danger.map(({weakens, until, reason}) => `${weakens} until ${until.toISOString()}: ${reason}`),
    ...(application?.faults ?? []).map(({where, required, found}) => `${where}: required ${required}, found ${found}`),
  ];
  const base = {at: at.toISOString(), warnings, paths: [], deadEnds: [], rules: []};
  const leaf = parseOrRefuse(chain.leaf);
  if (leaf instanceof MtlsError)
    return {...base, outcome: {decision: 'reject', stage: 'certificate', why: refusalText(leaf.refusal)}};
  // As a server does: of what was sent beside the leaf, that which does not parse is left out.
  const sent = chain.sent.map(parseOrRefuse).flatMap(each => (each instanceof MtlsError ? [] : [each]));
  const evidence = {leaf, sent};
  const explained = await verifier.explainPeer(evidence, at);
  const verified = {...base, certificate: certificateText(leaf), ...pathTexts(explained)};
  const {decision} = explained;
  if (decision.verdict === 'reject')
    return {...verified, outcome: {decision: 'reject', stage: 'verification', why: refusalText(decision.why)}};
  const {peer} = decision;
  const identity = await verifier.explainIdentity(peer);
  const rules = ruleTexts(identity);
  if (identity.decision.verdict === 'reject')
    return {
      ...verified,
      rules,
      outcome: {decision: 'reject', stage: 'identity', why: refusalText(identity.decision.why)},
    };
  const {principal, matched} = identity.decision;
  const endpoints = application && endpointsFor(application.matrix.rows, peer, principal, at);
  return {...verified, rules, outcome: {decision: 'accept', principal, matched}, ...(endpoints && {endpoints})};
}

/** A refusal as it is told to the operator. A fault of the configuration brings its own remedy. */
export function refusalText(refusal: Refusal | ConfigFault): RefusalText {
  const {code} = refusal;
  return {
    ...refusal,
    sentence: CATALOGUE[code].sentence,
    remedy: 'remedy' in refusal ? refusal.remedy : REMEDIES[code],
  };
}

function parseOrRefuse(der: Buffer): CertificateFacts | MtlsError {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (error instanceof MtlsError) return error;
    throw error;
  }
}

function certificateText(leaf: CertificateFacts): CertificateText {
  return {
    subject: formatDistinguishedName(leaf.subject),
    issuer: formatDistinguishedName(leaf.issuer),
    serialNumber: leaf.serialNumber,
    fingerprint: leaf.fingerprint,
    notBefore: leaf.notBefore.toISOString(),
    notAfter: leaf.notAfter.toISOString(),
    subjectAltNames: leaf.subjectAltNames.map(name => `${name.kind}:${describeName(name)}`),
  };
}

function pathTexts({paths, deadEnds}: PeerExplanation): Pick<Explanation, 'paths' | 'deadEnds'> {
  return {
    paths: paths.map(report => ({
      certificates: report.path.steps
        .map(({where, certificate}) => ({where, subject: formatDistinguishedName(certificate.subject)}))
        .reverse(),
      checks: report.checks.map(one =>
        one.verdict === 'pass'
          ? {check: one.check, verdict: 'pass', evidence: evidenceOf(one.check, report)}
          : {check: one.check, verdict: 'fail', why: refusalText(one.why)},
      ),
      revocation: report.revocation.map(describeStatus),
    })),
    deadEnds: deadEnds.map(refusalText),
  };
}

function ruleTexts({rules}: IdentityExplanation): readonly RuleText[] {
  return rules.map(report => {
    const {rule, verdict, conditions} = report;
    if (verdict === 'match') return {rule, verdict, conditions, reasons: []};
    const {closeness, reasons} = nearMissOf(report);
    return {rule, verdict: closeness === 'near' ? 'near' : 'no match', conditions, reasons};
  });
}
