import assert from 'node:assert/strict';
import {createServer as createHttpServer} from 'node:http';
import type {Server} from 'node:net';
import {MtlsError} from '../../src/errors';
import {DEFAULT_LIMITS} from '../../src/scan/budget';
import type {Finding} from '../../src/scan/checks/check';
import {DEFAULT_OPTIONS} from '../../src/scan/options';
import type {ScanOptions} from '../../src/scan/options';
import {scan} from '../../src/scan/scan';
import type {ScanResult} from '../../src/scan/scan';
import {dangerouslyAllowOldRuntime} from '../../src/danger';
import {clientRoot, Folder, issueClient, serverRoot, start as startOwn, workingOptions} from '../server/harness';
import {alertRecord, answeringServer, rawTlsServer} from './raw-server';
import {
  ALICE,
  ANCIENT,
  CA,
  credentialOptions,
  HAS_OPENSSL,
  https,
  identityOf,
  isInstalled,
  NAIVE,
  RSA_SERVER,
  SERVER,
  start,
  startNginx,
  startOpenssl,
  startStunnel,
  STRICT,
  tlsOf,
} from './servers';
import type {Running} from './servers';

const ADMIN = identityOf(CA.issueClient({subject: {organizationalUnit: 'Admins', commonName: 'erin'}}));

async function scanning(
  server: Server | Promise<Running>,
  options: Partial<ScanOptions> = {},
): Promise<ScanResult & {readonly accepted: number}> {
  const running = server instanceof Promise ? await server : await start(server);
  try {
    const result = await scan(running.url, {
      ...DEFAULT_OPTIONS,
      now: new Date(),
      serverAuthorities: CA.pem,
      ...options,
    });
    return {...result, accepted: running.accepted()};
  } finally {
    await running.stop();
  }
}

function findingsOf(result: ScanResult): readonly Finding[] {
  return result.families.flatMap(family => family.findings);
}

function failedIn(result: ScanResult): readonly string[] {
  return findingsOf(result)
    .filter(finding => finding.outcome.status === 'fail')
    .map(finding => finding.id);
}

function assertFailed(result: ScanResult, ...ids: readonly string[]): void {
  const failed = failedIn(result);
  assert.deepEqual(
    ids.filter(id => !failed.includes(id)),
    [],
    `failed were ${failed.join(', ')}`,
  );
}

describe('scan of the naive servers people copy', () => {
  it('names a LoopBack server that asks for certificates and verifies none, with old TLS', async () => {
    const result = await scanning(https(ANCIENT));
    assertFailed(
      result,
      'client-certificate-required',
      'client-self-signed',
      'client-expired',
      'protocol-tls-1.0',
      'protocol-tls-1.1',
      'suite-cbc',
    );
    assert.equal(result.score.grade, 'F');
  });

  it('names a server where any trusted certificate may do everything', async () => {
    const result = await scanning(https(STRICT), {identity: ADMIN, issuer: CA});
    assertFailed(result, 'identity-unmapped');
    assert.equal(result.score.grade, 'D');
  });

  it('names a server that looks for the role inside the organizational unit', async () => {
    const naive = https(STRICT, (request, response) => {
      const unit = String(tlsOf(request).getPeerCertificate().subject.OU);
      response.statusCode = unit.includes('Admins') ? 200 : 403;
      response.end('Forbidden');
    });
    assertFailed(await scanning(naive, {identity: ADMIN, issuer: CA}), 'identity-lookalike');
  });

  it('names a server that tells API keys to clients', async () => {
    const naive = https(STRICT, (_request, response) => {
      response.setHeader('X-API-Key', 'downstream-key-of-alice');
      response.end('ok');
    });
    const result = await scanning(naive, {identity: ALICE});
    assertFailed(result, 'secret-in-answer');
    assert.ok(!JSON.stringify(result).includes('downstream-key-of-alice'), 'the key stands in the report');
  });

  it('names a TLS server without any client authentication and with anonymous suites', async () => {
    const result = await scanning(https({...ANCIENT, ...credentialOptions(RSA_SERVER), requestCert: false}));
    assertFailed(
      result,
      'client-certificate-requested',
      'client-certificate-required',
      'suite-anonymous',
      'suite-null',
      'suite-static-key-exchange',
      'signature-server',
    );
  });

  it('names a Koa server that accepts any certificate and a weak key', async () => {
    const result = await scanning(https(NAIVE), {issuer: CA});
    assertFailed(
      result,
      'client-certificate-required',
      'client-self-signed',
      'client-weak-key',
      'client-server-purpose',
    );
  });
});

