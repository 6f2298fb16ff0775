import assert from 'node:assert/strict';
import {explainMapping, identify, mapPeer} from '../../src/identity/map';
import type {IdentityRule} from '../../src/identity/rules';
import {fingerprintOf} from '../../src/x509/fingerprint';
import {compiled, map, outcomeOf, peerWith, ROOT} from './peers';
import type {Client} from './peers';

const ALICE: Client = {
  subject: {organization: 'Clinic', organizationalUnit: ['Clinicians', 'Auditors'], commonName: 'Alice'},
  subjectAltNames: ['uri:spiffe://clinic.example/alice', 'email:alice@Clinic.example'],
};
const clinicians: IdentityRule = {
  name: 'clinicians',
  when: {organizationalUnit: 'Clinicians'},
  roles: ['clinician', 'staff'],
  id: 'san.uri',
};
const auditors: IdentityRule = {
  name: 'auditors',
  when: {organizationalUnit: 'Auditors'},
  roles: ['auditor', 'staff'],
  id: 'san.uri',
};
const admins: IdentityRule = {when: {organizationalUnit: 'Admins'}, roles: ['admin'], id: 'san.uri'};
const ANYONE = {when: {issuer: 'Clinic CA'}, roles: ['r']} as const;
const named = (...subjectAltNames: NonNullable<Client['subjectAltNames']>): Client => ({subjectAltNames});

const IDENTIFIERS: readonly (readonly [sentence: string, id: IdentityRule['id'], client: Client, outcome: string])[] = [
  ['the only URI', 'san.uri', named('uri:urn:x:Y'), 'urn:x:Y r'],
  ['one URI twice', 'san.uri', named('uri:urn:x:y', 'uri:urn:x:y'), 'urn:x:y r'],
  ['two URIs', 'san.uri', named('uri:urn:x:y', 'uri:urn:x:z'), 'ERR_MTLS_IDENTITY_AMBIGUOUS'],
  ['two URIs that differ in case', 'san.uri', named('uri:urn:x:y', 'uri:urn:x:Y'), 'ERR_MTLS_IDENTITY_AMBIGUOUS'],
  ['no URI', 'san.uri', named('dns:a.example'), 'ERR_MTLS_IDENTITY_MISSING'],
  ['no alternative names', 'san.uri', {}, 'ERR_MTLS_IDENTITY_MISSING'],
  ['a DNS name, in lower case', 'san.dns', named('dns:API.Clinic.example'), 'api.clinic.example r'],
  ['one DNS name in two cases', 'san.dns', named('dns:a.example', 'dns:A.example'), 'a.example r'],
  ['two DNS names', 'san.dns', named('dns:a.example', 'dns:b.example'), 'ERR_MTLS_IDENTITY_AMBIGUOUS'],
  ['a wildcard', 'san.dns', named('dns:*.clinic.example'), 'ERR_MTLS_IDENTITY_AMBIGUOUS'],
  ['a mailbox, its domain in lower case', 'san.email', named('email:Alice@Clinic.example'), 'Alice@clinic.example r'],
  ['two mailboxes', 'san.email', named('email:a@x.example', 'email:A@x.example'), 'ERR_MTLS_IDENTITY_AMBIGUOUS'],
  ['a mailbox in the subject only', 'san.email', {subject: {emailAddress: 'a@x.example'}}, 'ERR_MTLS_IDENTITY_MISSING'],
  ['a UPN', 'san.upn', named('upn:alice@Clinic.example'), 'alice@clinic.example r'],
  ['a UPN beside a mailbox', 'san.upn', named('email:bob@x.example', 'upn:alice@x.example'), 'alice@x.example r'],
  ['an address', 'san.ip', named('ip:2001:db8::7'), '2001:db8::7 r'],
  ['two addresses', 'san.ip', named('ip:192.0.2.7', 'ip:192.0.2.8'), 'ERR_MTLS_IDENTITY_AMBIGUOUS'],
  ['the only common name', 'subject.commonName', {subject: 'Alice'}, 'Alice r'],
  [
    'two common names',
    'subject.commonName',
    {subject: {commonName: ['Alice', 'Admin']}},
    'ERR_MTLS_IDENTITY_AMBIGUOUS',
  ],
  ['one common name twice', 'subject.commonName', {subject: {commonName: ['Alice', 'Alice']}}, 'Alice r'],
  ['no common name', 'subject.commonName', {subject: {organization: 'Clinic'}}, 'ERR_MTLS_IDENTITY_MISSING'],
];

