import {inject} from '@loopback/core';
import {get, RestBindings} from '@loopback/rest';
import type {Response} from '@loopback/rest';
import type {Health} from '../server/health';
import type {MtlsServer} from '../server/mtls-server';
import {MtlsBindings} from './keys';

/**
 * `GET /health`: how the server is, for who may know. It needs a rule like every endpoint:
 *
 * ```ts
 * access: {'GET /health': {allowedRoles: ['monitor']}}
 * this.controller(MtlsHealthController);
 * ```
 *
 * 200 while the server is ready and nothing it depends on has ended, also when it is degraded; otherwise 503.
 */
export class MtlsHealthController {
  readonly #server: MtlsServer;
  readonly #response: Response;

  constructor(@inject(MtlsBindings.SERVER) server: MtlsServer, @inject(RestBindings.Http.RESPONSE) response: Response) {
    this.#server = server;
    this.#response = response;
  }

  @get('/health', {
    responses: {
      '200': {
        description: 'The server is well, or degraded',
        content: {'application/json': {schema: {type: 'object'}}},
      },
      '503': {description: 'The server is failing, or not ready'},
    },
  })
  health(): Health {
    const health = this.#server.health();
    if (health.status === 'failing' || health.readiness === 'not ready') this.#response.statusCode = 503;
    return health;
  }
}
