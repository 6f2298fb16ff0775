import assert from 'node:assert/strict';
import {createAuthority} from '../../src/pki/authority';
import type {Authority as CertificationAuthority} from '../../src/pki/authority';
import {generateKey} from '../../src/pki/keys';
import {verifyPeer} from '../../src/trust/verify-peer';
import {parseCertificate} from '../../src/x509/certificate';
import type {CertificateFacts} from '../../src/x509/certificate';
import {anchorOf, clock, codeOf, factsOf, NOW, trustIn} from './fixture';

const EXPIRED = {notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2021-01-01T00:00:00Z')};

const root = createAuthority({subject: 'Root'}, clock);
const key = generateKey('ecdsa-p256');
const issuing = root.issueAuthority({subject: 'Issuing', key});
const client = factsOf(issuing.issueClient({subject: 'alice'}));

describe('searchPaths', () => {
  it('finds a path whatever the order in which certificates were sent', () => {
    const chain = [root.issueAuthority({subject: 'One'})];
    for (const name of ['Two', 'Three']) chain.push(chain.at(-1)?.issueAuthority({subject: name}) ?? root);
    const leaf = factsOf((chain.at(-1) ?? root).issueClient({subject: 'alice'}));
    const sent = chain.map(factsOf);
    for (const order of permutations(sent)) assert.equal(decide(leaf, order, [root]), 'accept');
  });

  it('needs none of the certificates that a peer sends beside its chain', () => {
    const others = Array.from({length: 20}, (_, number) => factsOf(root.issueAuthority({subject: `Other ${number}`})));
    assert.equal(decide(client, [...others, factsOf(issuing), client, factsOf(root)], [root]), 'accept');
  });

  it('goes around an expired certificate of the same CA', () => {
    const expired = root.issueAuthority({subject: 'Issuing', key, validity: EXPIRED});
    assert.equal(decide(client, [expired, issuing].map(factsOf), [root]), 'accept');
    assert.equal(decide(client, [issuing, expired].map(factsOf), [root]), 'accept');
    assert.equal(decide(client, [factsOf(expired)], [root]), 'ERR_MTLS_EXPIRED');
  });

  it('goes around an expired anchor over a cross-certificate of its key', () => {
    const rootKey = generateKey('ecdsa-p256');
    const oldRoot = createAuthority({subject: 'Old root', key: rootKey, validity: EXPIRED}, clock);
    const crossed = root.issueAuthority({subject: 'Old root', key: rootKey});
    const leaf = factsOf(oldRoot.issueClient({subject: 'alice', validity: {days: 30}}));
    assert.equal(decide(leaf, [], [oldRoot, root]), 'ERR_MTLS_EXPIRED');
    assert.equal(decide(leaf, [factsOf(crossed)], [oldRoot, root]), 'accept');
  });

  it('goes around a CA of the same name with another key', () => {
    const namesake = root.issueAuthority({subject: 'Issuing'});
    assert.equal(decide(client, [namesake, issuing].map(factsOf), [root]), 'accept');
    assert.equal(decide(client, [factsOf(namesake)], [root]), 'ERR_MTLS_SIGNATURE_INVALID');
  });

  it('comes out of a ring of cross-certificates', () => {
    const keys = ['A', 'B', 'C'].map(subject => ({subject, key: generateKey('ecdsa-p256')}));
    const cas = keys.map(spec => createAuthority(spec, clock));
    const ring = keys.flatMap(spec => cas.map(ca => ca.issueAuthority(spec)));
    const [a = root, b = root] = cas;
    const leaf = factsOf(a.issueClient({subject: 'alice'}));
    const [first = keys[0]] = keys;
    assert.ok(first);
    const exit = root.issueAuthority({subject: 'B', key: b.key});
    assert.equal(decide(leaf, ring.map(factsOf), [root]), 'ERR_MTLS_CHAIN_UNTRUSTED');
    assert.equal(decide(leaf, [...ring, exit].map(factsOf), [root]), 'accept');
  });

  it('accepts an anchor that is not self-signed, and needs nothing above it', () => {
    assert.equal(decide(client, [], [issuing]), 'accept');
  });

  it('refuses a peer that sends its own root', () => {
    const stranger = createAuthority({subject: 'Root'}, clock);
    const leaf = factsOf(stranger.issueClient({subject: 'alice'}));
    assert.equal(decide(leaf, [factsOf(stranger)], [root]), 'ERR_MTLS_SIGNATURE_INVALID');
    assert.equal(decide(leaf, [factsOf(stranger)], [stranger]), 'accept');
  });

  it('refuses everything without an anchor', () => {
    assert.equal(decide(client, [factsOf(issuing), factsOf(root)], []), 'ERR_MTLS_CHAIN_UNTRUSTED');
  });

  it('refuses a certificate that is its own issuer', () => {
    const alone = createAuthority(
      {subject: 'alone', basicConstraints: {ca: false}, keyUsage: ['digitalSignature']},
      clock,
    );
    assert.equal(decide(factsOf(alone), [], [root]), 'ERR_MTLS_CHAIN_UNTRUSTED');
    assert.equal(decide(factsOf(alone), [], [alone]), 'ERR_MTLS_CHAIN_UNTRUSTED');
  });

  it('names the certificate that is missing', () => {
    const decision = verifyPeer({leaf: client, sent: []}, trustIn([anchorOf(root)]), NOW);
    assert.ok(decision.verdict === 'reject');
    assert.equal(decision.why.where, 'leaf');
    assert.match(decision.why.required, /^the issuer CN=Issuing with key identifier [0-9a-f]{40}, configured or sent$/);
    const above = verifyPeer(
      {leaf: client, sent: [factsOf(issuing)]},
      trustIn([anchorOf(createAuthority({subject: 'X'}, clock))]),
      NOW,
    );
    assert.ok(above.verdict === 'reject');
    assert.equal(above.why.where, 'issuer 1');
    assert.match(above.why.required, /^the issuer CN=Root/);
  });

  it('ends at an anchor with limits, even where its key was cross-certified by another anchor', () => {
    const partnerKey = generateKey('ecdsa-p256');
    const partner = createAuthority({subject: 'Partner', key: partnerKey}, clock);
    const crossed = factsOf(root.issueAuthority({subject: 'Partner', key: partnerKey}));
    const leaf = factsOf(partner.issueClient({subject: 'admin', subjectAltNames: ['dns:admin.clinic.example']}));
    const limited = anchorOf(partner, {authority: {subjectAltNames: ['dns:*.partner.example']}});
    const evidence = {leaf, sent: [crossed]};
    assert.equal(codeOf(verifyPeer(evidence, trustIn([anchorOf(root), limited]), NOW)), 'ERR_MTLS_AUTHORITY');
    const configured = trustIn([anchorOf(root), limited], {intermediates: [crossed]});
    assert.equal(codeOf(verifyPeer({leaf, sent: []}, configured, NOW)), 'ERR_MTLS_AUTHORITY');
    assert.equal(codeOf(verifyPeer(evidence, trustIn([anchorOf(root), anchorOf(partner)]), NOW)), 'accept');
    for (const limits of [
      {pins: []},
      {expectedIssuers: []},
      {maxLifetimeHours: 1},
      {requiredPolicies: []},
      {authority: {roles: []}},
    ]) {
      const decision = verifyPeer(evidence, trustIn([anchorOf(root), anchorOf(partner, limits)]), NOW);
      // Whatever comes of it, it does not come of the anchor without limits.
      assert.equal(decision.verdict === 'accept' ? decision.peer.path.anchor.authority.roles?.length : 0, 0);
    }
  });

  it('prefers the first of two anchors for one CA, and takes the second where the first does not vouch', () => {
    const names = ['a', 'b'].map(name => anchorOf(root, {name, authority: {organizations: [name]}}));
    const leaf = factsOf(root.issueClient({subject: {organization: 'b'}}));
    const decision = verifyPeer({leaf, sent: []}, trustIn(names), NOW);
    assert.ok(decision.verdict === 'accept');
    assert.equal(decision.peer.path.anchor.name, 'b');
  });

  describe('under attack', () => {
    const spend = (workBudget: number, sent: readonly CertificateFacts[], leaf = client) =>
      codeOf(verifyPeer({leaf, sent}, trustIn([anchorOf(root)], {policy: {workBudget, maxIntermediates: 8}}), NOW));

    it('stops a search that doubles with every level', () => {
      const levels = ['Issuing', '1', '2', '3', '4', '5', '6', '7'];
      const sent = levels.flatMap((subject, level) => {
        const above = createAuthority({subject: levels[level + 1] ?? 'Root'}, clock);
        return Array.from({length: 8}, () => factsOf(above.issueAuthority({subject})));
      });
      assert.equal(spend(64, sent), 'ERR_MTLS_CHAIN_BUDGET');
    });

    it('stops when signatures cost too much', () => {
      // New facts each time: who signed the old ones is known by now.
      const leaf = () => parseCertificate(client.der);
      assert.equal(spend(2.1, [factsOf(issuing)], leaf()), 'accept');
      assert.equal(spend(2, [factsOf(issuing)], leaf()), 'ERR_MTLS_CHAIN_BUDGET');
    });

    it('stops when the search alone costs too much', () => {
      assert.equal(spend(0.001, [factsOf(issuing)]), 'ERR_MTLS_CHAIN_BUDGET');
    });

    it('stops when names times constraints cost too much', () => {
      const bases = (count: number) => Array.from({length: count}, (_, number) => `dns:x${number}.example` as const);
      const chain = (count: number) => {
        const limited = root.issueAuthority({subject: 'Limited', nameConstraints: {excluded: bases(count)}});
        const names = Array.from({length: count}, (_, number) => `dns:a${number}.test` as const);
        return spend(64, [factsOf(limited)], factsOf(limited.issueClient({subject: 'alice', subjectAltNames: names})));
      };
      assert.equal(chain(100), 'accept');
      assert.equal(chain(130), 'ERR_MTLS_CHAIN_BUDGET');
    });

    it('refuses with a budget that is no number', () => {
      assert.equal(spend(NaN, [factsOf(issuing)]), 'ERR_MTLS_CHAIN_BUDGET');
    });
  });
});

function decide(
  leaf: CertificateFacts,
  sent: readonly CertificateFacts[],
  anchors: readonly CertificationAuthority[],
): string {
  return codeOf(verifyPeer({leaf, sent}, trustIn(anchors.map(ca => anchorOf(ca))), NOW));
}

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((item, index) =>
    permutations([...items.slice(0, index), ...items.slice(index + 1)]).map(rest => [item, ...rest]),
  );
}
