import type {Server} from 'node:https';
import type {Connections} from './connections';

/** How often connections that became idle are looked for, in milliseconds. */
const SWEEP_MS = 100;

/**
 * Stops accepting, closes connections as they become idle, and destroys what is left after the limit: requests that
 * still run, and upgraded sockets, which are never idle.
 */
export async function drain(server: Server, connections: Connections, limitMs: number): Promise<void> {
  const closed = new Promise<void>(resolve => {
    server.close(() => {
      resolve();
    });
  });
  connections.destroyUnused();
  const sweep = setInterval(() => {
    server.closeIdleConnections();
  }, SWEEP_MS);
  const limit = setTimeout(() => {
    connections.destroyAll();
    server.closeAllConnections();
  }, limitMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(limit);
}
