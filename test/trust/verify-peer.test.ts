import assert from 'node:assert/strict';
import {createAuthority} from '../../src/pki/authority';
import {isVerifiedPeer, verifyPeer} from '../../src/trust/verify-peer';
import {anchorOf, clock, codeOf, decide, factsOf, NOW, trustIn} from './fixture';

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
});
