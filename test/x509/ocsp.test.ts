import assert from 'node:assert/strict';
import {createAuthority} from '../../src/pki/authority';
import {
  context,
  enumerated,
  generalizedTime,
  implicit,
  integer,
  NULL,
  octetString,
  oid,
  sequence,
  time,
} from '../../src/pki/der';
import {encodeOcspError} from '../../src/pki/ocsp';
import {parseOcspRequest} from '../../src/pki/ocsp-request';
import {MtlsError} from '../../src/errors';
import {parseCertificate} from '../../src/x509/certificate';
import {parseOcspResponse} from '../../src/x509/ocsp';
import {encodeOcspRequest} from '../../src/x509/ocsp-request';

const authority = createAuthority({subject: {commonName: 'CA'}});
const now = new Date('2026-03-01T12:00:00Z');
const BASIC = '1.3.6.1.5.5.7.48.1.1';
const ALGORITHM = sequence(oid('1.2.840.10045.4.3.2'));
const BITS = Buffer.from('030200ff', 'hex');
const CERT_ID = sequence(
  sequence(oid('1.3.14.3.2.26'), NULL),
  octetString(Buffer.alloc(20)),
  octetString(Buffer.alloc(20)),
  integer(5),
);
const GOOD = implicit(0, Buffer.alloc(0));
const BY_KEY = context(2, octetString(Buffer.alloc(20)));

interface Parts {
  readonly status?: Buffer;
  readonly responder?: Buffer;
  readonly thisUpdate?: Buffer;
  readonly type?: string;
  readonly bits?: Buffer;
  readonly behind?: readonly Buffer[];
  readonly outer?: readonly Buffer[];
}

function responseOf({
  status = GOOD,
  responder = BY_KEY,
  thisUpdate = generalizedTime(now),
  type = BASIC,
  bits = BITS,
  behind = [],
  outer,
}: Parts = {}): Buffer {
  const single = sequence(CERT_ID, status, thisUpdate);
  const data = sequence(responder, generalizedTime(now), sequence(single));
  const basic = sequence(data, ALGORITHM, bits, ...behind);
  return sequence(...(outer ?? [enumerated(0), context(0, sequence(oid(type), octetString(basic)))]));
}

function codeOf(der: Buffer): string {
  try {
    parseOcspResponse(der);
    return 'parsed';
  } catch (error) {
    assert.ok(error instanceof MtlsError);
    return error.code;
  }
}

describe('parseOcspResponse', () => {
  const ROWS: readonly (readonly [string, Parts, string])[] = [
    ['the least there can be', {}, 'parsed'],
    ['a revocation without reason', {status: context(1, generalizedTime(now))}, 'parsed'],
    ['a revocation with a reason', {status: context(1, generalizedTime(now), context(0, enumerated(1)))}, 'parsed'],
    [
      'a revocation with a reason there is not',
      {status: context(1, generalizedTime(now), context(0, enumerated(7)))},
      'ERR_MTLS_CRL_MALFORMED',
    ],
    ['a revocation in UTCTime', {status: context(1, time(now))}, 'ERR_MTLS_OCSP_MALFORMED'],
    ['unknown', {status: implicit(2, Buffer.alloc(0))}, 'parsed'],
    ['a good status with content', {status: implicit(0, Buffer.of(1))}, 'ERR_MTLS_OCSP_MALFORMED'],
    ['a fourth status', {status: implicit(3, Buffer.alloc(0))}, 'ERR_MTLS_OCSP_MALFORMED'],
    ['thisUpdate in UTCTime', {thisUpdate: time(now)}, 'ERR_MTLS_OCSP_MALFORMED'],
    ['a responder by name', {responder: context(1, authority.name)}, 'parsed'],
    [
      'a responder by a short key hash',
      {responder: context(2, octetString(Buffer.alloc(19)))},
      'ERR_MTLS_OCSP_MALFORMED',
    ],
    ['a responder by neither', {responder: context(3, authority.name)}, 'ERR_MTLS_OCSP_MALFORMED'],
    ['another type of response', {type: '1.2.3'}, 'ERR_MTLS_OCSP_MALFORMED'],
    ['a signature with unused bits', {bits: Buffer.from('030201fe', 'hex')}, 'ERR_MTLS_OCSP_MALFORMED'],
    [
      'eight certificates',
      {behind: [context(0, sequence(...Array.from({length: 8}, () => authority.certificate)))]},
      'parsed',
    ],
    [
      'nine certificates',
      {behind: [context(0, sequence(...Array.from({length: 9}, () => authority.certificate)))]},
      'ERR_MTLS_OCSP_MALFORMED',
    ],
    ['something behind it', {behind: [NULL]}, 'ERR_MTLS_DER'],
    ['success without bytes', {outer: [enumerated(0)]}, 'ERR_MTLS_OCSP_MALFORMED'],
    ['a status there is not', {outer: [enumerated(4)]}, 'ERR_MTLS_OCSP_MALFORMED'],
    ['an error with bytes', {outer: [enumerated(6), context(0, sequence())]}, 'ERR_MTLS_OCSP_MALFORMED'],
  ];
  for (const [name, parts, expected] of ROWS) {
    it(`gives ${expected} for ${name}`, () => {
      assert.equal(codeOf(responseOf(parts)), expected);
    });
  }

  for (const error of ['malformedRequest', 'internalError', 'tryLater', 'sigRequired', 'unauthorized'] as const) {
    it(`reads ${error}`, () => {
      assert.deepEqual(parseOcspResponse(encodeOcspError(error)), {status: error});
    });
  }

  it('refuses an answer that is cut off anywhere', () => {
    const der = authority.answerOcsp({answers: [{certificate: 5n, status: {kind: 'good'}}]});
    for (let length = 0; length < der.length; length++) assert.equal(codeOf(der.subarray(0, length)), 'ERR_MTLS_DER');
  });
});

describe('encodeOcspRequest', () => {
  const issuer = parseCertificate(authority.certificate);
  const subject = (serialNumber: string): ReturnType<typeof parseCertificate> =>
    parseCertificate(authority.issueClient({subject: {commonName: 'c'}, serialNumber}).certificate);

  for (const hash of ['sha1', 'sha256'] as const) {
    for (const serialNumber of ['5', '80', 'ffffffffffffffffffffffffffffffffffff']) {
      it(`is read by the responder of the development CA: ${hash}, serial ${serialNumber}`, () => {
        const nonce = Buffer.alloc(32, 7);
        const request = parseOcspRequest(encodeOcspRequest(subject(serialNumber), issuer, hash, nonce));
        assert.equal(request.certificates[0]?.serialNumber, serialNumber);
        assert.ok(request.nonce?.equals(nonce));
        assert.equal(
          parseOcspRequest(encodeOcspRequest(subject(serialNumber), issuer, hash, undefined)).nonce,
          undefined,
        );
      });
    }
  }
});