describe('scan of other servers', () => {
  it('gives the server of this library an A', async () => {
    const folder = new Folder();
    const until = new Date(Date.now() + 86_400_000);
    const danger = [dangerouslyAllowOldRuntime({reason: 'the tests run on every supported runtime', until})];
    const own = await startOwn({...workingOptions(folder), danger}, (_request, response) => {
      response.setHeader('Strict-Transport-Security', 'max-age=31536000');
      response.setHeader('X-Content-Type-Options', 'nosniff');
      response.setHeader('Cache-Control', 'no-store');
      response.end('hello');
    });
    try {
      const result = await scan(`https://localhost:${own.port}`, {
        ...DEFAULT_OPTIONS,
        now: new Date(),
        serverAuthorities: serverRoot.pem,
        identity: identityOf(issueClient()),
        issuer: clientRoot,
      });
      assert.deepEqual(failedIn(result), []);
      assert.deepEqual({points: result.score.points, grade: result.score.grade}, {points: 100, grade: 'A'});
    } finally {
      await own.stop();
      folder.remove();
    }
  });

  it('finds that Node.js 20 and 22 authorise a resumed session without certificate, and 24 does not', async () => {
    const naive = https(NAIVE, (request, response) => {
      response.statusCode = tlsOf(request).authorized ? 200 : 401;
      response.end();
    });
    const isAuthorised = failedIn(await scanning(naive)).includes('session-without-certificate');
    assert.equal(isAuthorised, Number(process.versions.node.split('.')[0]) < 24);
  });

  if (HAS_OPENSSL) {
    it('names old versions and suites of OpenSSL s_server', async () => {
      const old = startOpenssl('-www', '-cipher', 'ALL:eNULL:@SECLEVEL=0', '-min_protocol', 'TLSv1', '-comp');
      assertFailed(
        await scanning(old),
        'client-certificate-requested',
        'protocol-tls-1.0',
        'suite-null',
        'suite-anonymous',
      );
    });

    it('finds nothing to fail about TLS of a well set up OpenSSL s_server', async () => {
      const good = startOpenssl('-www', '-Verify', '1', '-verify_return_error', '-tls1_3', '-num_tickets', '0');
      const result = await scanning(good);
      assert.deepEqual(failedIn(result), []);
    });
  }

  if (isInstalled('nginx')) {
    it('names nginx with ssl_verify_client optional_no_ca', async () => {
      const result = await scanning(startNginx('ssl_verify_client optional_no_ca;'));
      assertFailed(
        result,
        'client-certificate-required',
        'client-self-signed',
        'client-unknown-ca',
        'client-wrong-chain',
      );
    });

    it('names nothing critical about nginx with ssl_verify_client on', async () => {
      const result = await scanning(startNginx('ssl_verify_client on;'), {identity: ALICE});
      const critical = findingsOf(result).filter(
        ({severity, outcome}) => severity === 'critical' && outcome.status === 'fail',
      );
      assert.deepEqual(critical, []);
    });
  }

  if (isInstalled('stunnel')) {
    it('tells stunnel with and without verifyChain apart', async () => {
      const backend = await start(createHttpServer((_request, response) => response.end('hello')));
      try {
        const open = await scanning(startStunnel(backend.port, 'requireCert = no'));
        assertFailed(open, 'client-certificate-required');
        const closed = await scanning(startStunnel(backend.port, 'verifyChain = yes', 'requireCert = yes'));
        assert.ok(!failedIn(closed).some(id => id.startsWith('client-')), failedIn(closed).join());
      } finally {
        await backend.stop();
      }
    });
  }
});

