import assert from 'node:assert/strict';
import {parseDer, Tag} from '../../src/x509/der';
import {NO_EXTENSIONS, parseExtensions, parseRawExtensions} from '../../src/x509/extensions';
import type {Extensions} from '../../src/x509/extensions';
import {extension, FALSE, TRUE} from './certificate-parts';
import {codeOf} from './code-of';
import {hex, oid, sequence, small, text, tlv} from './der-writer';

const EXTENSION_MALFORMED = 'ERR_MTLS_EXTENSION_MALFORMED';

const NULL = tlv(Tag.NULL);
const DNS = text(0x82, 'a.example');
const URI = text(0x86, 'http://a.example/crl');

function parse(...list: readonly Buffer[]): Extensions {
  return parseExtensions(parseDer(sequence(...list)));
}

function octets(digits: string): Buffer {
  return hex(Tag.OCTET_STRING, digits);
}

function bits(digits: string): Buffer {
  return hex(Tag.BIT_STRING, digits);
}

type Case = readonly [string, Buffer, Partial<Extensions> | 'malformed'];

function table(title: string, type: string, cases: readonly Case[]): void {
  describe(title, () => {
    for (const [name, value, expected] of cases)
      it(name, () => {
        if (expected === 'malformed') {
          assert.throws(() => parse(extension(type, value)), {
            code: EXTENSION_MALFORMED,
            message: new RegExp(`extension ${type.replaceAll('.', '\\.')}, `),
          });
          return;
        }
        const {all, ...known} = parse(extension(type, value));
        assert.equal(all[0]?.oid, type);
        assert.deepEqual(known, {unknownCritical: [], noRevocationAvailable: false, ...expected});
      });
  });
}

table('basicConstraints', '2.5.29.19', [
  ['is no CA by default', sequence(), {basicConstraints: {ca: false}}],
  ['may be a CA', sequence(TRUE), {basicConstraints: {ca: true}}],
  ['may limit the path', sequence(TRUE, small(0)), {basicConstraints: {ca: true, pathLength: 0}}],
  ['keeps a path length without cA', sequence(small(1)), {basicConstraints: {ca: false, pathLength: 1}}],
  ['refuses the default written out', sequence(FALSE), 'malformed'],
  ['refuses TRUE as 01', sequence(hex(Tag.BOOLEAN, '01')), 'malformed'],
  ['refuses a negative path length', sequence(TRUE, hex(Tag.INTEGER, 'ff')), 'malformed'],
  ['refuses a path length of 2^31', sequence(TRUE, hex(Tag.INTEGER, '0080000000')), 'malformed'],
  ['refuses a third field', sequence(TRUE, small(0), small(0)), 'malformed'],
  ['refuses another order', sequence(small(0), TRUE), 'malformed'],
  ['refuses another tag', tlv(Tag.SET, TRUE), 'malformed'],
]);

table('keyUsage', '2.5.29.15', [
  ['reads the first bit', bits('0780'), {keyUsage: ['digitalSignature']}],
  ['reads several bits', bits('0106'), {keyUsage: ['keyCertSign', 'cRLSign']}],
  ['reads the last bit', bits('070080'), {keyUsage: ['decipherOnly']}],
  ['refuses a bit behind the last', bits('06004 0'.replace(' ', '')), 'malformed'],
  ['refuses no bits', bits('00'), 'malformed'],
  ['refuses trailing zero bits', bits('0080'), 'malformed'],
  ['refuses another tag', octets('80'), 'malformed'],
]);

table('extendedKeyUsage', '2.5.29.37', [
  ['reads every purpose', sequence(oid('1.2.3'), oid('1.2.4')), {extendedKeyUsage: ['1.2.3', '1.2.4']}],
  ['refuses an empty list', sequence(), 'malformed'],
  ['refuses what is no purpose', sequence(small(1)), 'malformed'],
  ['refuses another tag', tlv(Tag.SET, oid('1.2.3')), 'malformed'],
]);

