import assert from 'node:assert/strict';
import {createAuthority} from '../../src/pki/authority';
import type {CertificateSpec} from '../../src/pki/certificate';
import {explainPeer} from '../../src/trust/explain-peer';
import type {CheckName, PeerExplanation} from '../../src/trust/explain-peer';
import {anchorOf, clock, factsOf, NOW, trustIn} from './fixture';
import type {Chain} from './fixture';

const DAY = 86_400_000;

function explain({root, issuing, client, limits, now = NOW, ...given}: Chain): PeerExplanation {
  const rootCa = createAuthority({subject: 'Root', ...root}, clock);
  const issuingCa = rootCa.issueAuthority({subject: 'Issuing', ...issuing});
  const leaf = issuingCa.issueClient({subject: 'alice', ...client});
  const evidence = {leaf: factsOf(leaf), sent: leaf.intermediates.map(factsOf)};
  return explainPeer(evidence, trustIn([anchorOf(rootCa, limits)], given), now);
}

/** For every check a chain that fails it, whatever else it fails. */
const FAILING: Readonly<Record<CheckName, Chain>> = {
  strength: {client: {key: 'ecdsa-p224'}},
  signatures: {client: {mistakes: {corrupt: 'signature'}}},
  profile: {client: {serialNumber: 0n}},
  validity: {now: new Date(NOW.getTime() + 31 * DAY)},
  authorities: {issuing: {basicConstraints: {ca: false}}},
  purpose: {client: {extendedKeyUsage: ['any']}},
  'name constraints': {issuing: {nameConstraints: {permitted: ['dns:a.example']}}, client: names('dns:ba.example')},
  'anchor limits': {limits: {pins: []}},
  policies: {limits: {requiredPolicies: ['1.2.3']}},
  revocation: {revocation: {statusOf: () => ({status: 'unknown', required: 'a CRL', found: 'none'})}},
};

function names(name: `dns:${string}`): Partial<CertificateSpec> {
  return {subjectAltNames: [name]};
}

describe('explainPeer', () => {
  it('passes every check of a path that is accepted, in the order of verifyPeer', () => {
    const {decision, paths, deadEnds} = explain({});
    assert.equal(decision.verdict, 'accept');
    assert.deepEqual(
      paths[0]?.checks.map(({check}) => check),
      Object.keys(FAILING),
    );
    assert.ok(paths[0].checks.every(({verdict}) => verdict === 'pass'));
    assert.deepEqual(
      paths[0].revocation.map(({where, status}) => [where, status.status]),
      [
        ['issuer 1', 'good'],
        ['leaf', 'good'],
      ],
    );
    assert.deepEqual(deadEnds, []);
  });

  for (const [check, chain] of Object.entries(FAILING))
    it(`names ${check} as what decided`, () => {
      const {decision, paths} = explain(chain);
      const failed = paths[0]?.checks.find(one => one.verdict === 'fail');
      assert.ok(decision.verdict === 'reject' && failed?.verdict === 'fail');
      assert.deepEqual([failed.check, failed.why], [check, decision.why]);
    });

  it('goes on behind the check that decided', () => {
    const {paths} = explain({client: {extendedKeyUsage: ['any']}, limits: {pins: []}});
    const failed = paths[0]?.checks.filter(({verdict}) => verdict === 'fail').map(({check}) => check);
    assert.deepEqual(failed, ['purpose', 'anchor limits']);
  });

  it('tells where the search for a path ended', () => {
    const {decision, paths, deadEnds} = explain({issuing: {mistakes: {issuer: 'Toor'}}});
    assert.deepEqual([paths, deadEnds.length], [[], 1]);
    assert.deepEqual(decision, {verdict: 'reject', why: deadEnds[0]});
  });

  it('shows the path first that came furthest', () => {
    const old = createAuthority({subject: 'Root'}, clock);
    const root = createAuthority({subject: 'Root'}, clock);
    const alice = root.issueClient({subject: 'alice'});
    const trust = trustIn([anchorOf(old, {name: 'old'}), anchorOf(root, {name: 'new', pins: []})]);
    const {decision, paths} = explainPeer({leaf: factsOf(alice), sent: []}, trust, NOW);
    assert.ok(decision.verdict === 'reject' && decision.why.code === 'ERR_MTLS_PIN');
    assert.deepEqual(
      paths.map(({path}) => path.anchor.name),
      ['new', 'old'],
    );
  });
});
