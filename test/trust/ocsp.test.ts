import assert from 'node:assert/strict';
import {createAuthority} from '../../src/pki/authority';
import type {CertificateSpec} from '../../src/pki/certificate';
import type {Credential} from '../../src/pki/credential';
import type {OcspAnswerSpec, OcspSpec} from '../../src/pki/ocsp';
import type {TrustAnchor} from '../../src/trust/anchor';
import {DEFAULT_OCSP_POLICY, verifyOcspResponse} from '../../src/trust/ocsp';
import type {OcspPolicy, OcspStatement, OcspVerdict} from '../../src/trust/ocsp';
import {OcspAnswers} from '../../src/trust/ocsp-answers';
import type {RevocationView} from '../../src/trust/revocation';
import {parseCertificate} from '../../src/x509/certificate';
import {parseOcspResponse} from '../../src/x509/ocsp';
import type {BasicOcspResponse} from '../../src/x509/ocsp';

const HOUR = 3_600_000;
const now = new Date('2026-03-01T12:00:00Z');
const later = (ms: number): Date => new Date(now.getTime() + ms);
const validity = {notBefore: later(-24 * HOUR), notAfter: later(1000 * HOUR)};
const authority = createAuthority({subject: {commonName: 'CA'}, validity}, () => now);
const issuer = parseCertificate(authority.certificate);
const subject = parseCertificate(
  authority.issueClient({subject: {commonName: 'c'}, serialNumber: 5n, validity}).certificate,
);
const anchor: TrustAnchor = {name: 'ca', certificate: issuer, authority: {}};
const viewOf = (status: 'good' | 'unknown'): RevocationView => ({
  statusOf: () =>
    status === 'good' ? {status, freshUntil: later(HOUR), source: 'test'} : {status, required: 'a CRL', found: 'none'},
});

function basic(spec: Partial<OcspSpec> = {}, ...more: readonly OcspAnswerSpec[]): BasicOcspResponse {
  const answers = [{certificate: 5n, status: {kind: 'good'} as const}, ...more];
  const parsed = parseOcspResponse(authority.answerOcsp({answers, ...spec}));
  assert.ok(parsed.status === 'successful');
  return parsed.basic;
}

function verdictOn(
  response: BasicOcspResponse,
  policy: Partial<OcspPolicy> = {},
  crls = viewOf('unknown'),
  nonce?: Buffer,
): OcspVerdict {
  const question = {subject, issuer, anchor, crls, ...(nonce && {nonce})};
  return verifyOcspResponse(response, question, {...DEFAULT_OCSP_POLICY, ...policy}, now);
}

const answerAt = (thisUpdate: Date, nextUpdate: Date | 'none', producedAt = now): BasicOcspResponse =>
  basic({answers: [{certificate: 5n, status: {kind: 'good'}, thisUpdate, nextUpdate}], producedAt});
const responderWith = (spec: Partial<CertificateSpec>): Credential =>
  authority.issueOcspResponder({subject: {commonName: 'Responder'}, validity, ...spec});

