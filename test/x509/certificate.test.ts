import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {contextTag, parseDer, Tag} from '../../src/x509/der';
import {MAX_CERTIFICATE_BYTES, parseCertificate} from '../../src/x509/certificate';
import {createAuthority} from '../../src/pki/authority';
import {
  certificateWith,
  commonName,
  ECDSA_SHA256,
  extension,
  extensions,
  FALSE,
  NOTHING,
  version,
} from './certificate-parts';
import type {CertificateParts} from './certificate-parts';
import {codeOf} from './code-of';
import {hex, oid, reencode, sequence, small, text, tlv} from './der-writer';

const DER = 'ERR_MTLS_DER';
const MALFORMED = 'ERR_MTLS_CERTIFICATE_MALFORMED';

const UNIQUE_ID = hex(contextTag(1, 'primitive'), '00ff');
const SUBJECT_UNIQUE_ID = hex(contextTag(2, 'primitive'), '00ff');
const UTC = text(Tag.UTC_TIME, '260101000000Z');
const NO_DEFAULT = {version: NOTHING, extensions: NOTHING} as const;

describe('the parts of a certificate', () => {
  type Case = readonly [string, Partial<CertificateParts>, string | undefined];
  const VECTORS: readonly Case[] = [
    ['accepts version 3 with extensions', {}, undefined],
    ['accepts version 3 without extensions', {extensions: NOTHING}, undefined],
    ['accepts version 1 without extensions', NO_DEFAULT, undefined],
    ['accepts version 2 without extensions', {version: version(1), extensions: NOTHING}, undefined],
    ['refuses version 1 with extensions', {version: NOTHING}, MALFORMED],
    ['refuses version 2 with extensions', {version: version(1)}, MALFORMED],
    ['refuses version 1 written out', {version: version(0), extensions: NOTHING}, MALFORMED],
    ['refuses version 4', {version: version(3)}, MALFORMED],
    ['refuses a negative version', {version: tlv(0xa0, hex(Tag.INTEGER, 'ff'))}, DER],
    ['refuses an empty version', {version: tlv(0xa0)}, DER],
    ['refuses two versions in one', {version: tlv(0xa0, small(2), small(2))}, DER],
    ['refuses a missing serial number', {serialNumber: NOTHING}, DER],
    ['accepts a serial number of 64 octets', {serialNumber: hex(Tag.INTEGER, '7f'.repeat(64))}, undefined],
    ['refuses a serial number of 65 octets', {serialNumber: hex(Tag.INTEGER, '7f'.repeat(65))}, MALFORMED],
    ['refuses a padded serial number', {serialNumber: hex(Tag.INTEGER, '0001')}, DER],
    [
      'refuses different algorithms inside and outside',
      {outerAlgorithm: sequence(oid('1.2.840.10045.4.3.3'))},
      MALFORMED,
    ],
    [
      'refuses parameters outside only',
      {outerAlgorithm: sequence(oid('1.2.840.10045.4.3.2'), tlv(Tag.NULL))},
      MALFORMED,
    ],
    ['refuses an empty issuer', {issuer: sequence()}, MALFORMED],
    ['accepts an empty subject', {subject: sequence()}, undefined],
    ['refuses NUL in the issuer', {issuer: commonName('CA\0')}, 'ERR_MTLS_NAME_FORBIDDEN_CHARACTER'],
    ['refuses NUL in the subject', {subject: commonName('a\0')}, 'ERR_MTLS_NAME_FORBIDDEN_CHARACTER'],
    ['refuses one time', {validity: sequence(UTC)}, DER],
    ['refuses three times', {validity: sequence(UTC, UTC, UTC)}, DER],
    ['refuses a validity that is no sequence', {validity: tlv(Tag.SET, UTC, UTC)}, DER],
    ['accepts GeneralizedTime before 2050', {validity: sequence(UTC, text(0x18, '20490101000000Z'))}, undefined],
    ['refuses fractions of a second', {validity: sequence(UTC, text(0x18, '20500101000000.0Z'))}, DER],
    ['refuses a missing key', {publicKey: NOTHING}, DER],
    [
      'accepts unique identifiers in version 3',
      {uniqueIdentifiers: Buffer.concat([UNIQUE_ID, SUBJECT_UNIQUE_ID])},
      undefined,
    ],
    [
      'accepts one unique identifier in version 2',
      {version: version(1), extensions: NOTHING, uniqueIdentifiers: SUBJECT_UNIQUE_ID},
      undefined,
    ],
    ['refuses a unique identifier in version 1', {...NO_DEFAULT, uniqueIdentifiers: UNIQUE_ID}, MALFORMED],
    [
      'refuses unique identifiers in another order',
      {uniqueIdentifiers: Buffer.concat([SUBJECT_UNIQUE_ID, UNIQUE_ID])},
      DER,
    ],
    ['refuses a malformed unique identifier', {uniqueIdentifiers: hex(0x81, '08')}, DER],
    ['refuses an empty list of extensions', {extensions: extensions()}, MALFORMED],
    ['refuses extensions without a list', {extensions: tlv(0xa3)}, DER],
    ['refuses two lists of extensions', {extensions: tlv(0xa3, sequence(), sequence())}, DER],
    ['refuses something behind the extensions', {extensions: Buffer.concat([extensions(), small(1)])}, MALFORMED],
    [
      'refuses a field behind the extensions',
      {extensions: Buffer.concat([extensions(extension('1.2.3', NOTHING)), small(1)])},
      DER,
    ],
    [
      'refuses a malformed known extension',
      {extensions: extensions(extension('2.5.29.19', sequence(FALSE)))},
      'ERR_MTLS_EXTENSION_MALFORMED',
    ],
    [
      'refuses an extension twice',
      {extensions: extensions(extension('1.2.3', NOTHING), extension('1.2.3', NOTHING))},
      'ERR_MTLS_EXTENSION_DUPLICATE',
    ],
    ['refuses a missing signature', {signature: NOTHING}, DER],
    ['refuses a signature of 7 bits', {signature: hex(Tag.BIT_STRING, '0100')}, MALFORMED],
    ['refuses something behind the signature', {signature: Buffer.concat([hex(3, '0000'), small(1)])}, DER],
  ];
  for (const [name, parts, code] of VECTORS)
    it(name, () => {
      assert.equal(
        codeOf(() => parseCertificate(certificateWith(parts))),
        code,
      );
    });

  it('are told as they stand', () => {
    const facts = parseCertificate(certificateWith());
    assert.equal(facts.version, 3);
    assert.equal(facts.serialNumber, '5');
    assert.equal(facts.issuer.comparable, '2.5.4.3=issuer\n');
    assert.equal(facts.subject.comparable, '2.5.4.3=subject\n');
    assert.equal(facts.notBefore.toISOString(), '2026-01-01T00:00:00.000Z');
    assert.equal(facts.notAfter.toISOString(), '2027-01-01T00:00:00.000Z');
    assert.deepEqual(facts.signatureAlgorithm.der, ECDSA_SHA256);
    assert.deepEqual(facts.signature, Buffer.from('3006020101020101', 'hex'));
    assert.deepEqual(facts.subjectAltNames, []);
  });
});

