import type {Refusal} from '../errors';
import type {CertificateFacts} from '../x509/certificate';
import {formatDistinguishedName} from '../x509/rfc4514';
import type {Budget} from './budget';
import type {PeerEvidence} from './decision';
import {candidatePath, placeOf} from './path';
import type {CandidatePath} from './path';
import type {TrustMaterial} from './snapshot';
import {trustIndex} from './trust-index';
import type {Candidate, TrustIndex} from './trust-index';

/** What the search comes upon: a path up to an anchor, or a place where none leads on. */
export type Found =
  {readonly found: 'path'; readonly path: CandidatePath} | {readonly found: 'dead end'; readonly why: Refusal};

interface Search {
  readonly evidence: PeerEvidence;
  readonly trust: TrustMaterial;
  readonly index: TrustIndex;
  readonly budget: Budget;
}

/**
 * Every path by which names chain from the leaf to an anchor, the most plausible first: issuers whose key identifier
 * fits before others, then anchors before configured intermediates before what the peer sent. No certificate and no
 * key under the same name occurs twice in a path (RFC 4158 section 5.2). Signatures have not been checked.
 */
export function searchPaths(evidence: PeerEvidence, trust: TrustMaterial, budget: Budget): Generator<Found> {
  return pathsAbove([], {evidence, trust, index: trustIndex(trust), budget});
}

function* pathsAbove(intermediates: readonly CertificateFacts[], search: Search): Generator<Found> {
  const {evidence, trust, budget} = search;
  const chain = [evidence.leaf, ...intermediates];
  const where = placeOf(intermediates.length);
  const top = intermediates.at(-1) ?? evidence.leaf;
  const mayGrow = intermediates.length < trust.policy.maxIntermediates;
  let issuers = 0;
  let cutOff = false;
  if (budget.spend(1 + evidence.sent.length) === 'exhausted') {
    yield {found: 'dead end', why: budget.refusal(where)};
    return;
  }
  for (const candidate of issuersOf(top, search)) {
    if (chain.some(certificate => isSameAuthority(certificate, candidate.certificate))) continue;
    issuers += 1;
    if (candidate.kind === 'anchor')
      yield {found: 'path', path: candidatePath(evidence.leaf, intermediates, candidate.anchor)};
    else if (mayGrow) yield* pathsAbove([...intermediates, candidate.certificate], search);
    else cutOff = true;
  }
  if (cutOff) yield {found: 'dead end', why: tooLong(search, where)};
  else if (issuers === 0) yield {found: 'dead end', why: noIssuer(top, search, where)};
}

function issuersOf(subject: CertificateFacts, {evidence, index}: Search): readonly Candidate[] {
  const name = subject.issuer.comparable;
  const sent = evidence.sent
    .filter(
      certificate =>
        certificate.subject.comparable === name && !index.isConfigured(certificate) && !index.endsPaths(certificate),
    )
    .map(certificate => ({kind: 'intermediate', certificate}) as const);
  const configured = index.issuersNamed(name);
  const candidates = sent.length === 0 ? configured : [...configured, ...sent];
  const fitting = candidates.filter(({certificate}) => keyIdentifiersFit(subject, certificate));
  return fitting.length === candidates.length
    ? candidates
    : [...fitting, ...candidates.filter(candidate => !fitting.includes(candidate))];
}

/** RFC 5280 section 4.2.1.1: the identifiers are a hint to the right issuer; absent ones rule nobody out. */
function keyIdentifiersFit(subject: CertificateFacts, issuer: CertificateFacts): boolean {
  const wanted = subject.extensions.authorityKeyIdentifier?.keyIdentifier;
  const offered = issuer.extensions.subjectKeyIdentifier;
  return wanted === undefined || offered === undefined || wanted.equals(offered);
}

function isSameAuthority(one: CertificateFacts, other: CertificateFacts): boolean {
  return one.spkiFingerprint === other.spkiFingerprint && one.subject.comparable === other.subject.comparable;
}

function noIssuer(top: CertificateFacts, {evidence, trust}: Search, where: string): Refusal {
  const keyIdentifier = top.extensions.authorityKeyIdentifier?.keyIdentifier?.toString('hex');
  const key = keyIdentifier === undefined ? '' : ` with key identifier ${keyIdentifier}`;
  return {
    code: 'ERR_MTLS_CHAIN_UNTRUSTED',
    required: `the issuer ${formatDistinguishedName(top.issuer)}${key}, configured or sent`,
    found: `${trust.anchors.length} anchors, ${trust.intermediates.length} configured and ${evidence.sent.length} sent certificates without it`,
    where,
  };
}

function tooLong({trust}: Search, where: string): Refusal {
  return {
    code: 'ERR_MTLS_PATH_LENGTH',
    required: `an anchor above at most ${trust.policy.maxIntermediates} intermediates`,
    found: 'another intermediate',
    where,
  };
}
