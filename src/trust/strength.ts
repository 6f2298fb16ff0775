import type {Refusal} from '../errors';
import type {PublicKeyFacts} from '../x509/public-key';
import {firstRefusal} from './path';
import type {CandidatePath, CheckContext, Step} from './path';
import type {TrustPolicy} from './policy';
import {isSchemeOfKey, signatureSchemeOf} from './signature-scheme';

/** FIPS 186-5 section A.1.1 asks for an odd exponent from 65537; beyond 64 bits OpenSSL refuses to work with it. */
const MIN_EXPONENT = 65537n;
const MAX_EXPONENT = 2n ** 64n;

/**
 * Keys of the whole path, anchor included, and signature algorithms below the anchor. Runs before a key is used, so
 * that no key of a kind or size we would not accept reaches OpenSSL.
 */
export function checkStrength({steps}: CandidatePath, {trust}: CheckContext): Refusal | undefined {
  return firstRefusal(steps, step => checkKey(step, trust.policy) ?? checkAlgorithm(step));
}

function checkKey({certificate: {publicKey}, where}: Step, policy: TrustPolicy): Refusal | undefined {
  const required = keyRequirement(publicKey, policy);
  return required === undefined
    ? undefined
    : {code: 'ERR_MTLS_WEAK_KEY', required, found: describeKey(publicKey), where};
}

/** What the key fails to be, or undefined when it is strong enough. */
function keyRequirement(key: PublicKeyFacts, policy: TrustPolicy): string | undefined {
  switch (key.kind) {
    case 'rsa':
    case 'rsa-pss':
      return rsaRequirement(key, policy);
    case 'ec':
      return key.curve !== undefined && policy.curves.includes(key.curve)
        ? undefined
        : `one of the curves ${policy.curves.join(', ')}`;
    case 'ed25519':
    case 'ed448':
      return undefined;
    case 'unknown':
      return 'an RSA, EC, Ed25519 or Ed448 key';
  }
}

function rsaRequirement({bits, exponent}: PublicKeyFacts, {minRsaBits, maxRsaBits}: TrustPolicy): string | undefined {
  if (!(bits >= minRsaBits && bits <= maxRsaBits)) return `an RSA modulus of ${minRsaBits} to ${maxRsaBits} bits`;
  // Key generators make whole octets; other sizes come from crippled or crafted keys.
  if (bits % 8 !== 0) return 'an RSA modulus of whole octets';
  const isSane = exponent !== undefined && exponent >= MIN_EXPONENT && exponent < MAX_EXPONENT && exponent % 2n === 1n;
  return isSane ? undefined : 'an odd RSA exponent from 65537 up to 64 bits';
}

function describeKey({kind, algorithm, bits, exponent, curve}: PublicKeyFacts): string {
  switch (kind) {
    case 'rsa':
    case 'rsa-pss':
      return `${bits} bits, exponent ${exponent === undefined ? 'unknown' : describeExponent(exponent)}`;
    case 'ec':
      return `curve ${curve ?? 'unknown'}`;
    case 'ed25519':
    case 'ed448':
      return kind;
    case 'unknown':
      return `algorithm ${algorithm}`;
  }
}

function describeExponent(exponent: bigint): string {
  return exponent < MAX_EXPONENT ? String(exponent) : 'of more than 64 bits';
}

function checkAlgorithm(step: Step): Refusal | undefined {
  // Nobody has to believe the signature of an anchor, so nobody asks how it was made.
  if (step.role === 'anchor') return undefined;
  const {signatureAlgorithm} = step.certificate;
  const scheme = signatureSchemeOf(signatureAlgorithm);
  if (scheme === undefined)
    return {
      code: 'ERR_MTLS_WEAK_SIGNATURE',
      required: 'RSA, RSA-PSS or ECDSA with SHA-256, SHA-384 or SHA-512, Ed25519 or Ed448',
      found: `algorithm ${signatureAlgorithm.oid}`,
      where: step.where,
    };
  if (!isSchemeOfKey(scheme, step.issuer.publicKey))
    return {
      code: 'ERR_MTLS_SIGNATURE_INVALID',
      required: `an issuer key that makes ${scheme.kind} signatures`,
      found: describeKey(step.issuer.publicKey),
      where: step.where,
    };
  return undefined;
}
