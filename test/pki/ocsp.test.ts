import assert from 'node:assert/strict';
import {createPublicKey, verify} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createAuthority} from '../../src/pki/authority';
import {context, encode, octetString, oid, sequence} from '../../src/pki/der';
import {encodeOcspError} from '../../src/pki/ocsp';
import type {OcspError, OcspSpec} from '../../src/pki/ocsp';
import {parseOcspRequest} from '../../src/pki/ocsp-request';
import {answerOcspRequest} from '../../src/pki/responder';
import {parseCertificate} from '../../src/x509/certificate';
import {Tag} from '../../src/x509/der';
import {parseOcspResponse} from '../../src/x509/ocsp';
import type {BasicOcspResponse} from '../../src/x509/ocsp';
import {encodeOcspRequest} from '../../src/x509/ocsp-request';
import {hasOpenssl, openssl, withFolder} from './openssl';

const NOW = new Date('2026-11-23T12:00:00Z');
const EARLIER = new Date('2026-11-22T12:00:00Z');
const root = createAuthority({subject: 'Root'}, () => NOW);
const other = createAuthority({subject: 'Other'}, () => NOW);
const alice = root.issueClient({subject: 'alice', serialNumber: 'a1'});

function basic(der: Buffer): BasicOcspResponse {
  const response = parseOcspResponse(der);
  assert.ok(response.status === 'successful');
  return response.basic;
}

function answer(spec: Partial<OcspSpec> = {}): BasicOcspResponse {
  return basic(root.answerOcsp({answers: [{certificate: 'a1', status: {kind: 'good'}}], ...spec}));
}

describe('OCSP responses', () => {
  it('are signed by the issuer, named by its key, and hold for an hour', () => {
    const {responderId, producedAt, responses, tbs, signature, certificates, nonce} = answer();
    assert.deepEqual(responderId, {kind: 'key', hash: root.keyIdentifier});
    assert.equal(producedAt.getTime(), NOW.getTime());
    assert.equal(responses[0]?.certId.serialNumber, 'a1');
    assert.deepEqual(responses[0].status, {kind: 'good'});
    assert.equal(responses[0].thisUpdate.getTime(), NOW.getTime());
    assert.equal(responses[0].nextUpdate?.getTime(), NOW.getTime() + 3_600_000);
    assert.deepEqual(certificates, []);
    assert.equal(nonce, undefined);
    assert.ok(verify('sha256', tbs, createPublicKey(root.key), signature));
  });

  it('tell revoked and unknown', () => {
    const {responses} = answer({
      answers: [
        {certificate: 1n, status: {kind: 'revoked', since: EARLIER, reason: 'keyCompromise'}},
        {certificate: 2n, status: {kind: 'revoked', since: EARLIER}, nextUpdate: 'none'},
        {certificate: 3n, status: {kind: 'unknown'}, thisUpdate: EARLIER, nextUpdate: NOW},
      ],
    });
    assert.deepEqual(responses[0]?.status, {kind: 'revoked', since: EARLIER, reason: 'keyCompromise'});
    assert.deepEqual(responses[1]?.status, {kind: 'revoked', since: EARLIER, reason: 'unspecified'});
    assert.equal(responses[1].nextUpdate, undefined);
    assert.deepEqual(responses[2]?.status, {kind: 'unknown'});
    assert.equal(responses[2].thisUpdate.getTime(), EARLIER.getTime());
    assert.equal(responses[2].nextUpdate?.getTime(), NOW.getTime());
  });

  it('are signed by a delegated responder whose certificate goes along', () => {
    const responder = root.issueOcspResponder({subject: 'responder'});
    const {certificates, tbs, signature} = answer({responder});
    assert.deepEqual(certificates, [responder.certificate]);
    assert.ok(verify('sha256', tbs, createPublicKey(responder.key), signature));
  });

  it('carry nonce, name, other certificates and dates as told', () => {
    const nonce = Buffer.alloc(32, 7);
    const read = answer({nonce, responderName: 'Root', certificates: [other.certificate], producedAt: EARLIER});
    assert.deepEqual(read.nonce, nonce);
    assert.equal(read.responderId.kind, 'name');
    assert.deepEqual(read.certificates, [other.certificate]);
    assert.equal(read.producedAt.getTime(), EARLIER.getTime());
  });

  it('do not verify when another key signs or a bit is wrong', () => {
    for (const mistakes of [{signingKey: other.key}, {corrupt: 'signature'}, {corrupt: 'content'}] as const) {
      const {tbs, signature} = answer({mistakes, nonce: Buffer.alloc(8)});
      assert.equal(verify('sha256', tbs, createPublicKey(root.key), signature), false);
    }
  });

  const ERRORS: readonly OcspError[] = ['malformedRequest', 'internalError', 'tryLater', 'sigRequired', 'unauthorized'];
  for (const error of ERRORS)
    it(`report ${error} without a signature`, () => {
      assert.deepEqual(parseOcspResponse(encodeOcspError(error)), {status: error});
    });
});

