import assert from 'node:assert/strict';
import type {Condition} from '../../src/identity/rules';
import {fingerprintOf} from '../../src/x509/fingerprint';
import {map, outcomeOf, peerWith, ROOT, WARD} from './peers';
import type {Client} from './peers';

/** Whether a rule with this condition maps the client. */
function holds(when: Condition, client: Client, issuer = ROOT): boolean {
  const code = outcomeOf(map(peerWith(client, {}, issuer), {when, roles: ['role'], id: 'fingerprint'}));
  assert.ok(code.endsWith(' role') || code === 'ERR_MTLS_IDENTITY_UNMAPPED', code);
  return code.endsWith(' role');
}

type Row = readonly [sentence: string, when: Condition, client: Client, expected: 'holds' | 'fails'];

const admins = {subject: {organization: 'Clinic', organizationalUnit: 'Admins', commonName: 'Alice'}} as const;
const named = (...subjectAltNames: NonNullable<Client['subjectAltNames']>): Client => ({subjectAltNames});
const CLIENT_AUTH = 'clientAuth';

const ROWS: readonly Row[] = [
  ['the same text', {organizationalUnit: 'Admins'}, admins, 'holds'],
  ['text before it', {organizationalUnit: 'Admins'}, {subject: {organizationalUnit: 'NotAdmins'}}, 'fails'],
  ['text behind it', {organizationalUnit: 'Admins'}, {subject: {organizationalUnit: 'Admins2'}}, 'fails'],
  ['another case', {organizationalUnit: 'Admins'}, {subject: {organizationalUnit: 'admins'}}, 'fails'],
  ['a space behind it', {organizationalUnit: 'Admins'}, {subject: {organizationalUnit: 'Admins '}}, 'fails'],
  ['a look-alike letter', {organizationalUnit: 'Admins'}, {subject: {organizationalUnit: '\u0410dmins'}}, 'fails'],
  ['another composition', {commonName: 'Zo\u00eb'}, {subject: 'Zoe\u0308'}, 'fails'],
  ['the same composition', {commonName: 'Zo\u00eb'}, {subject: 'Zo\u00eb'}, 'holds'],
  ['the text in another attribute', {organizationalUnit: 'Admins'}, {subject: {organization: 'Admins'}}, 'fails'],
  [
    'the text of an injected attribute',
    {organizationalUnit: 'Admins'},
    {subject: {commonName: 'Mallory, OU=Admins'}},
    'fails',
  ],
  ['a star, which is no pattern here', {organizationalUnit: '*'}, admins, 'fails'],
  [
    'an empty subject',
    {organizationalUnit: 'Admins'},
    {subject: {}, ...named('dns:a.example'), criticality: {subjectAltNames: 'critical'}},
    'fails',
  ],
  ['one of several values', {organizationalUnit: ['Doctors', 'Admins']}, admins, 'holds'],
  ['none of several values', {organizationalUnit: ['Doctors', 'Nurses']}, admins, 'fails'],
  [
    'one of several attributes',
    {organizationalUnit: 'Admins'},
    {subject: {organizationalUnit: ['Visitors', 'Admins']}},
    'holds',
  ],
  [
    'one of a multi-valued RDN',
    {organizationalUnit: 'Admins'},
    {
      subject: [
        [
          {type: 'commonName', value: 'Alice'},
          {type: 'organizationalUnit', value: 'Admins'},
        ],
      ],
    },
    'holds',
  ],
  ['two conditions that hold', {organizationalUnit: 'Admins', organization: 'Clinic'}, admins, 'holds'],
  ['two conditions of which one fails', {organizationalUnit: 'Admins', organization: 'Bank'}, admins, 'fails'],
  ['a common name', {commonName: 'Alice'}, {}, 'holds'],

  ['the same DNS name', {dns: 'api.clinic.example'}, named('dns:api.clinic.example'), 'holds'],
  ['a DNS name in another case', {dns: 'API.clinic.example'}, named('dns:api.CLINIC.example'), 'holds'],
  ['a DNS name below it', {dns: 'clinic.example'}, named('dns:api.clinic.example'), 'fails'],
  ['a DNS name that ends with it', {dns: 'clinic.example'}, named('dns:evilclinic.example'), 'fails'],
  ['one label for a star', {dns: '*.clinic.example'}, named('dns:api.clinic.example'), 'holds'],
  ['two labels for a star', {dns: '*.clinic.example'}, named('dns:a.b.clinic.example'), 'fails'],
  ['no label for a star', {dns: '*.clinic.example'}, named('dns:clinic.example'), 'fails'],
  ['a wildcard certificate', {dns: '*.clinic.example'}, named('dns:*.clinic.example'), 'fails'],
  ['a DNS name as URI', {dns: 'clinic.example'}, named('uri:dns://clinic.example'), 'fails'],
  ['a DNS name as common name', {dns: 'clinic.example'}, {subject: 'clinic.example'}, 'fails'],

  ['the same URI', {uri: 'spiffe://clinic.example/alice'}, named('uri:spiffe://clinic.example/alice'), 'holds'],
  [
    'a URI in another case',
    {uri: 'spiffe://clinic.example/alice'},
    named('uri:spiffe://clinic.example/Alice'),
    'fails',
  ],
  ['a longer URI', {uri: 'spiffe://clinic.example/alice'}, named('uri:spiffe://clinic.example/alice/x'), 'fails'],
  ['one segment for a star', {uri: 'spiffe://clinic.example/*'}, named('uri:spiffe://clinic.example/alice'), 'holds'],
  ['two segments for a star', {uri: 'spiffe://clinic.example/*'}, named('uri:spiffe://clinic.example/a/b'), 'fails'],
  ['two for a double star', {uri: 'spiffe://clinic.example/**'}, named('uri:spiffe://clinic.example/a/b'), 'holds'],
  ['user information', {uri: 'spiffe://clinic.example/*'}, named('uri:spiffe://evil@clinic.example/alice'), 'fails'],
  [
    'one of two URIs',
    {uri: 'spiffe://clinic.example/*'},
    named('uri:urn:x:y', 'uri:spiffe://clinic.example/a'),
    'holds',
  ],

  ['the same mailbox', {email: 'alice@clinic.example'}, named('email:alice@clinic.example'), 'holds'],
  ['a domain in another case', {email: 'alice@clinic.example'}, named('email:alice@CLINIC.example'), 'holds'],
  ['a local part in another case', {email: 'alice@clinic.example'}, named('email:Alice@clinic.example'), 'fails'],
  ['anybody of a domain', {email: '*@clinic.example'}, named('email:bob@clinic.example'), 'holds'],
  ['anybody of a domain below', {email: '*@clinic.example'}, named('email:bob@x.clinic.example'), 'fails'],
  ['a mailbox as UPN', {email: 'alice@clinic.example'}, named('upn:alice@clinic.example'), 'fails'],
  [
    'a mailbox in the subject',
    {email: 'alice@clinic.example'},
    {subject: {emailAddress: 'alice@clinic.example'}},
    'fails',
  ],
  ['the same UPN', {upn: 'alice@clinic.example'}, named('upn:alice@clinic.example'), 'holds'],
  ['a UPN as mailbox', {upn: 'alice@clinic.example'}, named('email:alice@clinic.example'), 'fails'],

  ['the same IPv4 address', {ip: '192.0.2.7'}, named('ip:192.0.2.7'), 'holds'],
  ['another IPv4 address', {ip: '192.0.2.7'}, named('ip:192.0.2.70'), 'fails'],
  ['an IPv6 address in another form', {ip: '2001:0db8:0::7'}, named('ip:2001:db8::7'), 'holds'],
  ['an IPv4 address mapped to IPv6', {ip: '192.0.2.7'}, named('ip:::ffff:192.0.2.7'), 'fails'],

  [
    'an EKU',
    {extendedKeyUsage: '1.3.6.1.4.1.311.20.2.2'},
    {extendedKeyUsage: [CLIENT_AUTH, '1.3.6.1.4.1.311.20.2.2']},
    'holds',
  ],
  [
    'an EKU below it',
    {extendedKeyUsage: '1.3.6.1.4.1.311.20.2'},
    {extendedKeyUsage: [CLIENT_AUTH, '1.3.6.1.4.1.311.20.2.2']},
    'fails',
  ],
  [
    'any EKU instead of the one',
    {extendedKeyUsage: '1.3.6.1.4.1.311.20.2.2'},
    {extendedKeyUsage: [CLIENT_AUTH, 'any']},
    'fails',
  ],
  ['a policy', {policy: '1.3.6.1.4.1.99999.1'}, {certificatePolicies: ['1.3.6.1.4.1.99999.1']}, 'holds'],
  ['another policy', {policy: '1.3.6.1.4.1.99999.1'}, {certificatePolicies: ['1.3.6.1.4.1.99999.11']}, 'fails'],
  ['any policy instead of the one', {policy: '1.3.6.1.4.1.99999.1'}, {certificatePolicies: ['2.5.29.32.0']}, 'fails'],

  ['the anchor by name', {issuer: 'Clinic CA'}, {}, 'holds'],
  ['another anchor by name', {issuer: 'Other CA'}, {}, 'fails'],
  ['the issuer by hash', {issuer: fingerprintOf(ROOT.certificate).toUpperCase()}, {}, 'holds'],
  ['another issuer by hash', {issuer: fingerprintOf(WARD.certificate)}, {}, 'fails'],
];

describe('identity/attributes', () => {
  for (const [sentence, when, client, expected] of ROWS) {
    it(`a condition on ${Object.keys(when).join(' and ')} ${expected} for ${sentence}`, () => {
      assert.equal(holds(when, client), expected === 'holds');
    });
  }

  it('takes the certificate above the leaf for the issuer, and the end of the path for the anchor', () => {
    assert.equal(holds({issuer: fingerprintOf(WARD.certificate)}, {}, WARD), true);
    assert.equal(holds({issuer: fingerprintOf(ROOT.certificate)}, {}, WARD), false);
    assert.equal(holds({issuer: 'Clinic CA'}, {}, WARD), true);
  });

  it('does not take a policy that did not survive the path', () => {
    const limited = ROOT.issueAuthority({subject: 'Limited CA', certificatePolicies: ['1.3.6.1.4.1.99999.2']});
    const client = {certificatePolicies: ['1.3.6.1.4.1.99999.1', '1.3.6.1.4.1.99999.2']};
    assert.equal(holds({policy: '1.3.6.1.4.1.99999.1'}, client, limited), false);
    assert.equal(holds({policy: '1.3.6.1.4.1.99999.2'}, client, limited), true);
  });
});
