import assert from 'node:assert/strict';
import {inspect} from 'node:util';
import {MtlsError} from '../../src/errors';
import {createAuthority} from '../../src/pki/authority';
import type {CertificateSpec} from '../../src/pki/certificate';
import type {ExtensionValues} from '../../src/pki/extensions';
import type {GeneralNameSpec} from '../../src/pki/general-names';
import {isTextName} from '../../src/pki/general-names';
import type {NameSpec} from '../../src/pki/names';
import {encodeName} from '../../src/pki/names';
import {parseCertificate} from '../../src/x509/certificate';
import type {Extensions} from '../../src/x509/extensions';

const root = createAuthority({subject: 'Root'});

function factsOf(spec: Partial<CertificateSpec>) {
  return parseCertificate(root.issue({subject: 'x', ...spec}).certificate);
}

/** Every extension, written and read back by the strict reader of src/x509. */
const EXTENSIONS: readonly (readonly [Partial<ExtensionValues>, (read: Extensions) => unknown, unknown])[] = [
  [{basicConstraints: {ca: false}}, read => read.basicConstraints, {ca: false}],
  [{basicConstraints: {ca: true, pathLength: 0}}, read => read.basicConstraints, {ca: true, pathLength: 0}],
  [{keyUsage: ['digitalSignature', 'decipherOnly']}, read => read.keyUsage, ['digitalSignature', 'decipherOnly']],
  [
    {extendedKeyUsage: ['clientAuth', '1.3.6.1.4.1.32473.1.1']},
    read => read.extendedKeyUsage,
    ['1.3.6.1.5.5.7.3.2', '1.3.6.1.4.1.32473.1.1'],
  ],
  [{issuerAltNames: ['dns:a.example']}, read => read.issuerAltName, [{kind: 'dns', value: 'a.example'}]],
  [
    {nameConstraints: {permitted: ['dns:a.example'], excluded: ['ip:10.0.0.0/9']}},
    read => read.nameConstraints,
    {
      permitted: [{kind: 'dns', value: 'a.example'}],
      excluded: [{kind: 'ip', address: Buffer.from([10, 0, 0, 0]), mask: Buffer.from([255, 128, 0, 0])}],
    },
  ],
  [{certificatePolicies: ['1.2.3', '2.5.29.32.0']}, read => read.certificatePolicies, ['1.2.3', '2.5.29.32.0']],
  [
    {policyMappings: [{issuerDomain: '1.2.3', subjectDomain: '1.2.4'}]},
    read => read.policyMappings,
    [{issuerDomain: '1.2.3', subjectDomain: '1.2.4'}],
  ],
  [
    {policyConstraints: {requireExplicitPolicy: 0, inhibitPolicyMapping: 200}},
    read => read.policyConstraints,
    {requireExplicitPolicy: 0, inhibitPolicyMapping: 200},
  ],
  [{inhibitAnyPolicy: 1}, read => read.inhibitAnyPolicy, 1],
  [{subjectKeyIdentifier: Buffer.from('id')}, read => read.subjectKeyIdentifier, Buffer.from('id')],
  [
    {authorityKeyIdentifier: {issuer: ['dns:a.example'], serialNumber: 255n}},
    read => read.authorityKeyIdentifier,
    {issuer: [{kind: 'dns', value: 'a.example'}], serialNumber: 'ff'},
  ],
  [{tlsFeatures: [5]}, read => read.tlsFeatures, [5]],
  [{noRevocationAvailable: true}, read => read.noRevocationAvailable, true],
  [{ocspNoCheck: true}, read => read.all.some(({oid}) => oid === '1.3.6.1.5.5.7.48.1.5'), true],
  [
    {authorityInfoAccess: {ocsp: ['http://ocsp.example/'], caIssuers: ['http://ca.example/']}},
    read => read.authorityInfoAccess?.map(({method, location}) => [method, location]),
    [
      ['1.3.6.1.5.5.7.48.1', {kind: 'uri', value: 'http://ocsp.example/'}],
      ['1.3.6.1.5.5.7.48.2', {kind: 'uri', value: 'http://ca.example/'}],
    ],
  ],
];

