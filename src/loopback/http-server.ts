import type {AddressInfo, ListenOptions} from 'node:net';
import {HttpServer} from '@loopback/http-server';
import type {MtlsServer} from '../server/mtls-server';

/** LoopBack's view of the mutual-TLS server: url, port, start and stop as everywhere; the listener is ours. */
export class MtlsHttpServer extends HttpServer {
  readonly #secure: MtlsServer;

  constructor(secure: MtlsServer, options: Pick<ListenOptions, 'port' | 'host' | 'path'>) {
    // The listener that LoopBack makes here never listens: it is replaced before anybody can see it.
    super(() => undefined, {...options, protocol: 'https'});
    Object.assign(this, {server: secure.https});
    this.#secure = secure;
  }

  override get listening(): boolean {
    return this.server.listening;
  }

  override get address(): string | AddressInfo | undefined {
    return this.listening ? super.address : undefined;
  }

  /** Stops accepting, lets running requests end within the drain limit, then closes every connection. */
  override async stop(): Promise<void> {
    if (this.listening) await this.#secure.close();
  }
}
