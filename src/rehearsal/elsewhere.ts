import {once} from 'node:events';
import {createServer, Server} from 'node:https';
import {contextOptions} from '../server/material';
import type {Material} from '../server/material';
import type {Credential} from '../pki/credential';
import {exchange} from './client';
import type {Address} from './client';
import type {Target} from './stage';

/** A session that a client without certificate wins where nobody is asked for one, under the ticket keys of `target`. */
export async function sessionOfNobody(
  target: Server,
  material: Material,
  address: Address,
): Promise<Buffer | undefined> {
  // The listener's own method throws: its keys are nobody's but the rehearsal's.
  const ticketKeys = Server.prototype.getTicketKeys.call(target);
  const https = createServer({...contextOptions(material), ticketKeys}, (_, response) => response.end());
  return sessionAt({https, stop: () => undefined}, address, undefined);
}

/** A session that a client wins at a listener of its own, over TLS 1.3. */
export async function sessionAt(
  {https, stop}: Target,
  address: Address,
  credential: Credential | undefined,
): Promise<Buffer | undefined> {
  try {
    https.listen(0, '127.0.0.1');
    await once(https, 'listening');
    const bound = https.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    return (await exchange({...address, port}, '/', credential, {minVersion: 'TLSv1.3'})).ticket;
  } finally {
    https.close();
    https.closeAllConnections();
    stop();
  }
}
