/**
 * Prints, as JSON, the bytes among old objects that small collections leave behind of each context of a request that
 * nobody needs any more: of this library's contexts and of LoopBack's. A process of its own, with `--expose-gc`,
 * because what V8 allocates among old objects also depends on what else the process has done.
 */
import {IncomingMessage, ServerResponse} from 'node:http';
import {Socket} from 'node:net';
import {getHeapSpaceStatistics} from 'node:v8';
import {RequestContext, RestApplication} from '@loopback/rest';
import type {Request, Response} from '@loopback/rest';
import {requestContexts} from '../../../src/loopback/request-contexts';
import type {MakeContext} from '../../../src/loopback/request-contexts';

const CONTEXTS = 2_000;
/** Bytes of what each request binds. */
const PAYLOAD_BYTES = 2_000;

function keptBytes(make: MakeContext): number {
  const connection = new Socket();
  const run = (): void => {
    for (let count = 0; count < CONTEXTS; count++) {
      const request = new IncomingMessage(connection) as Request;
      const response = new ServerResponse(request) as Response;
      response.assignSocket(connection);
      make(request, response)
        .bind('payload')
        .to(Array<number>(PAYLOAD_BYTES / 8).fill(count));
      response.emit('finish');
      response.detachSocket(connection);
    }
  };
  // Functions that run often are compiled again meanwhile; what that takes is not counted.
  run();
  globalThis.gc?.();
  const before = oldBytes();
  run();
  // What survives two of them is old.
  globalThis.gc?.({type: 'minor'});
  globalThis.gc?.({type: 'minor'});
  return (oldBytes() - before) / CONTEXTS;
}

function oldBytes(): number {
  return getHeapSpaceStatistics().find(({space_name: name}) => name === 'old_space')?.space_used_size ?? 0;
}

const {restServer: server} = new RestApplication({shutdown: {signals: []}});
const ours = keptBytes(requestContexts(server, server.config));
const theirs = keptBytes((request, response) => new RequestContext(request, response, server, server.config));
process.stdout.write(JSON.stringify({payload: PAYLOAD_BYTES, ours, theirs}));
