import {MtlsError} from '../../src/errors';
import type {VerifiedPath} from '../../src/trust/decision';
import {CLIENT_AUTH, DEFAULT_TRUST} from '../../src/trust/policy';
import type {TrustPolicy} from '../../src/trust/policy';
import {verifyPeer} from '../../src/trust/verify-peer';
import {parseCertificate} from '../../src/x509/certificate';
import type {CertificateFacts} from '../../src/x509/certificate';
import {decodePem} from '../../src/x509/pem';
import {carriesName} from './peer-name';
import {revocationOf} from './revocation';
import {KEY_USAGES, PURPOSES, SIGNATURES} from './vocabulary';
import type {Case, PeerName, Result} from './suite';

/** What the verifier says about a case, and why. A crash is a bug, whatever the case expects. */
export interface Verdict {
  readonly result: Result | 'CRASH';
  readonly reason: string;
}

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

/** Decides one case with the defaults of the library and nothing but what the case asks for changed. */
export async function judge(testcase: Case): Promise<Verdict> {
  const [leaf] = parseAll([testcase.peer_certificate]);
  if (leaf instanceof MtlsError) return failure(leaf.message);
  if (leaf === undefined) return failure('no certificate');
  const anchors = parsed(testcase.trusted_certs).map((certificate, index) => ({
    name: `${index}`,
    certificate,
    authority: {},
  }));
  const sent = parsed(testcase.untrusted_intermediates);
  const now = testcase.validation_time === null ? new Date() : new Date(testcase.validation_time);
  const policy = policyOf(testcase);
  const revocation = await revocationOf(testcase, [...anchors.map(({certificate}) => certificate), ...sent], policy);
  const trust = {anchors, intermediates: [], policy, revocation};
  const decision = verifyPeer({leaf, sent}, trust, now);
  if (decision.verdict === 'reject') {
    const {code, required, found, where = ''} = decision.why;
    return failure(`${code} ${where}: required ${required}, found ${found}`);
  }
  return afterPath(testcase, decision.peer.path);
}

/** What callers check behind path validation: names and an own list of algorithms. */
function afterPath(testcase: Case, {leaf, intermediates}: VerifiedPath): Verdict {
  const stranger = expectedNames(testcase).find(name => !carriesName(leaf, name));
  if (stranger !== undefined) return failure(`does not carry ${stranger.kind} ${stranger.value}`);
  const allowed = testcase.signature_algorithms.map(name => SIGNATURES[name]);
  const other = [leaf, ...intermediates].find(({signatureAlgorithm}) => !allowed.includes(signatureAlgorithm.oid));
  if (allowed.length > 0 && other !== undefined) return failure(`signed with ${other.signatureAlgorithm.oid}`);
  return {result: 'SUCCESS', reason: 'accepted'};
}

function expectedNames({expected_peer_name: one, expected_peer_names: several}: Case): readonly PeerName[] {
  return [...(one ? [one] : []), ...(several ?? [])];
}

function policyOf(testcase: Case): TrustPolicy {
  const {validation_kind, extended_key_usage, key_usage, max_chain_depth, policies} = testcase;
  const purpose = validation_kind === 'CLIENT' ? CLIENT_AUTH : SERVER_AUTH;
  const asked = extended_key_usage.map(name => known(PURPOSES, name));
  return {
    ...DEFAULT_TRUST,
    maxIntermediates: max_chain_depth ?? 16,
    // A case that asks for nothing in particular still shows a peer of one kind; its leaf may leave the extension out.
    requiredExtendedKeyUsage: asked.length > 0 ? asked : [purpose],
    absentExtendedKeyUsage: asked.length > 0 ? 'deny' : 'allow',
    requiredKeyUsage:
      key_usage.length > 0 ? key_usage.map(name => known(KEY_USAGES, name)) : DEFAULT_TRUST.requiredKeyUsage,
    ...(policies && {
      initialPolicies: policies.initialPolicySet,
      requireExplicitPolicy: policies.explicitPolicy,
      inhibitPolicyMapping: policies.inhibitMapping,
      inhibitAnyPolicy: policies.inhibitAny,
    }),
  };
}

function known<T>(words: Readonly<Record<string, T>>, word: string): T {
  const meaning = words[word];
  if (meaning === undefined) throw new Error(`a word this runner does not know: ${word}`);
  return meaning;
}

/** Certificates that do not parse cannot be part of a path, so the others have to do. */
function parsed(pems: readonly string[]): readonly CertificateFacts[] {
  return parseAll(pems).flatMap(facts => (facts instanceof MtlsError ? [] : [facts]));
}

function parseAll(pems: readonly string[]): readonly (CertificateFacts | MtlsError)[] {
  return pems.flatMap(parsePem);
}

function parsePem(pem: string): readonly (CertificateFacts | MtlsError)[] {
  try {
    return decodePem(pem, 'CERTIFICATE').map(parseCertificate);
  } catch (error) {
    // Anything but a refusal is a bug and ends the run.
    if (error instanceof MtlsError) return [error];
    throw error;
  }
}

function failure(reason: string): Verdict {
  return {result: 'FAILURE', reason};
}