describe('writing extensions', () => {
  for (const [values, read, expected] of EXTENSIONS)
    it(`writes ${inspect(values, {depth: 4, breakLength: Infinity})}`, () => {
      assert.deepEqual(read(factsOf(values).extensions), expected);
    });

  it('writes distribution points by URL and in full', () => {
    const point = {
      name: {relativeName: [{type: 'commonName', value: 'CRL 1'}]},
      reasons: ['keyCompromise', 'aACompromise'],
      crlIssuer: [{kind: 'directory', value: 'CRL issuer'}],
    } as const;
    const {extensions} = factsOf({crlDistributionPoints: ['http://a.example/a.crl', point], freshestCrl: [point]});
    const [first, second] = extensions.crlDistributionPoints ?? [];
    assert.ok(first && second);
    assert.match(JSON.stringify(first), /http:\/\/a\.example\/a\.crl/);
    assert.match(JSON.stringify(second), /CRL 1/);
    assert.deepEqual(second.reasons, [1, 8]);
    assert.match(JSON.stringify(second.crlIssuer), /CRL issuer/);
    assert.equal(extensions.freshestCrl?.length, 1);
  });

  it('writes a distribution point that only names a CRL issuer', () => {
    const crlIssuer = [{kind: 'directory', value: 'CRL issuer'}] as const;
    assert.equal(factsOf({crlDistributionPoints: [{crlIssuer}]}).extensions.crlDistributionPoints?.length, 1);
  });

  it('marks as critical what RFC 5280 says', () => {
    const written = Object.assign({}, ...EXTENSIONS.map(([values]) => values)) as Partial<ExtensionValues>;
    const critical = factsOf(written).extensions.all.filter(extension => extension.critical);
    assert.deepEqual(
      critical.map(({oid}) => oid),
      ['2.5.29.19', '2.5.29.15', '2.5.29.30', '2.5.29.33', '2.5.29.36', '2.5.29.54'],
    );
  });

  it('marks as critical what it is told to', () => {
    const criticality = {extendedKeyUsage: 'critical', keyUsage: 'not critical'} as const;
    const {extensions} = factsOf({keyUsage: ['digitalSignature'], extendedKeyUsage: ['clientAuth'], criticality});
    assert.deepEqual(extensions.all.map(({oid, critical}) => [oid, critical]).slice(0, 2), [
      ['2.5.29.15', false],
      ['2.5.29.37', true],
    ]);
  });

  it('writes extensions it has no name for', () => {
    const otherExtensions = [{oid: '1.3.6.1.4.1.32473.9', critical: true, value: Buffer.from('0500', 'hex')}];
    const {extensions} = factsOf({otherExtensions});
    assert.deepEqual(extensions.unknownCritical, ['1.3.6.1.4.1.32473.9']);
  });
});

/** Every kind of general name, written and read back. */
const NAMES: readonly (readonly [GeneralNameSpec, unknown])[] = [
  ['dns:a.example', {kind: 'dns', value: 'a.example'}],
  ['email:a@b.example', {kind: 'email', value: 'a@b.example'}],
  ['uri:spiffe://clinic.example/x?y:z', {kind: 'uri', value: 'spiffe://clinic.example/x?y:z'}],
  ['upn:alice@clinic.example', {kind: 'upn', value: 'alice@clinic.example'}],
  ['registeredId:1.2.3', {kind: 'registeredId', value: '1.2.3'}],
  ['ip:127.0.0.1', {kind: 'ip', value: '127.0.0.1', octets: Buffer.from([127, 0, 0, 1])}],
  [
    {kind: 'other', type: '1.2.3.4', value: Buffer.from('0500', 'hex')},
    {kind: 'other', type: '1.2.3.4', value: Buffer.from('0500', 'hex')},
  ],
  [
    {kind: 'raw', value: Buffer.from('82017a', 'hex')},
    {kind: 'dns', value: 'z'},
  ],
];

