import assert from 'node:assert/strict';
import {generateKeyPairSync} from 'node:crypto';
import type {KeyObject} from 'node:crypto';
import {parseSignatureAlgorithm} from '../../src/x509/algorithm';
import {parseDer, Tag} from '../../src/x509/der';
import {parsePublicKey} from '../../src/x509/public-key';
import {codeOf} from './code-of';
import {hex, oid, sequence, small, tlv} from './der-writer';

const DER = 'ERR_MTLS_DER';
const MALFORMED = 'ERR_MTLS_CERTIFICATE_MALFORMED';

const RSA = '1.2.840.113549.1.1.1';
const RSA_PSS = '1.2.840.113549.1.1.10';
const EC = '1.2.840.10045.2.1';
const P256 = '1.2.840.10045.3.1.7';
const P521 = '1.3.132.0.35';
const ED25519 = '1.3.101.112';
const ED448 = '1.3.101.113';
const NULL = tlv(Tag.NULL);

function spki(algorithm: readonly Buffer[], keyBits: Buffer, unusedBits = 0): Buffer {
  return sequence(sequence(...algorithm), tlv(Tag.BIT_STRING, Buffer.of(unusedBits), keyBits));
}

function rsa(modulus: string, exponent: string): Buffer {
  return spki([oid(RSA), NULL], sequence(hex(Tag.INTEGER, modulus), hex(Tag.INTEGER, exponent)));
}

function ec(curve: string, point: string): Buffer {
  return spki([oid(EC), oid(curve)], Buffer.from(point, 'hex'));
}

function der(key: KeyObject): Buffer {
  return key.export({type: 'spki', format: 'der'});
}

const FIELD = '11'.repeat(32);

