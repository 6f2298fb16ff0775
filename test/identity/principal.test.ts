import assert from 'node:assert/strict';
import {inspect} from 'node:util';
import type {Principal} from '../../src/identity/principal';
import {map, peerWith} from './peers';
import type {Client} from './peers';
import {fingerprintOf} from '../../src/x509/fingerprint';

function principalOf(client: Client): Principal {
  const decision = map(peerWith(client), {when: {issuer: 'Clinic CA'}, roles: ['a', 'b'], id: 'fingerprint'});
  assert.equal(decision.verdict, 'accept');
  return decision.principal;
}

const RICH: Client = {
  subject: [
    [{type: 'country', value: 'CH'}],
    [{type: 'organization', value: 'Clinic, "Inc"'}],
    [
      {type: 'commonName', value: '#Alice'},
      {type: 'serialNumber', value: '7'},
    ],
  ],
  serialNumber: 'ab01',
  validity: {notBefore: new Date('2030-05-01T00:00:00Z'), notAfter: new Date('2030-07-01T00:00:00Z')},
  extendedKeyUsage: ['clientAuth', '1.2.3'],
  certificatePolicies: ['1.3.6.1.4.1.99999.1'],
  subjectAltNames: [
    'dns:a.example',
    'email:a@a.example',
    'uri:urn:x:y',
    'ip:192.0.2.7',
    'upn:a@a.example',
    'registeredId:1.2.3',
    {kind: 'directory', value: {commonName: 'Alice'}},
    {kind: 'other', type: '1.2.3', value: Buffer.from([5, 0])},
  ],
};

/** Every object inside the value, itself included. */
function* objectsIn(value: unknown): Generator<object> {
  if (typeof value !== 'object' || value === null) return;
  yield value;
  for (const property of Object.values(value)) yield* objectsIn(property);
}

describe('identity/principal', () => {
  it('says of the certificate what a controller or a log may need', () => {
    const peer = peerWith(RICH);
    const decision = map(peer, {when: {issuer: 'Clinic CA'}, roles: ['a', 'b'], id: 'san.uri'});
    assert.deepEqual(decision.verdict === 'accept' && decision.principal, {
      id: 'urn:x:y',
      idSource: 'san.uri',
      name: '#Alice',
      roles: ['a', 'b'],
      certificate: {
        fingerprint: fingerprintOf(peer.facts.der),
        serialNumber: 'ab01',
        subject: '2.5.4.5=7+CN=\\#Alice,O=Clinic\\, \\"Inc\\",C=CH',
        issuer: 'CN=Clinic CA,O=Clinic',
        anchor: 'Clinic CA',
        notBefore: '2030-05-01T00:00:00.000Z',
        notAfter: '2030-07-01T00:00:00.000Z',
        subjectAltNames: [
          'dns:a.example',
          'email:a@a.example',
          'uri:urn:x:y',
          'ip:192.0.2.7',
          'upn:a@a.example',
          'registeredId:1.2.3',
          'directory:CN=Alice',
        ],
        extendedKeyUsages: ['1.3.6.1.5.5.7.3.2', '1.2.3'],
        policies: ['1.3.6.1.4.1.99999.1'],
      },
    });
  });

  it('is plain, frozen to the last list, and holds no bytes', () => {
    const principal = principalOf(RICH);
    for (const object of objectsIn(principal)) {
      assert.ok(Object.isFrozen(object), inspect(object));
      assert.ok(Array.isArray(object) || Object.getPrototypeOf(object) === Object.prototype, inspect(object));
    }
    assert.deepEqual(JSON.parse(JSON.stringify(principal)), principal);
  });

  it('does not share its lists with the facts or the rules', () => {
    const peer = peerWith(RICH);
    const roles = ['a'];
    const decision = map(peer, {when: {issuer: 'Clinic CA'}, roles, id: 'san.uri'});
    assert.ok(decision.verdict === 'accept');
    roles.push('admin');
    assert.deepEqual(decision.principal.roles, ['a']);
  });

  it('is called by its common name where there is exactly one', () => {
    assert.equal(principalOf({subject: 'Alice'}).name, 'Alice');
  });

  for (const [sentence, subject] of [
    ['none', {organization: 'Clinic'}],
    ['several', {commonName: ['Alice', 'Bob']}],
  ] as const) {
    it(`is called by its id where there is ${sentence}`, () => {
      const principal = principalOf({subject});
      assert.equal(principal.name, principal.id);
    });
  }

  it('summarizes a certificate without alternative names, EKU beyond clientAuth and policies', () => {
    const {certificate} = principalOf({});
    assert.deepEqual(
      [certificate.subjectAltNames, certificate.extendedKeyUsages, certificate.policies],
      [[], ['1.3.6.1.5.5.7.3.2'], []],
    );
    assert.equal(certificate.issuer, 'CN=Clinic CA,O=Clinic');
  });
});
