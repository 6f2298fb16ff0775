import assert from 'node:assert/strict';
import {createAuthority} from '../../src/pki/authority';
import {NULL} from '../../src/pki/der';
import {generateKey} from '../../src/pki/keys';
import {isVerifiedPeer, verifyPeer} from '../../src/trust/verify-peer';
import type {Code} from '../../src/errors';
import type {RevocationView} from '../../src/trust/revocation';
import type {Chain} from './fixture';
import {anchorOf, clock, codeOf, decide, factsOf, judge, NOW, trustIn} from './fixture';

const DAY = 86_400_000;

/** For every code a chain that gets it and one that just misses it. */
const CODES = {
  ERR_MTLS_CHAIN_UNTRUSTED: {
    hit: {issuing: {mistakes: {issuer: 'Toor'}}},
    miss: {issuing: {mistakes: {issuer: 'ROOT'}}},
  },
  ERR_MTLS_CHAIN_BUDGET: {hit: {policy: {workBudget: 2}}, miss: {policy: {workBudget: 2.1}}},
  ERR_MTLS_SIGNATURE_INVALID: {hit: {client: {mistakes: {corrupt: 'signature'}}}, miss: {}},
  ERR_MTLS_EXPIRED: {hit: {now: new Date(NOW.getTime() + 31 * DAY)}, miss: {now: new Date(NOW.getTime() + 29 * DAY)}},
  // A certificate that is made now begins a second ago.
  ERR_MTLS_NOT_YET_VALID: {hit: {now: new Date(NOW.getTime() - 1001)}, miss: {now: new Date(NOW.getTime() - 1000)}},
  ERR_MTLS_NOT_A_CA: {hit: {issuing: {basicConstraints: {ca: false}}}, miss: {issuing: {basicConstraints: {ca: true}}}},
  ERR_MTLS_CA_AS_CLIENT: {
    hit: {client: {basicConstraints: {ca: true}}},
    miss: {client: {basicConstraints: {ca: false}}},
  },
  ERR_MTLS_PROFILE: {hit: {client: {serialNumber: 0n}}, miss: {client: {serialNumber: 1n}}},
  ERR_MTLS_PATH_LENGTH: {hit: {root: {pathLength: 0}}, miss: {root: {pathLength: 1}}},
  ERR_MTLS_KEY_USAGE: {
    hit: {client: {keyUsage: ['keyAgreement']}},
    miss: {client: {keyUsage: ['keyAgreement', 'digitalSignature']}},
  },
  ERR_MTLS_EXTENDED_KEY_USAGE: {
    hit: {client: {extendedKeyUsage: ['any']}},
    miss: {client: {extendedKeyUsage: ['any', 'clientAuth']}},
  },
  ERR_MTLS_NAME_CONSTRAINT: {
    hit: {issuing: {nameConstraints: {permitted: ['dns:a.example']}}, client: {subjectAltNames: ['dns:ba.example']}},
    miss: {issuing: {nameConstraints: {permitted: ['dns:a.example']}}, client: {subjectAltNames: ['dns:b.a.example']}},
  },
  ERR_MTLS_CERTIFICATE_POLICY: {
    hit: {limits: {requiredPolicies: ['1.2.3']}, issuing: {certificatePolicies: ['1.2.3']}},
    miss: {
      limits: {requiredPolicies: ['1.2.3']},
      issuing: {certificatePolicies: ['1.2.3']},
      client: {certificatePolicies: ['1.2.3']},
    },
  },
  ERR_MTLS_CRITICAL_EXTENSION: {
    hit: {client: {otherExtensions: [{oid: '1.2.3', critical: true, value: NULL}]}},
    miss: {client: {otherExtensions: [{oid: '1.2.3', critical: false, value: NULL}]}},
  },
  ERR_MTLS_WEAK_KEY: {hit: {client: {key: 'ecdsa-p224'}}, miss: {client: {key: 'ecdsa-p256'}}},
  ERR_MTLS_WEAK_SIGNATURE: {hit: {client: {scheme: 'ecdsa-sha1'}}, miss: {client: {scheme: 'ecdsa-sha256'}}},
  ERR_MTLS_AUTHORITY: {
    hit: {limits: {authority: {organizations: ['Partner']}}, client: {subject: {organization: 'Partners'}}},
    miss: {limits: {authority: {organizations: ['Partner']}}, client: {subject: {organization: 'Partner'}}},
  },
  ERR_MTLS_PIN: {hit: {limits: {pins: []}}, miss: {limits: {}}},
  ERR_MTLS_LIFETIME: {hit: {limits: {maxLifetimeHours: 30 * 24 - 1}}, miss: {limits: {maxLifetimeHours: 30 * 24}}},
  ERR_MTLS_REVOKED: {
    hit: {revocation: {statusOf: () => ({status: 'revoked', since: NOW, reason: 'unspecified', source: 'test'})}},
    miss: {revocation: {statusOf: () => ({status: 'good', freshUntil: NOW, source: 'test'})}},
  },
  ERR_MTLS_REVOCATION_UNKNOWN: {
    hit: {revocation: {statusOf: () => ({status: 'unknown', required: 'a CRL', found: 'none'})}},
    miss: {revocation: {statusOf: () => ({status: 'good', freshUntil: NOW, source: 'test'})}},
  },
} as const satisfies Partial<Record<Code, {readonly hit: Chain; readonly miss: Chain}>>;

