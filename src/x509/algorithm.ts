import {checkBelow, DerReader, encodingOf, expectTag, readOid, Tag} from './der';
import type {DerNode} from './der';
import {RecentMap} from './recent-map';

/** An AlgorithmIdentifier (RFC 5280 section 4.1.1.2) with what its parameters say. */
export interface SignatureAlgorithm {
  readonly oid: string;
  /** DER of the whole AlgorithmIdentifier. */
  readonly der: Buffer;
  /** DER of the parameters, absent when there are none. */
  readonly parameters?: Buffer;
}

/** Algorithms kept at most; all that certificates usually name are some twenty. Longer ones than this are not kept. */
const MAX_ALGORITHMS = 64;
const MAX_KEPT_OCTETS = 128;
const algorithms = new RecentMap<SignatureAlgorithm>(MAX_ALGORITHMS);

/**
 * Reads an AlgorithmIdentifier. The parameters are one DER value of any kind, whose meaning is not looked into. One
 * value for one encoding: every certificate names three, and thousands the same ones.
 */
export function parseSignatureAlgorithm(node: DerNode): SignatureAlgorithm {
  expectTag(node, Tag.SEQUENCE);
  const encoding = node.bytes.toString('latin1', node.start, node.end);
  const known = algorithms.get(encoding);
  if (known !== undefined) return known;
  const algorithm = readAlgorithm(node);
  if (encoding.length <= MAX_KEPT_OCTETS) algorithms.set(encoding, algorithm);
  return algorithm;
}

function readAlgorithm(node: DerNode): SignatureAlgorithm {
  const reader = new DerReader(node);
  const oid = readOid(reader.read());
  const parameters = reader.done ? undefined : reader.read();
  reader.finish();
  if (parameters !== undefined) checkBelow(parameters);
  // Of their own, or one algorithm that is kept would keep the whole certificate it was first seen in.
  const der = Buffer.from(encodingOf(node));
  return Object.freeze({
    oid,
    der,
    ...(parameters && {parameters: der.subarray(parameters.start - node.start, parameters.end - node.start)}),
  });
}
