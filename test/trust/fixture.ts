import assert from 'node:assert/strict';
import {describe} from '../../src/errors';
import {parseCertificate} from '../../src/x509/certificate';
import type {CertificateFacts} from '../../src/x509/certificate';
import {createAuthority} from '../../src/pki/authority';
import type {AuthoritySpec, Authority as CertificationAuthority} from '../../src/pki/authority';
import type {CertificateSpec} from '../../src/pki/certificate';
import type {Credential} from '../../src/pki/credential';
import type {TrustAnchor} from '../../src/trust/anchor';
import type {Decision} from '../../src/trust/decision';
import {DEFAULT_TRUST} from '../../src/trust/policy';
import type {TrustPolicy} from '../../src/trust/policy';
import type {RevocationView} from '../../src/trust/revocation';
import type {TrustMaterial} from '../../src/trust/snapshot';
import {verifyPeer} from '../../src/trust/verify-peer';

/** The moment that trust tests are set in; authorities take it as their clock. */
export const NOW = new Date('2030-06-01T12:00:00Z');
export const clock = (): Date => NOW;

/** Knows of nobody that is revoked. */
export const NOBODY_REVOKED: RevocationView = {
  statusOf: subject => ({status: 'good', freshUntil: subject.notAfter, source: 'test'}),
};

export function factsOf(source: CertificationAuthority | Credential | Buffer): CertificateFacts {
  return parseCertificate(Buffer.isBuffer(source) ? source : source.certificate);
}

export function anchorOf(ca: CertificationAuthority, limits: Partial<TrustAnchor> = {}): TrustAnchor {
  return {name: 'test root', certificate: factsOf(ca), authority: {}, ...limits};
}

/** What a case may say differently from a plain trust in one anchor. */
export interface Given {
  readonly intermediates?: readonly CertificateFacts[];
  readonly policy?: Partial<TrustPolicy>;
  readonly revocation?: RevocationView;
}

export function trustIn(anchors: readonly TrustAnchor[], given: Given = {}): TrustMaterial {
  return {
    anchors,
    intermediates: given.intermediates ?? [],
    policy: {...DEFAULT_TRUST, ...given.policy},
    revocation: given.revocation ?? NOBODY_REVOKED,
  };
}

/** Decides about a credential that presents its whole chain. */
export function decide(client: Credential, trust: TrustMaterial, now: Date = NOW): Decision {
  return verifyPeer({leaf: factsOf(client), sent: client.intermediates.map(factsOf)}, trust, now);
}

/** The code of a refusal, or `accept`. */
export function codeOf(decision: Decision): string {
  return decision.verdict === 'accept' ? 'accept' : decision.why.code;
}

/** A root, an issuing CA and a client, and what differs from the usual in each. */
export interface Chain extends Given {
  readonly root?: Partial<AuthoritySpec>;
  readonly issuing?: Partial<AuthoritySpec>;
  readonly client?: Partial<CertificateSpec>;
  readonly limits?: Partial<TrustAnchor>;
  readonly now?: Date;
}

/** Makes the chain and decides about the client. */
export function judge({root, issuing, client, limits, now, ...given}: Chain = {}): Decision {
  const rootCa = createAuthority({subject: 'Root', ...root}, clock);
  const issuingCa = rootCa.issueAuthority({subject: 'Issuing', ...issuing});
  const leaf = issuingCa.issueClient({subject: 'alice', ...client});
  return decide(leaf, trustIn([anchorOf(rootCa, limits)], given), now);
}

/** A table of sentences: what is decided about, and the code that comes out. */
export type Table = readonly (readonly [sentence: string, chain: Chain, code: string])[];

/** One test per row. */
export function testTable(table: Table): void {
  for (const [sentence, chain, code] of table)
    it(`${code === 'accept' ? 'accepts' : 'refuses'} ${sentence}`, () => {
      const decision = judge(chain);
      assert.equal(codeOf(decision), code, decision.verdict === 'reject' ? describe(decision.why) : '');
    });
}
