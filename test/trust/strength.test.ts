import assert from 'node:assert/strict';
import {generateKeyPairSync} from 'node:crypto';
import {createAuthority} from '../../src/pki/authority';
import {generateKey} from '../../src/pki/keys';
import {isSignedBy} from '../../src/trust/signature';
import {clock, factsOf, testTable} from './fixture';

/** RSA keys take long to make. */
const rsa2048 = generateKey('rsa-2048');
const rsa2047 = generateKey('rsa-2047');
const rsa2056 = generateKey('rsa-2056');
const rsa2050 = generateKey('rsa-2050');
const p256 = generateKey('ecdsa-p256');
const ed25519 = generateKey('ed25519');
const pss2048 = generateKey('rsa-pss-2048');
const exponent3 = generateKeyPairSync('rsa', {modulusLength: 2048, publicExponent: 3}).privateKey;
const dsa = generateKeyPairSync('dsa', {modulusLength: 2048, divisorLength: 256}).publicKey;
const x25519 = generateKeyPairSync('x25519').publicKey;

describe('checkStrength', () => {
  describe('of keys', () => {
    testTable([
      ['RSA with 2048 bits', {client: {key: rsa2048}}, 'accept'],
      ['RSA with 2047 bits', {client: {key: rsa2047}}, 'ERR_MTLS_WEAK_KEY'],
      ['RSA with 2056 bits', {client: {key: rsa2056}}, 'accept'],
      ['RSA with 2050 bits, which are no whole octets', {client: {key: rsa2050}}, 'ERR_MTLS_WEAK_KEY'],
      ['RSA with as many bits as allowed', {client: {key: rsa2056}, policy: {maxRsaBits: 2056}}, 'accept'],
      ['RSA with more bits than allowed', {client: {key: rsa2056}, policy: {maxRsaBits: 2048}}, 'ERR_MTLS_WEAK_KEY'],
      ['RSA with exponent 3', {client: {key: exponent3}}, 'ERR_MTLS_WEAK_KEY'],
      ['an RSA-PSS key', {client: {key: pss2048}}, 'accept'],
      ['a DSA key', {client: {key: dsa}}, 'ERR_MTLS_WEAK_KEY'],
      ['an X25519 key', {client: {key: x25519}}, 'ERR_MTLS_WEAK_KEY'],
      ['P-384', {client: {key: 'ecdsa-p384'}}, 'accept'],
      ['P-521', {client: {key: 'ecdsa-p521'}}, 'accept'],
      ['P-192', {client: {key: 'ecdsa-p192'}}, 'ERR_MTLS_WEAK_KEY'],
      ['P-224', {client: {key: 'ecdsa-p224'}}, 'ERR_MTLS_WEAK_KEY'],
      ['secp256k1', {client: {key: 'ecdsa-secp256k1'}}, 'ERR_MTLS_WEAK_KEY'],
      ['Ed25519', {client: {key: 'ed25519'}}, 'accept'],
      ['Ed448', {client: {key: 'ed448'}}, 'accept'],
      ['a weak key in an intermediate', {issuing: {key: rsa2047}}, 'ERR_MTLS_WEAK_KEY'],
      ['a weak key in the anchor', {root: {key: rsa2047}}, 'ERR_MTLS_WEAK_KEY'],
      [
        'any RSA key when no limit is a number',
        {client: {key: rsa2048}, policy: {minRsaBits: NaN}},
        'ERR_MTLS_WEAK_KEY',
      ],
    ]);
  });

  describe('of signatures', () => {
    testTable([
      ['RSA with SHA-256', {root: {key: rsa2048}}, 'accept'],
      ['RSA with SHA-384', {root: {key: rsa2048}, issuing: {scheme: 'rsa-pkcs1-sha384'}}, 'accept'],
      ['RSA with SHA-512', {root: {key: rsa2048}, issuing: {scheme: 'rsa-pkcs1-sha512'}}, 'accept'],
      ['RSA with SHA-1', {root: {key: rsa2048}, issuing: {scheme: 'rsa-pkcs1-sha1'}}, 'ERR_MTLS_WEAK_SIGNATURE'],
      ['RSA with MD5', {root: {key: rsa2048}, issuing: {scheme: 'rsa-pkcs1-md5'}}, 'ERR_MTLS_WEAK_SIGNATURE'],
      ['RSA-PSS with SHA-256', {root: {key: rsa2048}, issuing: {scheme: 'rsa-pss-sha256'}}, 'accept'],
      ['RSA-PSS with SHA-384', {root: {key: rsa2048}, issuing: {scheme: 'rsa-pss-sha384'}}, 'accept'],
      ['RSA-PSS with SHA-512', {root: {key: rsa2048}, issuing: {scheme: 'rsa-pss-sha512'}}, 'accept'],
      ['RSA-PSS with SHA-1', {root: {key: rsa2048}, issuing: {scheme: 'rsa-pss-sha1'}}, 'ERR_MTLS_WEAK_SIGNATURE'],
      ['RSA-PSS by a key for nothing else', {root: {key: pss2048}}, 'accept'],
      ['ECDSA with SHA-384', {issuing: {scheme: 'ecdsa-sha384'}}, 'accept'],
      ['ECDSA with SHA-512', {client: {scheme: 'ecdsa-sha512'}}, 'accept'],
      ['ECDSA with SHA-1', {client: {scheme: 'ecdsa-sha1'}}, 'ERR_MTLS_WEAK_SIGNATURE'],
      ['SHA-1 in the signature of an anchor on itself', {root: {scheme: 'ecdsa-sha1'}}, 'accept'],
      ['Ed25519', {issuing: {key: 'ed25519'}}, 'accept'],
      ['Ed448', {issuing: {key: 'ed448'}}, 'accept'],
      [
        'ECDSA that an RSA key shall have made',
        {root: {key: rsa2048}, issuing: {mistakes: {signingKey: p256}}},
        'ERR_MTLS_SIGNATURE_INVALID',
      ],
      [
        'RSA that an ECDSA key shall have made',
        {issuing: {mistakes: {signingKey: rsa2048}}},
        'ERR_MTLS_SIGNATURE_INVALID',
      ],
      [
        'RSA with PKCS #1 padding that an RSA-PSS key shall have made',
        {root: {key: pss2048}, issuing: {mistakes: {signingKey: rsa2048}}},
        'ERR_MTLS_SIGNATURE_INVALID',
      ],
      [
        'Ed25519 that an Ed448 key shall have made',
        {issuing: {key: 'ed448'}, client: {mistakes: {signingKey: ed25519}}},
        'ERR_MTLS_SIGNATURE_INVALID',
      ],
      [
        'a signature by another key of the same kind',
        {issuing: {mistakes: {signingKey: p256}}},
        'ERR_MTLS_SIGNATURE_INVALID',
      ],
      ['another content than was signed', {client: {mistakes: {corrupt: 'content'}}}, 'ERR_MTLS_SIGNATURE_INVALID'],
    ]);
  });

  it('refuses a signature of r = s = 0, and an issuer key off its curve', () => {
    const ca = createAuthority({subject: 'Root'}, clock);
    const leaf = factsOf(ca.issueClient({subject: 'alice'}));
    const zero = {...leaf, signature: Buffer.from('3006020100020100', 'hex')};
    assert.equal(isSignedBy(leaf, factsOf(ca)), true);
    assert.equal(isSignedBy(zero, factsOf(ca)), false);
    const {publicKey} = factsOf(ca);
    const spki = Buffer.from(publicKey.spki);
    spki.writeUInt8(spki.readUInt8(spki.length - 1) ^ 1, spki.length - 1);
    assert.equal(isSignedBy(leaf, {...factsOf(ca), publicKey: {...publicKey, spki}}), false);
  });

  it('refuses a signature whose algorithm is not accepted or does not fit the key', () => {
    const ca = createAuthority({subject: 'Root'}, clock);
    const other = createAuthority({subject: 'Root', key: rsa2048}, clock);
    assert.equal(isSignedBy(factsOf(ca.issueClient({subject: 'a', scheme: 'ecdsa-sha1'})), factsOf(ca)), false);
    assert.equal(isSignedBy(factsOf(ca.issueClient({subject: 'a'})), factsOf(other)), false);
  });
});