describe('writing names', () => {
  for (const [spec, expected] of NAMES)
    it(`writes ${inspect(spec, {breakLength: Infinity})}`, () => {
      assert.deepEqual(factsOf({subjectAltNames: [spec]}).subjectAltNames, [expected]);
    });

  it('writes a directory name', () => {
    const [name] = factsOf({subjectAltNames: [{kind: 'directory', value: 'Bob'}]}).subjectAltNames;
    assert.ok(name?.kind === 'directory');
    assert.deepEqual(name.value.der, encodeName('Bob'));
  });

  const ADDRESSES = [
    ['::1', `${'00'.repeat(15)}01`],
    ['::', '00'.repeat(16)],
    ['2001:db8::ff00:42:8329', '20010db8000000000000ff0000428329'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['::ffff:192.0.2.1', `${'00'.repeat(10)}ffffc0000201`],
    ['2001:db8::', `20010db8${'00'.repeat(12)}`],
  ] as const;
  for (const [address, octets] of ADDRESSES)
    it(`writes the address ${address}`, () => {
      const [name] = factsOf({subjectAltNames: [`ip:${address}`]}).subjectAltNames;
      assert.ok(name?.kind === 'ip');
      assert.equal(name.octets.toString('hex'), octets);
    });

  const SUBNETS = [
    ['10.0.0.0/8', 'ff000000'],
    ['10.0.0.0/0', '00000000'],
    ['10.1.2.3/32', 'ffffffff'],
    ['10.0.0.0/12', 'fff00000'],
    ['2001:db8::/33', `ffffffff80${'00'.repeat(11)}`],
  ] as const;
  for (const [subnet, mask] of SUBNETS)
    it(`writes the subnet ${subnet}`, () => {
      const {nameConstraints} = factsOf({nameConstraints: {permitted: [`ip:${subnet}`]}}).extensions;
      const [base] = nameConstraints?.permitted ?? [];
      assert.ok(base?.kind === 'ip');
      assert.equal(base.mask.toString('hex'), mask);
    });

  for (const text of ['ip:', 'ip:1.2.3', 'ip:10.0.0.0/33', 'ip:10.0.0.0/-1', 'ip:10.0.0.0/x', 'ip:::/129'] as const)
    it(`refuses ${text}`, () => {
      assert.throws(() => factsOf({subjectAltNames: [text]}), isPkiError);
    });

  it('tells text names from other text', () => {
    assert.ok(isTextName('dns:a'));
    for (const text of ['', 'a', ':a', 'DNS:a', 'toString:a']) assert.equal(isTextName(text), false, text);
    // A caller in JavaScript has no compiler to stop it.
    const untyped: unknown = 'DNS:a.example';
    assert.throws(() => factsOf({subjectAltNames: [untyped as GeneralNameSpec]}), isPkiError);
  });

  /** A subject, and its attributes as the strict reader sees them: one list per RDN. */
  const SUBJECTS: readonly (readonly [string, NameSpec, readonly (readonly string[])[]])[] = [
    ['a common name', 'alice', [['2.5.4.3=alice']]],
    [
      'attributes by name, a list as one RDN each',
      {country: 'CH', organizationalUnit: ['A', 'B'], commonName: 'alice'},
      [['2.5.4.6=CH'], ['2.5.4.11=A'], ['2.5.4.11=B'], ['2.5.4.3=alice']],
    ],
    [
      'an RDN of two attributes',
      [
        [
          {type: 'userId', value: 'u1'},
          {type: 'commonName', value: 'alice'},
        ],
      ],
      [['2.5.4.3=alice', '0.9.2342.19200300.100.1.1=u1']],
    ],
    ['an attribute by OID', [{type: '1.2.3.4', value: 'x'}], [['1.2.3.4=x']]],
    ['a BMPString', [{type: 'commonName', value: 'ä€', string: 'bmp'}], [['2.5.4.3=ä€']]],
    ['a UniversalString', [{type: 'commonName', value: 'ä😀', string: 'universal'}], [['2.5.4.3=ä😀']]],
    ['a PrintableString', [{type: 'commonName', value: 'abc', string: 'printable'}], [['2.5.4.3=abc']]],
    ['an IA5String', {emailAddress: 'a@b.example'}, [['1.2.840.113549.1.9.1=a@b.example']]],
    ['the DER of a name', encodeName({organization: 'O'}), [['2.5.4.10=O']]],
    ['no attribute at all', [], []],
  ];
  for (const [name, subject, expected] of SUBJECTS)
    it(`writes a subject from ${name}`, () => {
      const {rdns} = factsOf({subject}).subject;
      assert.deepEqual(
        rdns.map(rdn => rdn.map(({type, value}) => `${type}=${value}`)),
        expected,
      );
    });
});

function isPkiError(error: unknown): boolean {
  return error instanceof MtlsError && error.code === 'ERR_MTLS_PKI';
}
