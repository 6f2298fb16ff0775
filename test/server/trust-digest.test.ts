import assert from 'node:assert/strict';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {dangerouslyAllowUnknownRevocation} from '../../src/danger';
import {compileRules} from '../../src/identity/compile';
import {createAuthority} from '../../src/pki/authority';
import {resolveRevocationPolicy} from '../../src/server/revocation-policy';
import type {RevocationPlan} from '../../src/server/revocation';
import {revocationDigest, trustDigest} from '../../src/server/trust-digest';
import type {TrustAnchor} from '../../src/trust/anchor';
import {verifyCrl} from '../../src/trust/crl-signature';
import type {VerifiedCrl} from '../../src/trust/crl-signature';
import {DenyList, parseDenyEntry} from '../../src/trust/deny-list';
import type {DenyEntryText} from '../../src/trust/deny-list';
import {DEFAULT_TRUST} from '../../src/trust/policy';
import {parseCertificate} from '../../src/x509/certificate';
import {parseCrl} from '../../src/x509/crl';
import {fingerprintOf} from '../../src/x509/fingerprint';
import {clientRoot} from './harness';

const NOW = new Date();
const root = parseCertificate(clientRoot.certificate);
const other = parseCertificate(createAuthority({subject: {commonName: 'Other'}}).certificate);
const ward = parseCertificate(clientRoot.issueAuthority({subject: {commonName: 'Ward'}}).certificate);
const anchor: TrustAnchor = {name: 'Root', certificate: root, authority: {}};
const rule = {when: {commonName: 'Alice'}, roles: ['clinician'], id: 'san.uri' as const};
const hash = fingerprintOf(Buffer.from('any'));

type Deciding = Parameters<typeof trustDigest>[0];

const mapping = (...rules: readonly unknown[]): Deciding['rules'] => compileRules(rules, {anchors: ['Root']}).mapping;
const BASE: Deciding = {trust: {anchors: [anchor], intermediates: [], policy: DEFAULT_TRUST}, rules: mapping(rule)};
const HOSTS = ['a.example', 'b.example'];

function digest(changed: Partial<Deciding> = {}, hosts: readonly string[] = HOSTS, revocation = 'r'): string {
  return trustDigest({...BASE, ...changed}, hosts, revocation).toString('hex');
}

function trusting(changed: Partial<Deciding['trust']>): Partial<Deciding> {
  return {trust: {...BASE.trust, ...changed}};
}

function limited(limits: Partial<TrustAnchor>): Partial<Deciding> {
  return trusting({anchors: [{...anchor, ...limits}]});
}

describe('the digest of trust', () => {
  it('is the same for the same, whatever the order of host names', () => {
    assert.equal(digest({trust: {...BASE.trust}, rules: mapping({...rule})}, [...HOSTS].reverse()), digest());
  });

  const changes: readonly (readonly [string, Partial<Deciding>])[] = [
    ['anchor', trusting({anchors: [{...anchor, certificate: other}]})],
    ['anchor more', trusting({anchors: [anchor, {...anchor, name: 'Other', certificate: other}]})],
    ['name of an anchor', limited({name: 'Roots'})],
    ['list of names', limited({authority: {subjectAltNames: []}})],
    ['list of organizations', limited({authority: {organizations: []}})],
    ['list of usages', limited({authority: {extendedKeyUsages: []}})],
    ['list of roles', limited({authority: {roles: []}})],
    ['pin', limited({pins: [hash]})],
    ['expected issuer', limited({expectedIssuers: [hash]})],
    ['lifetime', limited({maxLifetimeHours: 24})],
    ['required policy', limited({requiredPolicies: ['1.2.3']})],
    ['intermediate', trusting({intermediates: [ward]})],
    ['number of intermediates', trusting({policy: {...DEFAULT_TRUST, maxIntermediates: 3}})],
    ['role', {rules: mapping({...rule, roles: ['auditor']})}],
    ['condition', {rules: mapping({...rule, when: {commonName: 'Bob'}})}],
    ['attribute', {rules: mapping({...rule, when: {organization: 'Alice'}})}],
    ['identifier', {rules: mapping({...rule, id: 'fingerprint'})}],
    ['rule more', {rules: mapping(rule, {...rule, when: {commonName: 'Bob'}})}],
    ['resolver', {rules: {kind: 'resolver', resolve: () => undefined, timeoutMs: 1}}],
  ];
  for (const [what, changed] of changes) {
    it(`is another one for another ${what}`, () => {
      assert.notEqual(digest(changed), digest());
    });
  }

  it('is another one for other host names, and for other revocation', () => {
    assert.equal(new Set([digest(), digest({}, ['a.example']), digest({}, HOSTS, 's')]).size, 3);
  });

  it('tells resolvers apart by their time limit alone: code leaves no trace', () => {
    const resolving = (timeoutMs: number): string =>
      digest({rules: {kind: 'resolver', resolve: () => undefined, timeoutMs}});
    assert.equal(resolving(1), resolving(1));
    assert.notEqual(resolving(1), resolving(2));
  });
});

