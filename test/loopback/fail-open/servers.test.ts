import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer, request as plainRequest} from 'node:http';
import type {Server} from 'node:http';
import {Agent, createServer as createHttpsServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {authorize} from '@loopback/authorization';
import {Application} from '@loopback/core';
import {get, RestApplication, RestBindings, RestComponent, RestServer} from '@loopback/rest';
import type {Request, Response, RestServerConfig} from '@loopback/rest';
import {WebSocket, WebSocketServer} from 'ws';
import {MtlsComponent} from '../../../src/loopback/component';
import {MtlsBindings} from '../../../src/loopback/keys';
import {MtlsRestServer} from '../../../src/loopback/rest-server';
import {createAuthority} from '../../../src/pki/authority';
import type {Credential} from '../../../src/pki/credential';
import {Folder, issueServer, presenting, Recorder} from '../../server/harness';
import {admin, assertRefused, Clinic, guest, nurse, refusedStart, serving, statuses} from '../support/clinic';

class PingController {
  @authorize({allowedRoles: ['nurse']})
  @get('/ping')
  ping(): string {
    return 'pong';
  }
}

const ping = {setup: (app: RestApplication): void => void app.controller(PingController)};

describe('fail-open: listeners', () => {
  it('row 38: the request handler on a plain server serves nobody', async () => {
    const recorder = new Recorder('authorization');
    await serving({...ping, rest: {listenOnStart: false}}, async ({app, server}) => {
      assert.equal(server.listening, false);
      const answer = await askPlainly(createServer(app.requestHandler));
      assert.equal(answer, 401);
      assert.equal((await recorder.next('authorization')).why?.code, 'ERR_MTLS_CONNECTION_UNVERIFIED');
    }).finally(() => {
      recorder.stop();
    });
  });

  it('row 38: nor on an HTTPS server of another make, whatever certificate comes', () =>
    serving(ping, async clinic => {
      const credential = issueServer();
      const other = createHttpsServer(
        {key: credential.exportKeyPem(), cert: credential.chainPem, requestCert: true, rejectUnauthorized: false},
        clinic.app.requestHandler,
      );
      await once(other.listen(0, '127.0.0.1'), 'listening');
      const {port} = other.address() as AddressInfo;
      assert.equal((await clinic.get(nurse, '/ping', {port})).status, 401);
      other.close();
    }));

  it('row 38: nor through the handler behind the gate', async () => {
    const clinic = new Clinic(ping);
    await clinic.app.start();
    const {handleRequest} = await clinic.server.get(RestBindings.HANDLER);
    const plain = createServer((request, response) => {
      Object.assign(request, {path: request.url});
      handleRequest(request as unknown as Request, response as unknown as Response).catch(() => {
        response.writeHead(500).end();
      });
    });
    assert.notEqual(await askPlainly(plain), 200);
    await clinic.stop();
  });

  it('row 38: a handler that was taken before the start serves nobody', async () => {
    const clinic = new Clinic(ping);
    assert.equal(await askPlainly(createServer(clinic.app.requestHandler)), 401);
    await clinic.stop();
  });

  for (const second of [RestServer, MtlsRestServer]) {
    it(`row 39: a second ${second.name} refuses the start`, async () => {
      const app = new Application({shutdown: {signals: []}, rest: {port: 0}});
      const clinic = new Clinic();
      app.configure(MtlsBindings.COMPONENT).to(clinic.options());
      app.component(MtlsComponent);
      app.server(second, 'second');
      await assert.rejects(app.start(), /^ConfigError: servers\.second: .*a second one[^\n]*$/);
      assert.equal((await app.getServer<RestServer>('second')).listening, false);
      await clinic.stop();
    });
  }

  it('row 39: the server cannot be replaced', () => {
    const app = new Application();
    app.component(MtlsComponent);
    app.component(RestComponent);
    assert.throws(() => app.server(RestServer), /locked/);
    assert.throws(() => app.bind(RestBindings.SERVER).toClass(RestServer), /locked/);
  });

  it('row 40: an upgrade reaches the application only under a rule for it', () =>
    serving(
      {
        ...ping,
        options: {
          access: {'UPGRADE /live': {allowedRoles: ['nurse']}, 'UPGRADE /live/{id}': {allowedRoles: ['admin']}},
        },
      },
      async clinic => {
        const {https} = await clinic.app.get(MtlsBindings.SERVER);
        const sockets = new WebSocketServer({noServer: true});
        https.on('upgrade', (request, socket, head) => {
          sockets.handleUpgrade(request, socket, head, connection => {
            connection.send('hello');
          });
        });
        assert.equal(await upgrade(clinic, nurse, '/live'), 'hello');
        for (const [caller, path] of [
          [guest, '/live'],
          [admin, '/live'],
          [nurse, '/live/7'],
          [nurse, '/ping'],
        ] as const) {
          assert.equal(await upgrade(clinic, caller, path), 'Unexpected server response: 403', path);
        }
        assert.equal(await upgrade(clinic, admin, '/live/7'), 'hello');
        // The rule for an upgrade opens no request.
        assert.deepEqual(await statuses(clinic, '/live'), [404, 404, 404]);
        sockets.close();
      },
    ));

  it('row 45, row 46: an open connection is not served past a change of trust', () =>
    serving(ping, async clinic => {
      const agent = new Agent({keepAlive: true, maxSockets: 1});
      assert.equal((await clinic.get(nurse, '/ping', {agent})).status, 200);
      clinic.trust(createAuthority({subject: {commonName: 'Another Root'}}));
      await (await clinic.app.get(MtlsBindings.SERVER)).reload();
      await assert.rejects(clinic.get(nurse, '/ping', {agent}));
      agent.destroy();
    }));

  it('row 49: LoopBack takes no TLS setting and no limit for its listener', async () => {
    const rest = {
      protocol: 'https',
      key: 'a key',
      cert: 'a certificate',
      rejectUnauthorized: false,
      minVersion: 'TLSv1',
      keepAliveTimeout: 1,
    } as const satisfies RestServerConfig;
    const faults = await refusedStart({...ping, rest});
    assert.deepEqual(faults.map(({where}) => where).sort(), [
      'rest.cert',
      'rest.keepAliveTimeout',
      'rest.key',
      'rest.minVersion',
      'rest.rejectUnauthorized',
    ]);
    assert.ok(!JSON.stringify(faults).includes('a key'));
  });

  it('row 49: nor does it speak without TLS', () =>
    assertRefused({...ping, rest: {protocol: 'http'}}, /^rest\.protocol$/, /^http$/));

  for (const [cors, verdict] of [
    [{origin: '*'}, 'starts'],
    [{origin: 'https://ward.example', credentials: true}, 'starts'],
    [{credentials: true}, 'refuses'],
    [{origin: true, credentials: true}, 'refuses'],
  ] as const) {
    it(`row 10: it ${verdict} with ${JSON.stringify(cors)}`, async () => {
      if (verdict === 'refuses') return assertRefused({...ping, rest: {cors}}, /^rest\.cors$/, /any origin/);
      return serving({...ping, rest: {cors}}, () => Promise.resolve());
    });
  }

  it('listens on a local socket, and tells its address while it listens', async () => {
    const folder = new Folder();
    const path = join(folder.path, 'api.sock');
    const clinic = new Clinic({...ping, rest: {path}});
    await clinic.app.start();
    const {httpServer} = clinic.server;
    assert.ok(httpServer);
    assert.equal(httpServer.address, path);
    assert.match(httpServer.url, /^https\+unix:/);
    await clinic.app.stop();
    assert.equal(httpServer.address, undefined);
    await clinic.stop();
    folder.remove();
  });

  it('row 49: limits are those of the component', () =>
    serving(ping, async ({app}) => {
      const {https} = await app.get(MtlsBindings.SERVER);
      assert.ok(https.requestTimeout <= 60_000);
      assert.ok(https.headersTimeout <= 15_000);
    }));
});

async function askPlainly(server: Server): Promise<number | undefined> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const {port} = server.address() as AddressInfo;
  try {
    return await new Promise((resolve, reject) => {
      plainRequest({port, host: '127.0.0.1', path: '/ping', agent: false}, answer => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .once('error', reject)
        .end();
    });
  } finally {
    server.close();
  }
}

/** The first message, or why there is none. */
function upgrade(clinic: Clinic, caller: Credential, path: string): Promise<string> {
  return new Promise(resolve => {
    const socket = new WebSocket(`wss://localhost:${clinic.port}${path}`, {
      ...presenting(caller),
      headers: {host: 'localhost'},
      lookup: (_name, _options, callback) => {
        callback(null, [{address: '127.0.0.1', family: 4}]);
      },
    });
    socket.once('message', (data: Buffer) => {
      resolve(data.toString());
      socket.terminate();
    });
    socket.once('error', error => {
      resolve(error.message);
    });
  });
}
