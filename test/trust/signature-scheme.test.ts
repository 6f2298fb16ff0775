import assert from 'node:assert/strict';
import {NULL, context, integer, oid, sequence} from '../../src/pki/der';
import {parseSignatureAlgorithm} from '../../src/x509/algorithm';
import {parseDer} from '../../src/x509/der';
import {signatureSchemeOf} from '../../src/trust/signature-scheme';

const SHA256 = '2.16.840.1.101.3.4.2.1';
const SHA384 = '2.16.840.1.101.3.4.2.2';
const SHA1 = '1.3.14.3.2.26';
const MGF1 = '1.2.840.113549.1.1.8';
const PSS = '1.2.840.113549.1.1.10';
const RSA_SHA256 = '1.2.840.113549.1.1.11';
const ECDSA_SHA256 = '1.2.840.10045.4.3.2';

const schemeOf = (type: string, ...parameters: readonly Buffer[]) =>
  signatureSchemeOf(parseSignatureAlgorithm(parseDer(sequence(oid(type), ...parameters))));

const hash = (type: string) => context(0, sequence(oid(type), NULL));
const mask = (type: string) => context(1, sequence(oid(MGF1), sequence(oid(type), NULL)));
const salt = (bytes: number) => context(2, integer(bytes));

describe('signatureSchemeOf', () => {
  it('takes RSA with NULL or absent parameters and nothing else', () => {
    const scheme = {kind: 'rsa-pkcs1', hash: 'sha256'};
    assert.deepEqual(schemeOf(RSA_SHA256, NULL), scheme);
    assert.deepEqual(schemeOf(RSA_SHA256), scheme);
    assert.equal(schemeOf(RSA_SHA256, sequence()), undefined);
    assert.equal(schemeOf(RSA_SHA256, integer(0)), undefined);
  });

  it('takes ECDSA and EdDSA without parameters only', () => {
    assert.deepEqual(schemeOf(ECDSA_SHA256), {kind: 'ecdsa', hash: 'sha256'});
    assert.equal(schemeOf(ECDSA_SHA256, NULL), undefined);
    assert.deepEqual(schemeOf('1.3.101.112'), {kind: 'ed25519'});
    assert.equal(schemeOf('1.3.101.112', NULL), undefined);
  });

  it('knows no weak and no invented algorithm', () => {
    for (const type of [
      '1.2.840.113549.1.1.4',
      '1.2.840.113549.1.1.5',
      '1.2.840.113549.1.1.14',
      '1.2.840.10045.4.1',
      '1.2.3',
    ])
      assert.equal(schemeOf(type, NULL), undefined);
  });

  it('takes RSA-PSS with one hash throughout and a salt of at least its size', () => {
    const scheme = {kind: 'rsa-pss', hash: 'sha256', saltBytes: 32};
    assert.deepEqual(schemeOf(PSS, sequence(hash(SHA256), mask(SHA256), salt(32))), scheme);
    assert.deepEqual(schemeOf(PSS, sequence(hash(SHA256), mask(SHA256), salt(222))), {...scheme, saltBytes: 222});
    const bare = context(0, sequence(oid(SHA256)));
    assert.deepEqual(schemeOf(PSS, sequence(bare, mask(SHA256), salt(32))), scheme);
  });

  it('refuses RSA-PSS of every other kind', () => {
    const others = [
      sequence(hash(SHA256), mask(SHA256), salt(31)),
      sequence(hash(SHA256), mask(SHA256)),
      sequence(hash(SHA256), mask(SHA384), salt(32)),
      sequence(hash(SHA384), mask(SHA384), salt(32)),
      sequence(hash(SHA256), salt(32)),
      sequence(mask(SHA256), salt(32)),
      sequence(hash(SHA1), mask(SHA1), salt(20)),
      sequence(hash(SHA256), context(1, sequence(oid('1.2.3'), sequence(oid(SHA256), NULL))), salt(32)),
      sequence(context(0, sequence(oid(SHA256), integer(0))), mask(SHA256), salt(32)),
      sequence(context(0, sequence(oid(SHA256), NULL, NULL)), mask(SHA256), salt(32)),
      sequence(hash(SHA256), mask(SHA256), salt(32), context(3, integer(2))),
      sequence(hash(SHA256), mask(SHA256), context(2, NULL)),
      sequence(),
      NULL,
    ];
    for (const parameters of others) assert.equal(schemeOf(PSS, parameters), undefined, parameters.toString('hex'));
    assert.equal(schemeOf(PSS), undefined);
  });
});