describe('identity/map', () => {
  for (const [sentence, id, client, outcome] of IDENTIFIERS) {
    it(`takes its identifier from ${id}: ${sentence}`, () => {
      assert.equal(outcomeOf(map(peerWith(client), {...ANYONE, id})), outcome);
    });
  }

  it('takes the fingerprint of the certificate for an identifier', () => {
    const peer = peerWith({});
    assert.equal(outcomeOf(map(peer, {...ANYONE, id: 'fingerprint'})), `${fingerprintOf(peer.facts.der)} r`);
  });

  it('refuses whom no rule matches', () => {
    assert.equal(outcomeOf(map(peerWith(ALICE), admins)), 'ERR_MTLS_IDENTITY_UNMAPPED');
  });

  it('refuses everybody when there are no rules', () => {
    assert.equal(outcomeOf(mapPeer(peerWith(ALICE), [])), 'ERR_MTLS_IDENTITY_UNMAPPED');
  });

  it('refuses everybody for a rule without conditions, should one ever get here', () => {
    const rule = {name: 'empty', conditions: [], roles: ['admin'], id: 'san.uri'} as const;
    assert.equal(outcomeOf(mapPeer(peerWith(ALICE), [rule])), 'ERR_MTLS_IDENTITY_UNMAPPED');
    assert.equal(explainMapping(peerWith(ALICE), [rule]).rules[0]?.verdict, 'no match');
  });

  it('adds up the roles of all rules that match, each role once, and names the rules', () => {
    const decision = map(peerWith(ALICE), clinicians, admins, auditors);
    assert.equal(outcomeOf(decision), 'spiffe://clinic.example/alice clinician+staff+auditor');
    assert.deepEqual(decision.verdict === 'accept' && decision.matched, ['clinicians', 'auditors']);
  });

  it('calls a rule without name by its position', () => {
    const decision = map(
      peerWith({subject: {organizationalUnit: 'Admins'}, ...named('uri:urn:x:y')}),
      clinicians,
      admins,
    );
    assert.deepEqual(decision.verdict === 'accept' && decision.matched, ['rules[1]']);
  });

  it('refuses when matching rules disagree about who it is', () => {
    const decision = map(peerWith(ALICE), clinicians, {...auditors, id: 'san.email'});
    assert.equal(outcomeOf(decision), 'ERR_MTLS_IDENTITY_CONTRADICTION');
    assert.ok(decision.verdict === 'reject' && decision.why.found.includes('clinicians, auditors'));
  });

  it('does not ask a rule that fails about who it is', () => {
    assert.equal(
      outcomeOf(map(peerWith(ALICE), clinicians, {...admins, id: 'san.ip'})),
      'spiffe://clinic.example/alice clinician+staff',
    );
  });

  it('refuses when one of the matching rules finds no identifier, although another does', () => {
    assert.equal(
      outcomeOf(map(peerWith(ALICE), clinicians, {...auditors, id: 'san.upn'})),
      'ERR_MTLS_IDENTITY_MISSING',
    );
  });

  it('refuses several URIs even when one of them is what the rule asks for', () => {
    const rule = {when: {uri: 'spiffe://clinic.example/alice'}, roles: ['r'], id: 'san.uri'} as const;
    const both = named('uri:spiffe://clinic.example/alice', 'uri:spiffe://clinic.example/admin');
    assert.equal(outcomeOf(map(peerWith(both), rule)), 'ERR_MTLS_IDENTITY_AMBIGUOUS');
  });

  const LIMITS: readonly (readonly [sentence: string, roles: readonly string[], outcome: string])[] = [
    ['exactly those', ['clinician', 'staff'], 'spiffe://clinic.example/alice clinician+staff'],
    ['more than those', ['x', 'staff', 'clinician'], 'spiffe://clinic.example/alice clinician+staff'],
    ['one too few', ['clinician'], 'ERR_MTLS_AUTHORITY'],
    ['none', [], 'ERR_MTLS_AUTHORITY'],
  ];
  for (const [sentence, roles, outcome] of LIMITS) {
    it(`holds the anchor to its roles: ${sentence}`, () => {
      const peer = peerWith(ALICE, {authority: {roles}});
      assert.equal(outcomeOf(map(peer, clinicians)), outcome);
    });
  }

  it('names the anchor and the roles beyond its limit', () => {
    const decision = map(peerWith(ALICE, {authority: {roles: ['clinician']}}), clinicians, auditors);
    assert.deepEqual(decision.verdict === 'reject' && decision.why, {
      code: 'ERR_MTLS_AUTHORITY',
      required: 'roles among clinician',
      found: 'staff, auditor',
      where: 'anchor Clinic CA',
    });
  });

  it('decides the same asynchronously', async () => {
    const mapping = {kind: 'rules', rules: compiled(clinicians)} as const;
    const {signal} = new AbortController();
    assert.equal(
      outcomeOf(await identify(peerWith(ALICE), mapping, signal)),
      'spiffe://clinic.example/alice clinician+staff',
    );
    assert.equal(outcomeOf(await identify(peerWith({}), mapping, signal)), 'ERR_MTLS_IDENTITY_UNMAPPED');
  });
});

