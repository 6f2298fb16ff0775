import assert from 'node:assert/strict';
import {MtlsError} from '../../src/errors';
import {context, encode, implicit, integer, oid, sequence, setOf} from '../../src/pki/der';
import {encodeExtensions, encodeExtension} from '../../src/pki/extensions';
import {generateKey, spkiOf} from '../../src/pki/keys';
import {encodeName} from '../../src/pki/names';
import {signed} from '../../src/pki/signed';
import {verifySignature} from '../../src/trust/signature';
import {parseCertificateRequest} from '../../src/x509/certificate-request';

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
const CHALLENGE_PASSWORD = '1.2.840.113549.1.9.7';
const KEY = generateKey('ecdsa-p256');
const NAME = encodeName('alice');

const extensions = sequence(...encodeExtensions({subjectAltNames: ['dns:alice.example']}).map(encodeExtension));
const extensionRequest = sequence(oid(EXTENSION_REQUEST), setOf(extensions));

/** A request that differs from a good one in the parts given. */
function request(parts: {version?: number; attributes?: readonly Buffer[]; behind?: readonly Buffer[]} = {}): Buffer {
  const {version = 0, attributes = [extensionRequest], behind = []} = parts;
  return signed({name: NAME, key: KEY}, {}, () =>
    sequence(integer(version), NAME, spkiOf(KEY), context(0, ...attributes), ...behind),
  );
}

describe('parseCertificateRequest', () => {
  it('reads what is asked for and what was signed', () => {
    const facts = parseCertificateRequest(request());
    assert.equal(facts.subject.rdns[0]?.[0]?.value, 'alice');
    assert.deepEqual(facts.requestedExtensions.subjectAltName, [{kind: 'dns', value: 'alice.example'}]);
    assert.ok(verifySignature(facts.signatureAlgorithm, facts.tbs, facts.signature, facts.publicKey));
  });

  it('takes requests without attributes and passes over those it does not know', () => {
    assert.equal(parseCertificateRequest(request({attributes: []})).requestedExtensions.all.length, 0);
    const password = sequence(oid(CHALLENGE_PASSWORD), setOf(encode(0x0c, Buffer.from('secret'))));
    assert.equal(
      parseCertificateRequest(request({attributes: [password, extensionRequest]})).requestedExtensions.all.length,
      1,
    );
  });

  const MALFORMED: readonly (readonly [string, Buffer])[] = [
    ['another version', request({version: 1})],
    ['two extension requests', request({attributes: [extensionRequest, extensionRequest]})],
    ['no value in the extension request', request({attributes: [sequence(oid(EXTENSION_REQUEST), setOf())]})],
    [
      'two values in the extension request',
      request({attributes: [sequence(oid(EXTENSION_REQUEST), setOf(extensions, sequence(extensions)))]}),
    ],
    ['an attribute without values', request({attributes: [sequence(oid(EXTENSION_REQUEST))]})],
    ['something behind the attributes', request({behind: [integer(1)]})],
    [
      'no attributes field',
      sequence(sequence(integer(0), NAME, spkiOf(KEY)), sequence(oid('1.2.3')), implicit(3, Buffer.alloc(0))),
    ],
    ['a signature of broken octets', withUnusedBits(request())],
  ];
  for (const [name, der] of MALFORMED) {
    it(`refuses ${name}`, () => {
      assert.throws(() => parseCertificateRequest(der), MtlsError);
    });
  }
});

/** Declares one unused bit in the signature, and clears it so that only the declaration is wrong. */
function withUnusedBits(der: Buffer): Buffer {
  const {signature} = parseCertificateRequest(der);
  const copy = Buffer.from(der);
  const start = copy.length - signature.length;
  copy[start - 1] = 1;
  copy.writeUInt8(copy.readUInt8(copy.length - 1) & 0xfe, copy.length - 1);
  return copy;
}