table('subjectAltName', '2.5.29.17', [
  ['reads the names', sequence(DNS), {subjectAltName: [{kind: 'dns', value: 'a.example'}]}],
  ['refuses an empty list', sequence(), 'malformed'],
  ['refuses a malformed name', sequence(text(0x82, '*')), 'malformed'],
]);

table('issuerAltName', '2.5.29.18', [
  ['reads the names', sequence(DNS), {issuerAltName: [{kind: 'dns', value: 'a.example'}]}],
  ['refuses an empty list', sequence(), 'malformed'],
]);

table('subjectKeyIdentifier', '2.5.29.14', [
  ['reads the octets', octets('ab'), {subjectKeyIdentifier: Buffer.of(0xab)}],
  ['refuses none', octets(''), 'malformed'],
  ['refuses another tag', bits('00ab'), 'malformed'],
]);

const ISSUER = tlv(0xa1, DNS);
const SERIAL = hex(0x82, '05');

table('authorityKeyIdentifier', '2.5.29.35', [
  [
    'reads a key identifier',
    sequence(hex(0x80, 'ab')),
    {authorityKeyIdentifier: {keyIdentifier: Buffer.of(0xab), issuer: []}},
  ],
  [
    'reads issuer and serial number',
    sequence(ISSUER, SERIAL),
    {authorityKeyIdentifier: {issuer: [{kind: 'dns', value: 'a.example'}], serialNumber: '5'}},
  ],
  ['may be empty', sequence(), {authorityKeyIdentifier: {issuer: []}}],
  ['refuses an issuer alone', sequence(ISSUER), 'malformed'],
  ['refuses a serial number alone', sequence(SERIAL), 'malformed'],
  ['refuses an empty key identifier', sequence(hex(0x80, '')), 'malformed'],
  ['refuses an empty issuer', sequence(tlv(0xa1), SERIAL), 'malformed'],
  ['refuses another order', sequence(SERIAL, ISSUER), 'malformed'],
  ['refuses another tag', octets(''), 'malformed'],
]);

table('certificatePolicies', '2.5.29.32', [
  [
    'reads every policy',
    sequence(sequence(oid('1.2.3')), sequence(oid('2.5.29.32.0'))),
    {certificatePolicies: ['1.2.3', '2.5.29.32.0']},
  ],
  [
    'drops qualifiers',
    sequence(sequence(oid('1.2.3'), sequence(sequence(oid('1.3.6.1.5.5.7.2.1'), text(Tag.IA5_STRING, 'http://a/'))))),
    {certificatePolicies: ['1.2.3']},
  ],
  ['refuses an empty list', sequence(), 'malformed'],
  ['refuses a policy twice', sequence(sequence(oid('1.2.3')), sequence(oid('1.2.3'))), 'malformed'],
  ['refuses an empty list of qualifiers', sequence(sequence(oid('1.2.3'), sequence())), 'malformed'],
  [
    'refuses a qualifier without value',
    sequence(sequence(oid('1.2.3'), sequence(sequence(oid('1.2.4'))))),
    'malformed',
  ],
  [
    'refuses a qualifier with two values',
    sequence(sequence(oid('1.2.3'), sequence(sequence(oid('1.2.4'), NULL, NULL)))),
    'malformed',
  ],
  [
    'refuses a qualifier that is not DER all the way down',
    sequence(sequence(oid('1.2.3'), sequence(sequence(oid('1.2.4'), hex(Tag.SEQUENCE, '0480'))))),
    'malformed',
  ],
  ['refuses something behind a policy', sequence(sequence(oid('1.2.3'), NULL)), 'malformed'],
  ['refuses another tag', tlv(Tag.SET), 'malformed'],
]);

