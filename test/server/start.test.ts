import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {inspect} from 'node:util';
import {dangerouslyAllowExposedKeyFile, dangerouslyAllowUnknownRevocation, isWeakening} from '../../src/danger';
import {ConfigError} from '../../src/errors';
import type {ConfigFault} from '../../src/errors';
import {createAuthority} from '../../src/pki/authority';
import {createMtlsServer} from '../../src/server/mtls-server';
import type {MtlsOptions} from '../../src/server/options';
import {clientRoot, Folder, get, issueClient, issueServer, Recorder, start, workingOptions} from './harness';

const tomorrow = new Date(Date.now() + 86_400_000);

async function faultsOf(
  options: Partial<MtlsOptions>,
  faults: readonly ConfigFault[] = [],
): Promise<readonly ConfigFault[]> {
  try {
    await createMtlsServer(options, () => undefined, {faults});
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.faults;
  }
}

describe('the start', () => {
  let folder: Folder;
  let options: MtlsOptions;

  beforeEach(() => {
    folder = new Folder();
    options = workingOptions(folder);
  });
  afterEach(() => {
    folder.remove();
  });

  function withCa(content: string): MtlsOptions {
    return {...options, clients: {...options.clients, ca: folder.write('other-ca.crt', content)}};
  }

  const weakCa = createAuthority({
    subject: {commonName: 'Old'},
    validity: {notBefore: new Date(0), notAfter: new Date(1)},
  });
  const subordinate = clientRoot.issueAuthority({subject: {commonName: 'Sub'}});
  const CAS: readonly (readonly [string, () => string, RegExp])[] = [
    ['is empty', () => '', /empty/],
    ['holds no PEM', () => 'hello', /no PEM block/],
    ['is cut off', () => clientRoot.pem.slice(0, 200), /the end|something else/],
    ['holds a broken certificate', () => clientRoot.pem.replace(/\n.{8}/, '\nAAAAAAAA'), /./],
    ['holds a key', () => clientRoot.pem + clientRoot.credential.exportKeyPem(), /PRIVATE KEY/],
    ['holds a client certificate', () => issueClient().pem, /without basicConstraints CA.*Alice/],
    ['holds a subordinate CA', () => subordinate.pem, /subordinate CA.*Sub/],
    ['holds a good CA and a bad one', () => clientRoot.pem + issueClient().pem, /without basicConstraints CA/],
    ['holds a CA that has ended', () => weakCa.pem, /ended 1970/],
    ['holds a CA twice', () => clientRoot.pem + clientRoot.pem, /a second time/],
  ];
  for (const [name, content, found] of CAS) {
    it(`is refused when the CA file ${name}`, async () => {
      const [fault] = await faultsOf(withCa(content()));
      assert.equal(fault?.where, 'clients.ca');
      assert.match(fault.found, found);
    });
  }

  it('is refused when the CA file is missing', async () => {
    const [fault] = await faultsOf({...options, clients: {...options.clients, ca: join(folder.path, 'none')}});
    assert.equal(fault?.where, 'clients.ca');
  });

  it('is refused when an intermediate is a root or no CA', async () => {
    const intermediates = folder.write('int.crt', clientRoot.pem + issueClient().pem);
    const faults = await faultsOf({...options, clients: {...options.clients, intermediates}});
    assert.deepEqual(
      faults.map(({where, found}) => [where, /^(a root|no CA)/.exec(found)?.[0]]),
      [
        ['clients.intermediates', 'a root'],
        ['clients.intermediates', 'no CA'],
      ],
    );
  });

  it('is refused without a word about revocation', async () => {
    const {ca} = options.clients;
    const [fault] = await faultsOf({...options, clients: {ca}});
    assert.equal(fault?.where, 'clients.revocation');
  });

  it('is refused with the faults of options, files, credentials, rules and the layer above together', async () => {
    const recorder = new Recorder('start');
    const bad = issueServer({without: ['subjectAltNames']});
    const faults = await faultsOf(
      {
        server: {key: folder.write('k', bad.exportKeyPem(), 0o644), cert: folder.write('c', bad.chainPem)},
        clients: {ca: folder.write('ca', 'x'), revocation: {unknown: 'deny-list-only'}},
        identity: {rules: []},
        audit: {sink: 'none'},
      },
      [{code: 'ERR_MTLS_ROUTE_UNPROTECTED', where: 'GET /x', required: 'a rule', found: 'none', remedy: 'add one'}],
    );
    assert.deepEqual(
      faults.map(({where}) => where),
      ['GET /x', 'server.key', 'server.cert', 'clients.ca', 'identity.rules'],
    );
    for (const {remedy} of faults) assert.ok(remedy.length > 5);
    const [event] = recorder.of('start');
    assert.equal(event?.phase, 'refused');
    assert.match(event.message, /GET \/x[\s\S]*server\.key[\s\S]*identity\.rules/);
    recorder.stop();
  });

  it('announces every weakening and what is wrong with the runtime', async () => {
    const recorder = new Recorder('start');
    const reason = 'the mount is being repaired';
    const server = issueServer();
    const key = folder.write('exposed.key', server.exportKeyPem(), 0o644);
    const cert = folder.write('exposed.crt', server.chainPem);
    const {ca} = options.clients;
    const running = await start({
      ...options,
      server: {key, cert},
      clients: {ca},
      danger: [
        dangerouslyAllowExposedKeyFile({reason, until: tomorrow}),
        dangerouslyAllowUnknownRevocation({reason, until: tomorrow}),
      ],
    });
    const said = recorder.of('start').filter(({phase}) => phase === 'weakening');
    assert.deepEqual(
      said.map(({message}) => message),
      ['exposed-key-file', 'unknown-revocation'].map(kind => `${kind} until ${tomorrow.toISOString()}: ${reason}`),
    );
    assert.equal((await get(running.port, issueClient())).status, 200);
    await running.stop();
    recorder.stop();
  });

  it('leaves no key where something could print it', async () => {
    const server = issueServer();
    const running = await start(workingOptions(folder, server));
    const body = server.exportKeyPem().split('\n')[1] ?? '';
    const printed = inspect([running, options], {depth: 20, showHidden: true, maxStringLength: null});
    assert.ok(body.length > 40);
    assert.ok(!printed.includes(body), 'the key is printed');
    assert.doesNotMatch(printed, /PRIVATE KEY/);
    await running.stop();
  });

  it('listens on TCP ports only', async () => {
    const mtls = await createMtlsServer(options, () => undefined);
    await assert.rejects(mtls.listen({path: join(folder.path, 'socket')}), /a TCP port/);
    await mtls.close();
  });

  it('fails where the port is taken', async () => {
    const running = await start(options);
    const mtls = await createMtlsServer(options, () => undefined);
    await assert.rejects(mtls.listen({port: running.port, host: '127.0.0.1'}), {code: 'EADDRINUSE'});
    await running.stop();
  });

  const FLAGS: readonly (readonly [string, string])[] = [
    ['NODE_OPTIONS', '--tls-min-v1.0'],
    ['NODE_OPTIONS', `--tls-keylog=${join('/dev', 'null')}`],
    ['argument', '--insecure-http-parser'],
    ['argument', '--tls-min-v1.1'],
  ];
  for (const [place, flag] of FLAGS) {
    it(`is refused with ${flag.split('=')[0] ?? ''} as ${place}`, () => {
      const script = `require(${JSON.stringify(join(__dirname, '../../src/server/mtls-server.js'))})
        .createMtlsServer({}, () => undefined).catch(error => console.log(JSON.stringify(error.faults)))`;
      const environment = {...process.env, NODE_OPTIONS: place === 'NODE_OPTIONS' ? flag : ''};
      const flags = place === 'NODE_OPTIONS' ? [] : [flag];
      const {stdout} = spawnSync(process.execPath, [...flags, '-e', script], {env: environment, encoding: 'utf8'});
      const faults = JSON.parse(stdout) as ConfigFault[];
      assert.ok(faults.some(({code, found}) => code === 'ERR_MTLS_RUNTIME' && flag.startsWith(found)));
    });
  }
});