describe('identity/map explains', () => {
  it('each condition of each rule, and the decision that comes of them', () => {
    const peer = peerWith(ALICE);
    const mixed: IdentityRule = {
      when: {organization: ['Bank', 'Clinic'], issuer: 'Other CA', dns: 'api.clinic.example'},
      roles: ['admin'],
      id: 'san.uri',
    };
    const {decision, rules} = explainMapping(peer, compiled(clinicians, mixed));
    assert.deepEqual(decision, mapPeer(peer, compiled(clinicians, mixed)));
    assert.deepEqual(rules, [
      {
        rule: 'clinicians',
        verdict: 'match',
        conditions: [
          {
            attribute: 'organizationalUnit',
            verdict: 'holds',
            anyOf: ['Clinicians'],
            shown: ['Clinicians', 'Auditors'],
          },
        ],
      },
      {
        rule: 'rules[1]',
        verdict: 'no match',
        conditions: [
          {attribute: 'organization', verdict: 'holds', anyOf: ['Bank', 'Clinic'], shown: ['Clinic']},
          {
            attribute: 'issuer',
            verdict: 'fails',
            anyOf: ['Other CA'],
            shown: ['Clinic CA', fingerprintOf(ROOT.certificate)],
          },
          {attribute: 'dns', verdict: 'fails', anyOf: ['api.clinic.example'], shown: []},
        ],
      },
    ]);
  });

  it('what a certificate shows of EKU and policy', () => {
    const policy = '1.3.6.1.4.1.99999.1';
    const peer = peerWith({certificatePolicies: [policy]});
    const rule = {when: {policy, extendedKeyUsage: '1.2.3'}, roles: ['r'], id: 'san.uri'} as const;
    assert.deepEqual(
      explainMapping(peer, compiled(rule)).rules[0]?.conditions.map(({shown}) => shown),
      [[policy], ['1.3.6.1.5.5.7.3.2']],
    );
  });

  it('that a certificate without policies and EKU shows none', () => {
    const peer = peerWith({without: ['extendedKeyUsage']}, {}, ROOT, {absentExtendedKeyUsage: 'allow'});
    const rule = {when: {policy: '1.2.3', extendedKeyUsage: '1.2.3'}, roles: ['r'], id: 'fingerprint'} as const;
    assert.deepEqual(
      explainMapping(peer, compiled(rule)).rules[0]?.conditions.map(({shown}) => shown),
      [[], []],
    );
    const decision = map(peer, {...ANYONE, id: 'fingerprint'});
    assert.deepEqual(decision.verdict === 'accept' && decision.principal.certificate.extendedKeyUsages, []);
  });
});