table('policyMappings', '2.5.29.33', [
  [
    'reads every pair',
    sequence(sequence(oid('1.2.3'), oid('1.2.4')), sequence(oid('1.2.3'), oid('1.2.5'))),
    {
      policyMappings: [
        {issuerDomain: '1.2.3', subjectDomain: '1.2.4'},
        {issuerDomain: '1.2.3', subjectDomain: '1.2.5'},
      ],
    },
  ],
  ['refuses an empty list', sequence(), 'malformed'],
  ['refuses half a pair', sequence(sequence(oid('1.2.3'))), 'malformed'],
  ['refuses a third policy', sequence(sequence(oid('1.2.3'), oid('1.2.4'), oid('1.2.5'))), 'malformed'],
  ['refuses another tag', tlv(Tag.SET), 'malformed'],
]);

table('policyConstraints', '2.5.29.36', [
  ['reads requireExplicitPolicy', sequence(hex(0x80, '00')), {policyConstraints: {requireExplicitPolicy: 0}}],
  ['reads inhibitPolicyMapping', sequence(hex(0x81, '03')), {policyConstraints: {inhibitPolicyMapping: 3}}],
  [
    'reads both',
    sequence(hex(0x80, '01'), hex(0x81, '02')),
    {policyConstraints: {requireExplicitPolicy: 1, inhibitPolicyMapping: 2}},
  ],
  ['refuses neither', sequence(), 'malformed'],
  ['refuses another order', sequence(hex(0x81, '02'), hex(0x80, '01')), 'malformed'],
  ['refuses a negative number', sequence(hex(0x80, 'ff')), 'malformed'],
  ['refuses a number without content', sequence(hex(0x80, '')), 'malformed'],
  ['refuses another tag', tlv(Tag.SET, hex(0x80, '00')), 'malformed'],
]);

table('inhibitAnyPolicy', '2.5.29.54', [
  ['reads the number', small(2), {inhibitAnyPolicy: 2}],
  ['refuses a negative number', hex(Tag.INTEGER, 'ff'), 'malformed'],
]);

const POINT = {fullName: [{kind: 'uri', value: 'http://a.example/crl'}], crlIssuer: []} as const;

table('cRLDistributionPoints', '2.5.29.31', [
  ['reads full names', sequence(sequence(tlv(0xa0, tlv(0xa0, URI)))), {crlDistributionPoints: [POINT]}],
  [
    'reads reasons',
    sequence(sequence(tlv(0xa0, tlv(0xa0, URI)), hex(0x81, '0560'))),
    {crlDistributionPoints: [{...POINT, reasons: [1, 2]}]},
  ],
  [
    'reads a name relative to the issuer',
    sequence(sequence(tlv(0xa0, tlv(0xa1, sequence(oid('2.5.4.3'), text(Tag.UTF8_STRING, 'a')))))),
    {crlDistributionPoints: [{fullName: [], relativeName: [{type: '2.5.4.3', value: 'a'}], crlIssuer: []}]},
  ],
  [
    'reads a CRL issuer alone',
    sequence(sequence(tlv(0xa2, DNS))),
    {crlDistributionPoints: [{fullName: [], crlIssuer: [{kind: 'dns', value: 'a.example'}]}]},
  ],
  ['refuses an empty list', sequence(), 'malformed'],
  ['refuses an empty point', sequence(sequence()), 'malformed'],
  ['refuses reasons alone', sequence(sequence(hex(0x81, '0560'))), 'malformed'],
  ['refuses an empty name', sequence(sequence(tlv(0xa0))), 'malformed'],
  ['refuses an empty full name', sequence(sequence(tlv(0xa0, tlv(0xa0)))), 'malformed'],
  ['refuses an empty relative name', sequence(sequence(tlv(0xa0, tlv(0xa1)))), 'malformed'],
  ['refuses another choice', sequence(sequence(tlv(0xa0, tlv(0xa2, URI)))), 'malformed'],
  ['refuses two choices', sequence(sequence(tlv(0xa0, tlv(0xa0, URI), tlv(0xa0, URI)))), 'malformed'],
  ['refuses an empty CRL issuer', sequence(sequence(tlv(0xa2))), 'malformed'],
  ['refuses another tag', tlv(Tag.SET), 'malformed'],
]);

