/**
 * `npm run check:package`: packs the library, looks at what is in the package, installs it into the application that
 * LoopBack's own generator writes, and tries that application with a real client.
 */
import assert from 'node:assert/strict';
import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {request} from 'node:https';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';

const ROOT = resolve(__dirname, '../../..');
const EXPECTED =
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md|docs\/[a-z-]+\.md|dist\/src\/.+\.(js|d\.ts))$/;

const ACCESS = {
  PingController: {allowedRoles: ['clinician']},
  ExplorerController: {allowedRoles: ['admin']},
  'GET /openapi.json': {allowedRoles: ['admin']},
  '/explorer/**': {allowedRoles: ['admin']},
  '/**': {allowedRoles: ['clinician', 'admin']},
};

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mtls-package-'));
  try {
    const tarball = pack(folder);
    const app = installStockApplication(folder, tarball);
    await refusesToStart(app, ACCESS, {LINE: 'late'}, 'ERR_MTLS_COMPONENT_LATE');
    await refusesToStart(app, undefined, {}, 'GET /ping');
    await serves(app);
    console.log('the package works in a stock LoopBack application');
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

/** Packs and checks the list of files: nothing but the compiled library and its papers, and no key material. */
function pack(folder: string): string {
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [packed] = JSON.parse(output.slice(output.indexOf('['))) as {filename: string; files: {path: string}[]}[];
  assert.ok(packed);
  assert.deepEqual(
    packed.files.map(file => file.path).filter(path => !EXPECTED.test(path)),
    [],
    'unexpected files in the package',
  );
  for (const {path} of packed.files) {
    assert.ok(!readFileSync(join(ROOT, path), 'utf8').includes('PRIVATE KEY-----\n'), `${path} holds key material`);
  }
  for (const door of ['index', 'core', 'danger'])
    assert.ok(
      packed.files.some(file => file.path === `dist/src/${door}.js`),
      `door ${door} is missing`,
    );
  return join(folder, packed.filename);
}

function installStockApplication(folder: string, tarball: string): string {
  const app = join(folder, 'stock-app');
  cpSync(join(ROOT, 'test/packaging/stock-app'), app, {recursive: true});
  const run = (command: string, args: readonly string[]): void => {
    execFileSync(command, args, {cwd: app, stdio: ['ignore', 'inherit', 'inherit']});
  };
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefer-offline', tarball]);
  run('npx', ['tsc', '-p', 'tsconfig.json']);
  run('npx', ['loopback4-mtls', 'pki', 'example', '--dir', 'certs']);
  return app;
}

function writeConfig(app: string, access: object | undefined): string {
  const file = join(app, 'mtls.json');
  const config = {
    server: {key: 'certs/server.key', cert: 'certs/server.crt'},
    clients: {ca: 'certs/clients-ca.crt', intermediates: 'certs/clients-issuing-ca.crt', crl: 'certs/clients.crl'},
    identity: {
      rules: [
        {when: {organizationalUnit: 'Clinicians'}, roles: ['clinician'], id: 'san.uri'},
        {when: {organizationalUnit: 'Administrators'}, roles: ['admin'], id: 'san.uri'},
      ],
    },
    ...(access === undefined ? {} : {access}),
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

function start(app: string, env: Readonly<Record<string, string>>): ReturnType<typeof spawn> {
  return spawn(process.execPath, ['dist/index.js'], {
    cwd: app,
    env: {...process.env, ...env},
    stdio: ['ignore', 'pipe', 'pipe'],
    // A start that should be refused and is not would wait for clients for ever.
    timeout: 60_000,
  });
}

/** The start ends with an error that names the code or the route. */
async function refusesToStart(
  app: string,
  access: object | undefined,
  env: Readonly<Record<string, string>>,
  expected: string,
): Promise<void> {
  const child = start(app, {MTLS_CONFIG: writeConfig(app, access), ...env});
  let output = '';
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  // A stream that nobody reads never ends, and the process would never be closed.
  child.stdout?.resume();
  const [status] = (await once(child, 'close')) as [number | null];
  assert.notEqual(status, 0, `the start should be refused (${expected})`);
  assert.ok(output.includes(expected), `the refusal should name ${expected}:\n${output}`);
}

/** One role gets in, another does not, and nobody without a certificate. */
async function serves(app: string): Promise<void> {
  const child = start(app, {MTLS_CONFIG: writeConfig(app, ACCESS)});
  try {
    const url = await listening(child);
    assert.equal(await statusOf(app, `${url}/ping`, 'clinician-alice'), 200);
    assert.equal(await statusOf(app, `${url}/ping`, 'admin-erin'), 403);
    assert.equal(await statusOf(app, `${url}/openapi.json`, 'clinician-alice'), 403);
    assert.equal(await statusOf(app, `${url}/`, 'admin-erin'), 200);
    await assert.rejects(statusOf(app, `${url}/ping`, undefined));
  } finally {
    child.kill('SIGINT');
    await once(child, 'close');
  }
}

async function listening(child: ReturnType<typeof spawn>): Promise<string> {
  let output = '';
  return new Promise((accept, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const match = /listening (https:\S+)/.exec(output);
      if (match?.[1] !== undefined) accept(match[1]);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('close', () => {
      reject(new Error(`the application ended:\n${output}`));
    });
  });
}

async function statusOf(app: string, url: string, role: string | undefined): Promise<number | undefined> {
  const read = (name: string): Buffer => readFileSync(join(app, 'certs', name));
  const identity = role === undefined ? {} : {key: read(`${role}.key`), cert: read(`${role}.crt`)};
  return new Promise((accept, reject) => {
    const outgoing = request(
      url,
      {ca: read('server-ca.crt'), servername: 'localhost', headers: {host: 'localhost'}, agent: false, ...identity},
      answer => {
        answer.resume();
        answer.once('end', () => {
          accept(answer.statusCode);
        });
      },
    );
    outgoing.once('error', reject).end();
  });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
