import assert from 'node:assert/strict';
import {parseCertificate} from '../../src/x509/certificate';
import type {CertificateFacts} from '../../src/x509/certificate';
import {parseCrl} from '../../src/x509/crl';
import {indexEntries} from '../../src/x509/crl-index';
import {parseDer} from '../../src/x509/der';
import type {DistinguishedName} from '../../src/x509/names';
import {parseOcspResponse} from '../../src/x509/ocsp';
import {decodePem, encodePem, parseCertificates} from '../../src/x509/pem';
import {formatDistinguishedName} from '../../src/x509/rfc4514';
import {runSteps} from '../../src/x509/steps';
import {reencode} from '../x509/der-writer';
import type {Corpus, Samples} from './corpus';

/** A parser under attack. */
export interface Target {
  readonly samples: (corpus: Corpus) => Samples;
  /** Parses and returns what has to hold of the result, to be checked outside the time that is taken. */
  readonly parse: (bytes: Buffer) => () => void;
}

export const TARGETS = {
  certificate: {samples: corpus => corpus.certificates, parse: parseOneCertificate},
  crl: {samples: corpus => corpus.crls, parse: parseOneCrl},
  ocsp: {samples: corpus => corpus.ocspResponses, parse: parseOneResponse},
  pem: {samples: corpus => corpus.certificates, parse: parsePem},
} as const satisfies Readonly<Record<string, Target>>;

export type TargetName = keyof typeof TARGETS;

function parseOneCertificate(bytes: Buffer): () => void {
  const facts = parseCertificate(bytes);
  return () => {
    assert.ok(facts.der.equals(bytes));
    assertCanonical(facts.der);
    assertReadable(facts);
    for (const extension of facts.extensions.all)
      if (!UNREAD.has(extension.oid)) assertCanonicalWhereKnown(facts, extension.oid, extension.value);
  };
}

/** Extensions that the corpus writes and the parser keeps raw. */
const UNREAD = new Set(['1.3.6.1.5.5.7.48.1.5']);

function assertCanonicalWhereKnown(facts: CertificateFacts, oid: string, value: Buffer): void {
  const understood = oid.startsWith('2.5.29.') && !facts.extensions.unknownCritical.includes(oid);
  if (understood && KNOWN.has(oid)) assertCanonical(value);
}

const KNOWN = new Set([14, 15, 17, 18, 19, 30, 31, 32, 33, 35, 36, 37, 46, 54, 56].map(number => `2.5.29.${number}`));

function parseOneCrl(bytes: Buffer): () => void {
  const facts = parseCrl(bytes);
  const index = runSteps(indexEntries(facts.entries, facts.issuer));
  return () => {
    assertCanonical(facts.der);
    assertOneLine(facts.issuer);
    index.find('5', facts.issuer);
  };
}

function parseOneResponse(bytes: Buffer): () => void {
  parseOcspResponse(bytes);
  return () => {
    assertCanonical(bytes);
  };
}

/** The same bytes inside PEM give the same certificate, and as a file of their own only what both readers allow. */
function parsePem(bytes: Buffer): () => void {
  const text = encodePem(bytes, 'CERTIFICATE');
  const [facts] = parseCertificates(Buffer.from(text));
  return () => {
    assert.deepEqual(decodePem(text, 'CERTIFICATE'), [bytes]);
    assert.ok(facts?.der.equals(bytes));
  };
}

function assertCanonical(bytes: Buffer): void {
  assert.ok(reencode(parseDer(bytes)).equals(bytes), 'what parsed does not re-encode to the same bytes');
}

function assertReadable(facts: CertificateFacts): void {
  for (const name of [facts.subject, facts.issuer]) assertOneLine(name);
  for (const name of facts.subjectAltNames)
    if (typeof name.value === 'string') assert.doesNotMatch(name.value, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
}

function assertOneLine(name: DistinguishedName): void {
  assert.doesNotMatch(formatDistinguishedName(name), /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
}