describe('answering OCSP requests', () => {
  const authorities = [
    {authority: other, statusOf: () => ({kind: 'unknown'}) as const},
    {
      authority: root,
      statusOf: (serialNumber: string) =>
        serialNumber === 'a1' ? ({kind: 'good'} as const) : ({kind: 'unknown'} as const),
    },
  ];
  const request = (hash: 'sha1' | 'sha256', nonce?: Buffer) =>
    encodeOcspRequest(parseCertificate(alice.certificate), parseCertificate(root.certificate), hash, nonce);

  for (const hash of ['sha1', 'sha256'] as const)
    it(`answers a question by ${hash}, repeating the nonce and the CertID`, () => {
      const nonce = Buffer.alloc(128, 3);
      const read = basic(answerOcspRequest(request(hash, nonce), authorities));
      assert.deepEqual(read.nonce, nonce);
      assert.deepEqual(read.responses[0]?.status, {kind: 'good'});
      assert.ok(verify('sha256', read.tbs, createPublicKey(root.key), read.signature));
    });

  it('leaves the nonce out when there is none or it is too long', () => {
    assert.equal(basic(answerOcspRequest(request('sha1'), authorities)).nonce, undefined);
    const long = request('sha1', Buffer.alloc(129));
    assert.equal(basic(answerOcspRequest(long, authorities)).nonce, undefined);
  });

  it('is not authorised to speak about the certificates of others', () => {
    assert.deepEqual(parseOcspResponse(answerOcspRequest(request('sha1'), authorities.slice(0, 1))), {
      status: 'unauthorized',
    });
  });

  it('is not authorised when it does not know the hash function', () => {
    const [certificate] = parseOcspRequest(request('sha1')).certificates;
    assert.ok(certificate);
    const id = sequence(
      sequence(oid('1.2.3')),
      octetString(Buffer.of(1)),
      octetString(Buffer.of(1)),
      Buffer.of(2, 1, 1),
    );
    const unknown = sequence(sequence(sequence(sequence(id))));
    assert.deepEqual(parseOcspResponse(answerOcspRequest(unknown, authorities)), {status: 'unauthorized'});
  });

  const MALFORMED: readonly (readonly [string, Buffer])[] = [
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('hello')],
    ['an empty list', sequence(sequence(sequence()))],
    ['trailing bytes', Buffer.concat([request('sha1'), Buffer.of(0)])],
    ['a CertID that is too short', sequence(sequence(sequence(sequence(sequence(sequence(oid('1.2.3')))))))],
  ];
  for (const [name, bytes] of MALFORMED)
    it(`calls ${name} a malformed request`, () => {
      assert.deepEqual(parseOcspResponse(answerOcspRequest(bytes, authorities)), {status: 'malformedRequest'});
    });

  it('skips version, requestor and other extensions', () => {
    const [certificate] = parseOcspRequest(request('sha1')).certificates;
    assert.ok(certificate);
    const extension = sequence(oid('1.2.3'), Buffer.of(1, 1, 0xff), octetString(Buffer.of(5, 0)));
    const full = sequence(
      sequence(
        context(0, encode(Tag.INTEGER, Buffer.of(0))),
        context(1, Buffer.of(0x82, 1, 0x61)),
        sequence(sequence(certificate.der)),
        context(2, sequence(extension)),
      ),
    );
    const read = parseOcspRequest(full);
    assert.equal(read.certificates[0]?.serialNumber, 'a1');
    assert.equal(read.nonce, undefined);
  });
});

if (hasOpenssl)
  describe('openssl ocsp', () => {
    it('verifies a response of a delegated responder', () => {
      withFolder(folder => {
        const now = createAuthority({subject: 'Root'});
        const client = now.issueClient({subject: 'bob', serialNumber: 'b0'});
        const responder = now.issueOcspResponder({subject: 'responder'});
        const status = {kind: 'revoked', since: new Date(), reason: 'superseded'} as const;
        const [ca, certificate, response] = ['ca.pem', 'bob.pem', 'response.der'].map(file => join(folder, file));
        assert.ok(ca && certificate && response);
        writeFileSync(ca, now.pem);
        writeFileSync(certificate, client.pem);
        writeFileSync(response, now.answerOcsp({answers: [{certificate: 'b0', status}], responder}));
        const {text} = openssl('ocsp', '-respin', response, '-issuer', ca, '-cert', certificate, '-CAfile', ca);
        assert.match(text, /Response verify OK/);
        assert.match(text, /bob\.pem: revoked/);
        assert.match(text, /Reason: superseded/);
      });
    });
  });