describe('verifyPeer', () => {
  const root = createAuthority({subject: {commonName: 'Root'}}, clock);
  const issuing = root.issueAuthority({subject: {commonName: 'Issuing'}});
  const client = issuing.issueClient({subject: {commonName: 'alice'}});
  const trust = trustIn([anchorOf(root)]);

  it('accepts a leaf below an intermediate that was sent', () => {
    const decision = decide(client, trust);
    assert.ok(decision.verdict === 'accept');
    assert.ok(isVerifiedPeer(decision.peer));
    assert.equal(decision.peer.path.anchor.name, 'test root');
    assert.deepEqual(
      decision.peer.path.intermediates.map(facts => facts.fingerprint),
      [factsOf(issuing).fingerprint],
    );
    assert.deepEqual(decision.peer.path.validUntil, factsOf(client).notAfter);
    assert.equal(decision.peer.facts.fingerprint, factsOf(client).fingerprint);
  });

  it('accepts a leaf below an intermediate that is configured', () => {
    const trust = trustIn([anchorOf(root)], {intermediates: [factsOf(issuing)]});
    const decision = verifyPeer({leaf: factsOf(client), sent: []}, trust, NOW);
    assert.equal(codeOf(decision), 'accept');
  });

  it('refuses a certificate that only looks like verified', () => {
    const decision = decide(client, trust);
    assert.ok(decision.verdict === 'accept');
    for (const forged of [{...decision.peer}, structuredClone({}), null, 'peer'])
      assert.equal(isVerifiedPeer(forged), false);
  });

  it('refuses at a time that is none', () => {
    assert.equal(codeOf(decide(client, trust, new Date(NaN))), 'ERR_MTLS_NOT_YET_VALID');
    assert.equal(codeOf(decide(client, trust, NOW)), 'accept');
  });

  it('tells of the path that came furthest', () => {
    const key = generateKey('ecdsa-p256');
    const good = root.issueAuthority({subject: 'Twice', key});
    const forged = createAuthority({subject: 'Root'}, clock).issueAuthority({subject: 'Twice', key});
    const wrongPurpose = factsOf(good.issueServer({subject: 'alice'}));
    for (const sent of [
      [forged, good],
      [good, forged],
    ]) {
      const decision = verifyPeer({leaf: wrongPurpose, sent: sent.map(factsOf)}, trust, NOW);
      assert.equal(codeOf(decision), 'ERR_MTLS_EXTENDED_KEY_USAGE');
    }
  });

  it('does not hide a bug of a revocation source behind a decision', () => {
    const revocation: RevocationView = {
      statusOf: () => {
        throw new RangeError('bug');
      },
    };
    assert.throws(() => judge({revocation}), RangeError);
  });

  describe('has a code for every reason', () => {
    for (const [code, {hit, miss}] of Object.entries(CODES))
      it(code, () => {
        const decision = judge(hit);
        assert.ok(decision.verdict === 'reject');
        const {required, found} = decision.why;
        assert.deepEqual([decision.why.code, required !== '', found !== ''], [code, true, true]);
        assert.equal(codeOf(judge(miss)), 'accept');
      });
  });
});