describe('the size of a certificate', () => {
  function certificateOf(bytes: number): Buffer {
    const filler = (size: number): Buffer =>
      certificateWith({extensions: extensions(extension('1.2.3', Buffer.alloc(size)))});
    return filler(60_000 + bytes - filler(60_000).length);
  }

  it('may be 64 KiB and not a byte more', () => {
    assert.equal(MAX_CERTIFICATE_BYTES, 65_536);
    assert.equal(certificateOf(65_536).length, 65_536);
    assert.equal(parseCertificate(certificateOf(65_536)).version, 3);
    assert.equal(
      codeOf(() => parseCertificate(certificateOf(65_537))),
      'ERR_MTLS_CERTIFICATE_TOO_LARGE',
    );
  });
});

describe('certificates of the development CA', () => {
  const root = createAuthority({subject: {organization: 'Clinic', commonName: 'Root'}, pathLength: 1});
  const leaf = root.issueClient({
    subject: {organization: 'Clinic', organizationalUnit: ['Clinicians', 'Staff'], commonName: 'Alice'},
    subjectAltNames: ['uri:spiffe://clinic.example/alice', 'email:alice@clinic.example', 'upn:alice@clinic.example'],
    certificatePolicies: ['1.2.3'],
  });

  for (const [name, der] of [
    ['a root', root.certificate],
    ['a client', leaf.certificate],
  ] as const) {
    const openssl = new X509Certificate(der);
    const facts = parseCertificate(der);

    it(`say of ${name} what OpenSSL says`, () => {
      assert.equal(facts.fingerprint, openssl.fingerprint256.replaceAll(':', '').toLowerCase());
      assert.equal(facts.serialNumber, openssl.serialNumber.toLowerCase().replace(/^0+/, ''));
      assert.equal(facts.notBefore.getTime(), new Date(openssl.validFrom).getTime());
      assert.equal(facts.notAfter.getTime(), new Date(openssl.validTo).getTime());
      assert.equal(facts.extensions.basicConstraints?.ca, openssl.ca);
      assert.deepEqual(facts.publicKey.spki, openssl.publicKey.export({type: 'spki', format: 'der'}));
    });

    it(`re-encode to the same bytes: ${name}`, () => {
      assert.deepEqual(reencode(parseDer(der)), der);
    });
  }

  it('carry identity', () => {
    const facts = parseCertificate(leaf.certificate);
    assert.equal(facts.subject.rdns.length, 4);
    assert.deepEqual(
      facts.subjectAltNames.map(name => name.kind),
      ['uri', 'email', 'upn'],
    );
    assert.deepEqual(facts.extensions.extendedKeyUsage, ['1.3.6.1.5.5.7.3.2']);
    assert.deepEqual(facts.extensions.certificatePolicies, ['1.2.3']);
    assert.equal(facts.issuer.comparable, parseCertificate(root.certificate).subject.comparable);
  });

  it('own their bytes and are frozen', () => {
    const input = Buffer.from(leaf.certificate);
    const facts = parseCertificate(input);
    input.fill(0);
    assert.deepEqual(facts.der, leaf.certificate);
    for (const value of [facts, facts.subject, facts.publicKey, facts.signatureAlgorithm, facts.extensions])
      assert.ok(Object.isFrozen(value));
  });

  it('are read from any array of octets', () => {
    assert.equal(parseCertificate(new Uint8Array(leaf.certificate)).version, 3);
  });
});