describe('bounds of a scan', () => {
  it('keeps below 200 connections against the most talkative server, and counts them right', async () => {
    const document = {
      openapi: '3.0.3',
      paths: Object.fromEntries(Array.from({length: 60}, (_, index) => [`/things/${index}`, {get: {responses: {}}}])),
    };
    const result = await scanning(https({...ANCIENT, ...credentialOptions(RSA_SERVER)}), {
      identity: ALICE,
      issuer: CA,
      openApi: {kind: 'document', text: JSON.stringify(document)},
    });
    assert.ok(result.connections < 200, String(result.connections));
    assert.equal(result.connections, result.accepted);
    assert.deepEqual(
      findingsOf(result).filter(({outcome}) => outcome.status === 'not-tested' && outcome.reason.includes('used up')),
      [],
    );
  });

  it('stops at the connection limit, claims nothing beyond, and gives no grade', async () => {
    const limits = {...DEFAULT_LIMITS, connections: 5};
    const result = await scanning(https(STRICT), {limits});
    assert.equal(result.accepted, 5);
    assert.equal(result.score.grade, '-');
    const reasons = findingsOf(result).flatMap(({outcome}) =>
      outcome.status === 'not-tested' ? [outcome.reason] : [],
    );
    assert.ok(reasons.includes('the connection limit of the scan is used up'));
  });

  it('stops at the time limit', async () => {
    const hanging = answeringServer(() => Buffer.alloc(0));
    const running = await start(hanging);
    try {
      const limits = {...DEFAULT_LIMITS, connectionMs: 50, totalMs: 60};
      await assert.rejects(scan(running.url, {...DEFAULT_OPTIONS, now: new Date(), limits}), hasCode);
    } finally {
      await running.stop();
    }
  });

  it('never contacts another host: no redirect, no certificate or OCSP address is followed', async () => {
    const elsewhere = await start(createHttpServer((_request, response) => response.end()));
    const address = `http://127.0.0.1:${elsewhere.port}/`;
    const certificate = CA.issueServer({
      subject: 'localhost',
      subjectAltNames: ['dns:localhost'],
      authorityInfoAccess: {ocsp: [address], caIssuers: [address]},
      crlDistributionPoints: [address],
    });
    const server = https({...NAIVE, ...credentialOptions(certificate)}, (_request, response) =>
      response.writeHead(302, {Location: address}).end(),
    );
    const openApi = {openapi: '3.0.3', servers: [{url: address}], paths: {'/x': {get: {responses: {}}}}};
    await scanning(server, {identity: ALICE, openApi: {kind: 'document', text: JSON.stringify(openApi)}});
    assert.equal(elsewhere.accepted(), 0);
    await elsewhere.stop();
  });

  it('sends only GET and HEAD unless told otherwise', async () => {
    const methods = new Set<string>();
    const server = () =>
      https(NAIVE, (request, response) => {
        methods.add(request.method ?? '');
        response.end();
      });
    const operations = Object.fromEntries(['get', 'head', 'post', 'delete'].map(method => [method, {responses: {}}]));
    const openApi = {kind: 'document', text: JSON.stringify({openapi: '3.0.3', paths: {'/x': operations}})} as const;
    await scanning(server(), {openApi});
    assert.deepEqual([...methods].sort(), ['GET', 'HEAD']);
    await scanning(server(), {openApi, methods: 'all'});
    assert.deepEqual([...methods].sort(), ['DELETE', 'GET', 'HEAD', 'POST']);
  });

  it('tells how far it is', async () => {
    const running = await start(https(STRICT));
    const steps: number[] = [];
    await scan(running.url, {...DEFAULT_OPTIONS, now: new Date()}, ({done, total}) => steps.push(done / total));
    await running.stop();
    assert.equal(steps.at(-1), 1);
    assert.deepEqual(
      steps,
      steps.toSorted((one, other) => one - other),
    );
  });

  it('quotes nothing that could steer a terminal', async () => {
    const server = https(STRICT, (_request, response) => response.writeHead(200, {Server: 'evil\u009b31m/1.0'}).end());
    const result = await scanning(server, {identity: ALICE});
    const text = JSON.stringify(findingsOf(result).find(({id}) => id === 'http-disclosure'));
    assert.ok(text.includes('evil\\\\u{9b}31m'), text);
  });
});

describe('targets that cannot be scanned', () => {
  const TARGETS: readonly (readonly [string, () => Server])[] = [
    ['a server that is not there', () => answeringServer(() => Buffer.alloc(0))],
    ['an SSH server', () => answeringServer(() => Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'))],
    ['an HTTP server', () => createHttpServer((_request, response) => response.end())],
  ];
  for (const [name, server] of TARGETS) {
    it(`are told: ${name}`, async () => {
      const running = await start(server());
      if (name.includes('not there')) await running.stop();
      const limits = {...DEFAULT_LIMITS, connectionMs: 300};
      await assert.rejects(scan(running.url, {...DEFAULT_OPTIONS, now: new Date(), limits}), hasCode);
      if (!name.includes('not there')) await running.stop();
    });
  }

  it('get no grade when they refuse every handshake', async () => {
    const result = await scanning(answeringServer(() => alertRecord(40)));
    assert.equal(result.score.grade, '-');
  });

  it('get an F as soon as a stranger is served, whatever else is unknown', async () => {
    const limits = {...DEFAULT_LIMITS, connections: 12};
    const result = await scanning(https({...credentialOptions(SERVER)}), {limits});
    assert.equal(result.score.grade, 'F');
  });

  it('are read as far as they go when the handshake never ends', async () => {
    const result = await scanning(rawTlsServer({versions: [0x0303], suites: [0xc02b]}), {
      limits: {...DEFAULT_LIMITS, connectionMs: 200},
    });
    assert.equal(result.score.grade, '-');
  });
});

function hasCode(error: unknown): boolean {
  return error instanceof MtlsError && error.code === 'ERR_MTLS_SCAN_TARGET';
}