describe('a public key that OpenSSL wrote', () => {
  const KEYS: readonly (readonly [string, KeyObject, object])[] = [
    [
      'RSA',
      generateKeyPairSync('rsa', {modulusLength: 2048}).publicKey,
      {kind: 'rsa', algorithm: RSA, bits: 2048, exponent: 65537n},
    ],
    [
      'RSA of an odd size',
      generateKeyPairSync('rsa', {modulusLength: 1025, publicExponent: 3}).publicKey,
      {kind: 'rsa', algorithm: RSA, bits: 1025, exponent: 3n},
    ],
    [
      'RSA-PSS',
      generateKeyPairSync('rsa-pss', {modulusLength: 2048, hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha256'})
        .publicKey,
      {kind: 'rsa-pss', algorithm: RSA_PSS, bits: 2048, exponent: 65537n},
    ],
    [
      'P-256',
      generateKeyPairSync('ec', {namedCurve: 'P-256'}).publicKey,
      {kind: 'ec', algorithm: EC, bits: 256, curve: P256},
    ],
    [
      'P-521',
      generateKeyPairSync('ec', {namedCurve: 'P-521'}).publicKey,
      {kind: 'ec', algorithm: EC, bits: 521, curve: P521},
    ],
    [
      'P-256 with explicit parameters',
      generateKeyPairSync('ec', {namedCurve: 'P-256', paramEncoding: 'explicit'}).publicKey,
      {kind: 'unknown', algorithm: EC, bits: 0},
    ],
    ['Ed25519', generateKeyPairSync('ed25519').publicKey, {kind: 'ed25519', algorithm: ED25519, bits: 256}],
    ['Ed448', generateKeyPairSync('ed448').publicKey, {kind: 'ed448', algorithm: ED448, bits: 456}],
    [
      'DSA',
      generateKeyPairSync('dsa', {modulusLength: 1024, divisorLength: 160}).publicKey,
      {kind: 'unknown', algorithm: '1.2.840.10040.4.1', bits: 0},
    ],
    ['X25519', generateKeyPairSync('x25519').publicKey, {kind: 'unknown', algorithm: '1.3.101.110', bits: 0}],
  ];
  for (const [name, key, expected] of KEYS)
    it(`is read: ${name}`, () => {
      const {spki: bytes, keyBits, ...facts} = parsePublicKey(parseDer(der(key)));
      assert.deepEqual(facts, expected);
      assert.deepEqual(bytes, der(key));
      assert.deepEqual(keyBits, der(key).subarray(-keyBits.length));
    });
});

describe('a public key as bytes', () => {
  const VECTORS: readonly (readonly [string, Buffer, string | undefined])[] = [
    ['accepts a modulus with its sign octet', rsa('00c1', '03'), undefined],
    ['refuses a negative modulus', rsa('c1', '03'), MALFORMED],
    ['refuses a zero modulus', rsa('00', '03'), MALFORMED],
    ['refuses a padded modulus', rsa('0041', '03'), DER],
    ['refuses a zero exponent', rsa('41', '00'), MALFORMED],
    ['refuses a negative exponent', rsa('41', 'ff'), MALFORMED],
    ['refuses a third number in an RSA key', spki([oid(RSA), NULL], sequence(small(65), small(3), small(1))), DER],
    [
      'refuses bytes behind an RSA key',
      spki([oid(RSA), NULL], Buffer.concat([sequence(small(65), small(3)), NULL])),
      DER,
    ],
    ['refuses an RSA key without parameters', spki([oid(RSA)], sequence(small(65), small(3))), MALFORMED],
    ['refuses other parameters of an RSA key', spki([oid(RSA), small(1)], sequence(small(65), small(3))), MALFORMED],
    ['accepts an RSA-PSS key without parameters', spki([oid(RSA_PSS)], sequence(small(65), small(3))), undefined],
    ['accepts an uncompressed point', ec(P256, `04${FIELD}${FIELD}`), undefined],
    ['accepts a compressed point', ec(P256, `02${FIELD}`), undefined],
    ['accepts the other compressed point', ec(P256, `03${FIELD}`), undefined],
    ['refuses a hybrid point', ec(P256, `06${FIELD}${FIELD}`), MALFORMED],
    ['refuses the point at infinity', ec(P256, '00'), MALFORMED],
    ['refuses a point that is too short', ec(P256, `04${FIELD}${FIELD.slice(2)}`), MALFORMED],
    ['refuses a point that is too long', ec(P256, `04${FIELD}${FIELD}11`), MALFORMED],
    ['refuses a compressed point of full length', ec(P256, `02${FIELD}${FIELD}`), MALFORMED],
    ['refuses an EC key without a point', ec(P256, ''), MALFORMED],
    ['refuses an EC key without parameters', spki([oid(EC)], Buffer.of(4)), MALFORMED],
    ['refuses an Ed25519 key with parameters', spki([oid(ED25519), NULL], Buffer.alloc(32)), MALFORMED],
    ['refuses an Ed25519 key of 31 octets', spki([oid(ED25519)], Buffer.alloc(31)), MALFORMED],
    ['refuses an Ed448 key of 56 octets', spki([oid(ED448)], Buffer.alloc(56)), MALFORMED],
    ['refuses a key that is no whole octets', spki([oid(ED25519)], Buffer.alloc(32), 1), MALFORMED],
    ['refuses two parameters', spki([oid(RSA), NULL, NULL], sequence(small(65), small(3))), DER],
    ['refuses a key without algorithm', sequence(sequence(), hex(Tag.BIT_STRING, '00')), DER],
    ['refuses something behind the key', sequence(sequence(oid('1.2')), hex(Tag.BIT_STRING, '00'), NULL), DER],
  ];
  for (const [name, input, code] of VECTORS)
    it(name, () => {
      assert.equal(
        codeOf(() => parsePublicKey(parseDer(input))),
        code,
      );
    });

  it('counts the bits of a modulus from its first one', () => {
    const sizes = ['01', '0080', '7f', '0100', '00ff00'].map(modulus => parsePublicKey(parseDer(rsa(modulus, '03'))));
    assert.deepEqual(
      sizes.map(key => key.bits),
      [1, 8, 7, 9, 16],
    );
  });

  it('reads an exponent of any size', () => {
    const key = parsePublicKey(parseDer(rsa('41', '7f'.repeat(40))));
    assert.equal(key.exponent, BigInt(`0x${'7f'.repeat(40)}`));
  });

  it('keeps a curve it does not know, without a size', () => {
    const key = parsePublicKey(parseDer(ec('1.3.132.0.6', '0411')));
    assert.equal(key.kind, 'ec');
    assert.equal(key.curve, '1.3.132.0.6');
    assert.equal(key.bits, 0);
  });

  it('calls implicit curve parameters unknown', () => {
    assert.equal(parsePublicKey(parseDer(spki([oid(EC), NULL], Buffer.of(4)))).kind, 'unknown');
  });
});

describe('a signature algorithm', () => {
  it('keeps its parameters, absent or NULL', () => {
    assert.equal(parseSignatureAlgorithm(parseDer(sequence(oid('1.2.3')))).parameters, undefined);
    assert.deepEqual(parseSignatureAlgorithm(parseDer(sequence(oid('1.2.3'), NULL))).parameters, NULL);
  });

  it('refuses parameters that are not DER all the way down', () => {
    const indefinite = hex(Tag.SEQUENCE, '30800000');
    assert.equal(
      codeOf(() => parseSignatureAlgorithm(parseDer(sequence(oid('1.2.3'), indefinite)))),
      DER,
    );
    assert.equal(
      codeOf(() => parseSignatureAlgorithm(parseDer(sequence(oid('1.2.3'), sequence(sequence(NULL)))))),
      undefined,
    );
  });

  it('refuses what is no AlgorithmIdentifier', () => {
    for (const input of [oid('1.2.3'), sequence(), sequence(NULL), sequence(oid('1.2.3'), NULL, NULL)])
      assert.equal(
        codeOf(() => parseSignatureAlgorithm(parseDer(input))),
        DER,
      );
  });
});