describe('the digest of revocation', () => {
  const policy = resolveRevocationPolicy({}, 'test', NOW, () => undefined);
  const plan: RevocationPlan = {
    crls: [],
    anchors: [anchor],
    intermediates: [],
    policyOf: () => policy,
    hasCrlSource: true,
    denied: [],
    network: {allowedHosts: [], timeoutMs: 1, maxBytes: 1},
  };
  let first: VerifiedCrl;
  let second: VerifiedCrl;

  before(async () => {
    const verified = async (number: number): Promise<VerifiedCrl> => {
      const crl = await verifyCrl(parseCrl(clientRoot.issueCrl({number}).der), [root], `CRL ${number}`, nextTurn);
      assert.ok('facts' in crl);
      return crl;
    };
    first = await verified(1);
    second = await verified(2);
  });

  function listing(...entries: readonly DenyEntryText[]): DenyList {
    return new DenyList(
      entries.map(entry => {
        const parsed = parseDenyEntry(entry, NOW);
        assert.ok(typeof parsed !== 'string');
        return parsed;
      }),
    );
  }

  const NOBODY = listing();

  it('is the same whatever the order, the sources and the reasons', () => {
    const [alice, bob] = [{principal: 'alice'}, {principal: 'bob', reason: 'left', since: '2026-01-01'}];
    assert.equal(
      revocationDigest(plan, [first, second], listing(alice, bob)),
      revocationDigest({...plan}, [second, first, {...first, source: 'elsewhere'}], listing({principal: 'bob'}, alice)),
    );
  });

  it('is another one for every change', () => {
    const grace = {unknown: {graceHours: 1, reason: 'the CA is slow', until: new Date(NOW.getTime() + 3_600_000)}};
    const soft = resolveRevocationPolicy(grace, 'test', NOW, () => undefined);
    const until = new Date(NOW.getTime() + 60_000);
    const digests = [
      revocationDigest(plan, [first], NOBODY),
      revocationDigest(plan, [], NOBODY),
      revocationDigest(plan, [second], NOBODY),
      revocationDigest(plan, [first, second], NOBODY),
      revocationDigest(plan, [first], listing({principal: 'alice'})),
      revocationDigest(plan, [first], listing({principal: 'bob'})),
      revocationDigest(plan, [first], listing({certificate: hash})),
      revocationDigest(plan, [first], listing({key: hash})),
      revocationDigest(plan, [first], listing({issuer: hash, serialNumber: '01'})),
      revocationDigest({...plan, hasCrlSource: false}, [first], NOBODY),
      revocationDigest({...plan, intermediates: [ward]}, [first], NOBODY),
      revocationDigest({...plan, anchors: []}, [first], NOBODY),
      revocationDigest({...plan, policyOf: () => soft}, [first], NOBODY),
      revocationDigest(
        {...plan, allowUnknown: dangerouslyAllowUnknownRevocation({reason: 'a test of digests', until})},
        [first],
        NOBODY,
      ),
    ];
    assert.equal(new Set(digests).size, digests.length);
  });
});
