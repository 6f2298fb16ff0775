import {constants, createPublicKey, verify} from 'node:crypto';
import type {KeyObject} from 'node:crypto';
import type {Refusal} from '../errors';
import type {SignatureAlgorithm} from '../x509/algorithm';
import type {CertificateFacts} from '../x509/certificate';
import type {Fingerprint} from '../x509/fingerprint';
import type {PublicKeyFacts} from '../x509/public-key';
import {signatureCost} from './budget';
import {firstRefusal} from './path';
import type {CandidatePath, CheckContext, Link} from './path';
import {isSchemeOfKey, signatureSchemeOf} from './signature-scheme';

/**
 * RFC 5280 section 6.1.3 (a)(1), from the anchor down: below a key that the anchor does not vouch for nothing is
 * computed, so a peer cannot make us work with keys it made up.
 */
export function checkSignatures({links}: CandidatePath, context: CheckContext): Refusal | undefined {
  return firstRefusal(links, link => checkSignature(link, context));
}

function checkSignature(link: Link, {budget, signatures}: CheckContext): Refusal | undefined {
  const {certificate, issuer, where} = link;
  if (isKnownValid(certificate, issuer)) return undefined;
  // Paths share their upper parts: each pair is computed once.
  const pair = `${issuer.spkiFingerprint} ${certificate.fingerprint}`;
  let verdict = signatures.get(pair);
  if (verdict === undefined) {
    if (budget.spend(signatureCost(issuer.publicKey)) === 'exhausted') return budget.refusal(where);
    verdict = isSignedBy(certificate, issuer) ? 'valid' : 'invalid';
    signatures.set(pair, verdict);
  }
  if (verdict === 'valid') {
    signers.set(certificate, issuer.spkiFingerprint);
    return undefined;
  }
  return {
    code: 'ERR_MTLS_SIGNATURE_INVALID',
    required: 'a signature by the key of the issuer',
    found: 'another signature',
    where,
  };
}

/**
 * The key known to have signed a certificate, for as long as somebody holds its facts. Bytes, key and signature never
 * change, so neither does the answer: ten thousand open connections are judged again without computing it anew.
 */
const signers = new WeakMap<CertificateFacts, Fingerprint>();

function isKnownValid(subject: CertificateFacts, issuer: CertificateFacts): boolean {
  return signers.get(subject) === issuer.spkiFingerprint;
}

/** Whether the key of `issuer` signed `subject`. Asks nothing else about either; strength is to be checked before. */
export function isSignedBy(subject: CertificateFacts, issuer: CertificateFacts): boolean {
  return verifySignature(subject.signatureAlgorithm, subject.tbs, subject.signature, issuer.publicKey);
}

/** Whether the key made the signature over the bytes, by an algorithm this library accepts. */
export function verifySignature(
  algorithm: SignatureAlgorithm,
  bytes: Buffer,
  signature: Buffer,
  publicKey: PublicKeyFacts,
): boolean {
  const scheme = signatureSchemeOf(algorithm);
  if (scheme === undefined || !isSchemeOfKey(scheme, publicKey)) return false;
  try {
    const key = importKey(publicKey);
    switch (scheme.kind) {
      case 'rsa-pkcs1':
        return verify(scheme.hash, bytes, {key, padding: constants.RSA_PKCS1_PADDING}, signature);
      case 'rsa-pss': {
        const padding = constants.RSA_PKCS1_PSS_PADDING;
        return verify(scheme.hash, bytes, {key, padding, saltLength: scheme.saltBytes}, signature);
      }
      case 'ecdsa':
        return verify(scheme.hash, bytes, key, signature);
      case 'ed25519':
      case 'ed448':
        return verify(null, bytes, key, signature);
    }
  } catch {
    // OpenSSL throws for points off the curve, parameters it does not take and the like: no such signature is valid.
    return false;
  }
}

/** Importing a key costs as much as using it, and issuers come again and again. */
const keys = new WeakMap<PublicKeyFacts, KeyObject>();

/** OpenSSL's form of a key. Throws what OpenSSL throws. */
export function importKey(publicKey: PublicKeyFacts): KeyObject {
  const known = keys.get(publicKey);
  if (known !== undefined) return known;
  const key = createPublicKey({key: publicKey.spki, format: 'der', type: 'spki'});
  keys.set(publicKey, key);
  return key;
}
