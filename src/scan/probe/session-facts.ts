import {childrenOf, contextTag, DerReader, parseDer, readSmallInteger, Tag} from '../../x509/der';
import {sessionDer} from './session-name';

/** What a client learns from a ticket, read from OpenSSL's SSL_SESSION structure (ssl/ssl_asn1.c). */
export interface SessionFacts {
  /** Lifetime the server promised, in seconds. */
  readonly lifetimeSeconds: number;
  /** Octets of 0-RTT data the server would take; 0 when it offers none. */
  readonly maxEarlyDataBytes: number;
}

/** Reads a session of node:tls; undefined when it has another form. */
export function readSession(session: Buffer): SessionFacts | undefined {
  try {
    const fields = childrenOf(parseDer(sessionDer(session), Tag.SEQUENCE));
    const numberAt = (tag: number) => {
      const field = fields.find(each => each.tag === contextTag(tag, 'constructed'));
      return field === undefined ? 0 : readSmallInteger(new DerReader(field).read(Tag.INTEGER));
    };
    return {lifetimeSeconds: numberAt(9), maxEarlyDataBytes: numberAt(15)};
  } catch {
    return undefined;
  }
}