describe('verifyOcspResponse', () => {
  const ROWS: readonly (readonly [string, () => OcspVerdict, 'accept' | 'refuse'])[] = [
    ['an answer of the CA', () => verdictOn(basic()), 'accept'],
    ['an answer with SHA-256 in its CertID', () => verdictOn(basic({hash: 'sha256'})), 'accept'],
    ['an answer of the CA by name', () => verdictOn(basic({responderName: {commonName: 'CA'}})), 'accept'],
    ['an answer of somebody by another name', () => verdictOn(basic({responderName: {commonName: 'Other'}})), 'refuse'],
    ['an answer among others', () => verdictOn(basic({}, {certificate: 6n, status: {kind: 'good'}})), 'accept'],
    [
      'two answers about the certificate',
      () => verdictOn(basic({}, {certificate: 5n, status: {kind: 'good'}})),
      'refuse',
    ],
    [
      'no answer about the certificate',
      () => verdictOn(basic({answers: [{certificate: 6n, status: {kind: 'good'}}]})),
      'refuse',
    ],
    ['thisUpdate at the end of the skew', () => verdictOn(answerAt(later(60_000), later(HOUR))), 'accept'],
    ['thisUpdate beyond the skew', () => verdictOn(answerAt(later(61_000), later(HOUR))), 'refuse'],
    ['producedAt beyond the skew', () => verdictOn(answerAt(now, later(HOUR), later(61_000))), 'refuse'],
    ['nextUpdate now', () => verdictOn(answerAt(later(-HOUR), now)), 'accept'],
    ['nextUpdate a second ago', () => verdictOn(answerAt(later(-HOUR), later(-1000))), 'refuse'],
    [
      'nextUpdate a second ago, inside a grace',
      () => verdictOn(answerAt(later(-HOUR), later(-1000)), {grace: {hours: 1, until: later(HOUR)}}),
      'accept',
    ],
    ['nextUpdate before thisUpdate', () => verdictOn(answerAt(now, later(-1000))), 'refuse'],
    ['no nextUpdate, an hour old', () => verdictOn(answerAt(later(-HOUR), 'none')), 'accept'],
    ['no nextUpdate, older than an hour', () => verdictOn(answerAt(later(-HOUR - 1000), 'none')), 'refuse'],
    ['a delegated responder', () => verdictOn(basic({responder: responderWith({})})), 'accept'],
    [
      'a delegated responder without nocheck that a CRL calls good',
      () => verdictOn(basic({responder: responderWith({without: ['ocspNoCheck']})}), {}, viewOf('good')),
      'accept',
    ],
    [
      'a delegated responder without nocheck that no CRL covers',
      () => verdictOn(basic({responder: responderWith({without: ['ocspNoCheck']})})),
      'refuse',
    ],
    [
      'a delegated responder that is not valid yet',
      () => verdictOn(basic({responder: responderWith({validity: {notBefore: later(1000), notAfter: later(HOUR)}})})),
      'refuse',
    ],
    [
      'a delegated responder that has ended',
      () => verdictOn(basic({responder: responderWith({validity: {notBefore: later(-HOUR), notAfter: later(-1000)}})})),
      'refuse',
    ],
    [
      'a delegated responder that may not sign',
      () => verdictOn(basic({responder: responderWith({keyUsage: ['keyAgreement']})})),
      'refuse',
    ],
    [
      'a delegated responder with an unknown critical extension',
      () =>
        verdictOn(
          basic({
            responder: responderWith({
              otherExtensions: [{oid: '1.2.3.4', critical: true, value: Buffer.from('0500', 'hex')}],
            }),
          }),
        ),
      'refuse',
    ],
    [
      'a responder whose certificate does not parse',
      () => verdictOn(basic({responder: responderWith({}), certificates: [Buffer.from('3000', 'hex')]})),
      'refuse',
    ],
    [
      'a responder whose certificate is missing',
      () => verdictOn(basic({responder: responderWith({}), certificates: []})),
      'refuse',
    ],
    [
      'our nonce',
      () => verdictOn(basic({nonce: Buffer.alloc(32, 1)}), {nonce: 'required'}, viewOf('unknown'), Buffer.alloc(32, 1)),
      'accept',
    ],
    [
      'another nonce',
      () => verdictOn(basic({nonce: Buffer.alloc(32, 2)}), {}, viewOf('unknown'), Buffer.alloc(32, 1)),
      'refuse',
    ],
    ['a nonce nobody asked for', () => verdictOn(basic({nonce: Buffer.alloc(32, 2)})), 'accept'],
    ['a critical extension it does not know', () => verdictOn({...basic(), unknownCritical: ['1.2.3.4']}), 'refuse'],
    [
      'a critical extension in the answer about the certificate',
      () => {
        const response = basic();
        return verdictOn({
          ...response,
          responses: response.responses.map(one => ({...one, unknownCritical: ['1.2.3.4']})),
        });
      },
      'refuse',
    ],
  ];
  for (const [name, verdict, expected] of ROWS) {
    it(`says ${expected} to ${name}`, () => {
      assert.equal(verdict().verdict, expected);
    });
  }

  it('lets a statement end with the certificate of the responder', () => {
    const notAfter = later(60_000);
    const responder = responderWith({validity: {notBefore: later(-HOUR), notAfter}});
    const verdict = verdictOn(basic({responder}));
    assert.deepEqual(verdict.verdict === 'accept' && verdict.statement.nextUpdate, notAfter);
  });
});

describe('OcspAnswers', () => {
  const statement = (status: OcspStatement['status']): OcspStatement => ({
    status,
    thisUpdate: now,
    nextUpdate: later(HOUR),
    usableFrom: later(-60_000),
    usableUntil: later(HOUR),
  });
  const about = {subject, issuer, anchor};
  const answers = new OcspAnswers(2);
  beforeEach(() => {
    answers.put({about, statement: statement({kind: 'good'}), receivedAtMs: now.getTime()});
  });

  for (const [at, expected] of [
    [later(-60_001), 'unknown'],
    [later(-60_000), 'good'],
    [later(HOUR), 'good'],
    [later(HOUR + 1), 'unknown'],
  ] as const) {
    it(`says ${expected} at ${at.toISOString()}, wherever the clock was set`, () => {
      assert.equal(answers.statusOf(subject, issuer, anchor, at).status, expected);
    });
  }

  it('says revoked at any time where the last answer did', () => {
    const revoked = statement({kind: 'revoked', since: later(-HOUR), reason: 'keyCompromise'});
    answers.put({about, statement: revoked, receivedAtMs: now.getTime()});
    for (const at of [later(-60_001), now, later(HOUR + 1)])
      assert.equal(answers.statusOf(subject, issuer, anchor, at).status, 'revoked');
  });

  it('says unknown where the responder does not know', () => {
    answers.put({about, statement: statement({kind: 'unknown'}), receivedAtMs: now.getTime()});
    assert.equal(answers.statusOf(subject, issuer, anchor, now).status, 'unknown');
  });

  it('drops what was unused for longest', () => {
    const others = [issuer, parseCertificate(createAuthority({subject: {commonName: 'X'}}).certificate)].map(one => ({
      ...about,
      subject: one,
    }));
    const [first, second] = others;
    assert.ok(first && second);
    answers.put({about: first, statement: statement({kind: 'good'}), receivedAtMs: 0});
    answers.statusOf(subject, issuer, anchor, now);
    answers.put({about: second, statement: statement({kind: 'good'}), receivedAtMs: now.getTime()});
    assert.equal(answers.get(first), undefined);
    assert.ok(answers.get(about));
    assert.equal(answers.usedSince(now.getTime()).length, 2);
    assert.equal(answers.usedSince(now.getTime() + 1).length, 0);
  });
});
