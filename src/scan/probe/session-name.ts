/**
 * Since 22.23 and 24.17 a Node client puts the server name before the DER of a session it hands out, and refuses to
 * offer that session under another name. An attacker's client has no such scruple, so the scanner writes the name
 * it wants there; on older runtimes the session is bare DER and nothing has to be done.
 */
const PREFIX = Buffer.concat([Buffer.from([0]), Buffer.from('nodejs:tls:session:1'), Buffer.from([0])]);

/** The session as node:tls wants it for a connection under `servername`. */
export function sessionUnder(session: Buffer, servername: string): Buffer {
  if (!session.subarray(0, PREFIX.length).equals(PREFIX)) return session;
  const name = Buffer.from(servername, 'latin1');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(name.length);
  return Buffer.concat([PREFIX, length, name, sessionDer(session)]);
}

/** The DER of OpenSSL's SSL_SESSION. */
export function sessionDer(session: Buffer): Buffer {
  if (!session.subarray(0, PREFIX.length).equals(PREFIX)) return session;
  return session.subarray(PREFIX.length + 2 + session.readUInt16BE(PREFIX.length));
}