table('freshestCRL', '2.5.29.46', [
  ['reads full names', sequence(sequence(tlv(0xa0, tlv(0xa0, URI)))), {freshestCrl: [POINT]}],
  ['refuses an empty list', sequence(), 'malformed'],
]);

const OCSP = '1.3.6.1.5.5.7.48.1';

table('authorityInfoAccess', '1.3.6.1.5.5.7.1.1', [
  [
    'reads method and location',
    sequence(sequence(oid(OCSP), URI)),
    {authorityInfoAccess: [{method: OCSP, location: {kind: 'uri', value: 'http://a.example/crl'}}]},
  ],
  ['refuses an empty list', sequence(), 'malformed'],
  ['refuses a method without location', sequence(sequence(oid(OCSP))), 'malformed'],
  ['refuses two locations', sequence(sequence(oid(OCSP), URI, URI)), 'malformed'],
  ['refuses another tag', tlv(Tag.SET), 'malformed'],
]);

table('noRevAvail', '2.5.29.56', [
  ['is NULL', NULL, {noRevocationAvailable: true}],
  ['refuses content', hex(Tag.NULL, '00'), 'malformed'],
  ['refuses another tag', small(0), 'malformed'],
]);

table('tlsfeature', '1.3.6.1.5.5.7.1.24', [
  ['reads every feature', sequence(small(5), small(17)), {tlsFeatures: [5, 17]}],
  ['refuses a negative feature', sequence(hex(Tag.INTEGER, 'ff')), 'malformed'],
  ['refuses another tag', tlv(Tag.SET), 'malformed'],
]);