describe('a weakening', () => {
  const CASES: readonly (readonly [string, string, Date, 'made' | 'refused'])[] = [
    ['with a reason of ten characters', 'ten chars!', tomorrow, 'made'],
    ['with a shorter reason', 'ten chars', tomorrow, 'refused'],
    ['with a reason of spaces', ' '.repeat(20), tomorrow, 'refused'],
    ['without a date', 'a good reason', new Date(NaN), 'refused'],
  ];
  for (const [name, reason, until, outcome] of CASES) {
    it(`is ${outcome} ${name}`, () => {
      const make = (): unknown => dangerouslyAllowExposedKeyFile({reason, until});
      if (outcome === 'refused') assert.throws(make, {code: 'ERR_MTLS_WEAKENING'});
      else assert.ok(isWeakening(make()));
    });
  }

  it('is not what looks like one', () => {
    assert.equal(isWeakening({...dangerouslyAllowExposedKeyFile({reason: 'a good reason', until: tomorrow})}), false);
    assert.equal(isWeakening(null), false);
    assert.equal(isWeakening('exposed-key-file'), false);
  });

  it('cannot be changed afterwards', () => {
    const until = new Date(tomorrow);
    const weakening = dangerouslyAllowExposedKeyFile({reason: 'a good reason', until});
    until.setFullYear(2999);
    assert.equal(weakening.until.getTime(), tomorrow.getTime());
  });
});
