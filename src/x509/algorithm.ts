import {checkBelow, DerReader, encodingOf, expectTag, readOid, Tag} from './der';
import type {DerNode} from './der';

/** An AlgorithmIdentifier (RFC 5280 section 4.1.1.2) with what its parameters say. */
export interface SignatureAlgorithm {
  readonly oid: string;
  /** DER of the whole AlgorithmIdentifier. */
  readonly der: Buffer;
  /** DER of the parameters, absent when there are none. */
  readonly parameters?: Buffer;
}

/** Reads an AlgorithmIdentifier. The parameters are one DER value of any kind, whose meaning is not looked into. */
export function parseSignatureAlgorithm(node: DerNode): SignatureAlgorithm {
  expectTag(node, Tag.SEQUENCE);
  const reader = new DerReader(node);
  const oid = readOid(reader.read());
  const parameters = reader.done ? undefined : reader.read();
  reader.finish();
  if (parameters !== undefined) checkBelow(parameters);
  return Object.freeze({oid, der: encodingOf(node), ...(parameters && {parameters: encodingOf(parameters)})});
}