describe('a list of extensions', () => {
  it('keeps every extension raw, in order, with its criticality', () => {
    const {all} = parse(extension('1.2.3', small(1)), extension('2.5.29.19', sequence(), TRUE));
    assert.deepEqual(all, [
      {oid: '1.2.3', critical: false, value: small(1)},
      {oid: '2.5.29.19', critical: true, value: sequence()},
    ]);
  });

  it('lists the critical ones it does not understand and no others', () => {
    const {unknownCritical} = parse(
      extension('1.2.3', small(1)),
      extension('1.2.4', small(1), TRUE),
      extension('2.5.29.19', sequence(), TRUE),
      extension('1.3.6.1.4.1.11129.2.4.3', NULL, TRUE),
    );
    assert.deepEqual(unknownCritical, ['1.2.4', '1.3.6.1.4.1.11129.2.4.3']);
  });

  it('does not look into an unknown value', () => {
    assert.equal(parse(extension('1.2.3', Buffer.from('no DER'))).all.length, 1);
  });

  it('is frozen', () => {
    const read = parse(extension('2.5.29.37', sequence(oid('1.2.3'))));
    for (const value of [read, read.all, read.all[0], read.unknownCritical, read.extendedKeyUsage, NO_EXTENSIONS])
      assert.ok(Object.isFrozen(value));
  });

  it('says which forbidden character stands in a name', () => {
    assert.equal(
      codeOf(() => parse(extension('2.5.29.17', sequence(text(0x82, 'a.example\0'))))),
      'ERR_MTLS_NAME_FORBIDDEN_CHARACTER',
    );
  });

  it('holds once what certificates have alike, in memory of its own', () => {
    const usage = extension('2.5.29.37', sequence(oid('1.2.3'), oid('1.2.77')));
    const first = parse(usage, extension('1.2.3', small(1)));
    const second = parse(extension('1.2.3', small(2)), usage);
    assert.equal(first.all[0], second.all[1]);
    assert.deepEqual(second.all[1], {oid: '2.5.29.37', critical: false, value: sequence(oid('1.2.3'), oid('1.2.77'))});
    assert.equal(first.extendedKeyUsage, second.extendedKeyUsage);
    assert.deepEqual(second.extendedKeyUsage, ['1.2.3', '1.2.77']);
    assert.notEqual(first.all[1], second.all[0]);
  });

  it('tells apart what differs in criticality alone', () => {
    const usage = sequence(oid('1.2.3'), oid('1.2.78'));
    const criticalities = [extension('2.5.29.37', usage), extension('2.5.29.37', usage, TRUE)].map(
      one => parse(one).all[0]?.critical,
    );
    assert.deepEqual(criticalities, [false, true]);
  });

  it('is not changed by whoever changes the bytes it was read from', () => {
    const bytes = sequence(extension('2.5.29.35', sequence(hex(0x80, 'a1b2c3d4'))));
    parseExtensions(parseDer(bytes));
    const again = Buffer.from(bytes);
    bytes.fill(0);
    const {authorityKeyIdentifier} = parseExtensions(parseDer(again));
    assert.equal(authorityKeyIdentifier?.keyIdentifier?.toString('hex'), 'a1b2c3d4');
  });

  it('reads one that is too long to be held', () => {
    const purposes = Array.from({length: 200}, (_, index) => oid(`1.2.${index + 1}`));
    const long = extension('2.5.29.37', sequence(...purposes));
    assert.equal(parse(long).extendedKeyUsage?.length, 200);
    assert.notEqual(parse(long).all[0], parse(long).all[0]);
  });

  it('is refused each time for the same malformed extension', () => {
    const read = (): Extensions => parse(extension('2.5.29.37', sequence()));
    assert.equal(codeOf(read), EXTENSION_MALFORMED);
    assert.equal(codeOf(read), EXTENSION_MALFORMED);
  });

  it('keeps the cause of a malformed extension', () => {
    assert.throws(
      () => parse(extension('2.5.29.17', sequence())),
      (error: Error) => error.cause instanceof Error && error.cause.message.includes('1 to 1024 names'),
    );
  });

  const VECTORS: readonly (readonly [string, readonly Buffer[], string | undefined])[] = [
    ['accepts two extensions', [extension('1.2.3', NULL), extension('1.2.4', NULL)], undefined],
    [
      'refuses one twice',
      [extension('1.2.3', NULL), extension('1.2.4', NULL), extension('1.2.3', small(1))],
      'ERR_MTLS_EXTENSION_DUPLICATE',
    ],
    ['refuses an empty list', [], 'ERR_MTLS_CERTIFICATE_MALFORMED'],
    ['refuses critical FALSE written out', [extension('1.2.3', NULL, FALSE)], EXTENSION_MALFORMED],
    ['refuses critical as 01', [extension('1.2.3', NULL, hex(Tag.BOOLEAN, '01'))], EXTENSION_MALFORMED],
    ['refuses an extension without value', [sequence(oid('1.2.3'))], EXTENSION_MALFORMED],
    ['refuses a value in another tag', [sequence(oid('1.2.3'), NULL)], EXTENSION_MALFORMED],
    ['refuses something behind the value', [sequence(oid('1.2.3'), octets(''), NULL)], EXTENSION_MALFORMED],
    ['refuses an extension without OID', [sequence(octets(''))], 'ERR_MTLS_DER'],
    ['refuses an extension that is no sequence', [oid('1.2.3')], 'ERR_MTLS_DER'],
    [
      'refuses bytes behind a known value',
      [extension('2.5.29.54', Buffer.concat([small(1), NULL]))],
      EXTENSION_MALFORMED,
    ],
    ['refuses a known extension without content', [extension('2.5.29.17', Buffer.alloc(0))], EXTENSION_MALFORMED],
  ];
  for (const [name, list, code] of VECTORS)
    it(name, () => {
      assert.equal(
        codeOf(() => parse(...list)),
        code,
      );
    });

  it('is read raw without looking into known values', () => {
    const raw = parseRawExtensions(parseDer(sequence(extension('2.5.29.17', NULL))));
    assert.deepEqual(raw, [{oid: '2.5.29.17', critical: false, value: NULL}]);
    assert.equal(
      codeOf(() => parseRawExtensions(parseDer(small(1)))),
      'ERR_MTLS_DER',
    );
  });
});
