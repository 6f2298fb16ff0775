import type {KeyObject} from 'node:crypto';
import {bitString, sequence} from './der';
import type {NameSpec} from './names';
import {algorithmIdentifier, defaultScheme, signBytes} from './signing';
import type {SignatureScheme} from './signing';

/** Whose name and key are in a signature. */
export interface Signer {
  /** DER of the name. */
  readonly name: Buffer;
  readonly key: KeyObject;
  /** Absent when it signs its own certificate: RFC 5280 section 4.2.1.1 lets a root leave the pointer out. */
  readonly keyIdentifier?: Buffer;
}

/** How something is signed, right or wrong. */
export interface SigningSpec {
  /** Default: what fits the key of the signer. */
  readonly scheme?: SignatureScheme;
  /** What to do wrong on purpose, for tests of those who must notice. */
  readonly mistakes?: Mistakes;
}

/** Ways in which a signed structure can be wrong. */
export interface Mistakes {
  /** Another name than that of the signer. */
  readonly issuer?: NameSpec;
  /** Another key than that of the signer. */
  readonly signingKey?: KeyObject;
  /** Another algorithm outside the signed bytes than inside. */
  readonly outerScheme?: SignatureScheme;
  /** The last bit of the signed bytes or of the signature, changed after signing. */
  readonly corrupt?: 'content' | 'signature';
}

/**
 * SIGNED{} of X.509: the content, the algorithm, the signature, and what a format puts behind it. `encode` gets the
 * AlgorithmIdentifier, for the formats that repeat it inside.
 */
export function signed(
  signer: Signer,
  {scheme: wanted, mistakes = {}}: SigningSpec,
  encode: (algorithm: Buffer) => Buffer,
  ...behind: readonly Buffer[]
): Buffer {
  const key = mistakes.signingKey ?? signer.key;
  const scheme = wanted ?? defaultScheme(key);
  const content = encode(algorithmIdentifier(scheme));
  const signature = signBytes(content, key, scheme);
  return sequence(
    mistakes.corrupt === 'content' ? withLastBitFlipped(content) : content,
    algorithmIdentifier(mistakes.outerScheme ?? scheme),
    bitString(mistakes.corrupt === 'signature' ? withLastBitFlipped(signature) : signature),
    ...behind,
  );
}

function withLastBitFlipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const last = copy.length - 1;
  copy.writeUInt8(copy.readUInt8(last) ^ 1, last);
  return copy;
}
