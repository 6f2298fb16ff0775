import assert from 'node:assert/strict';
import {join} from 'node:path';
import {dangerouslyAllowExposedKeyFile, dangerouslyAllowOldRuntime} from '../../src/danger';
import type {ConfigFault} from '../../src/errors';
import {readOptions, weakeningOf} from '../../src/server/config';
import type {ResolvedOptions} from '../../src/server/config';
import {DEFAULT_LIMITS} from '../../src/server/limits';
import {Folder} from './harness';

const DAY_MS = 86_400_000;
const now = new Date('2026-06-01T12:00:00Z');
const HASH = 'AB'.repeat(32);

const GOOD = {
  server: {key: 'key', cert: 'cert'},
  clients: {ca: 'ca'},
  identity: {rules: [1]},
};

interface Outcome {
  readonly options: ResolvedOptions | undefined;
  readonly faults: readonly ConfigFault[];
}

async function read(options: unknown, variables: Record<string, string> = {}): Promise<Outcome> {
  const faults: ConfigFault[] = [];
  const resolved = await readOptions(options, variables, now, fault => void faults.push(fault));
  return {options: resolved, faults};
}

/** GOOD with changes one level down. */
function changed(group: keyof typeof GOOD, fields: object): object {
  return {...GOOD, [group]: {...GOOD[group], ...fields}};
}

describe('options', () => {
  it('get their defaults', async () => {
    const {options, faults} = await read(GOOD);
    assert.deepEqual(faults, []);
    assert.deepEqual(options?.credentials, {key: 'key', cert: 'cert'});
    assert.deepEqual(options.limits, DEFAULT_LIMITS);
    assert.deepEqual(options.anchors, [{where: 'clients.ca', ca: 'ca'}]);
    assert.deepEqual(options.intermediates, []);
    assert.equal(options.maxIntermediates, 4);
    assert.deepEqual(options.identity, {kind: 'rules', rules: [1]});
    assert.deepEqual(options.audit, {allowed: 'omit', sink: 'stderr'});
    assert.deepEqual(options.revocation, {});
  });

  const ACCEPTED: readonly (readonly [string, object])[] = [
    ['a key with a passphrase', changed('server', {passphrase: {env: 'P'}})],
    ['PKCS#12', {...GOOD, server: {pkcs12: {path: 'p12'}, passphrase: () => 'x'}}],
    [
      'limits at their bounds',
      changed('server', {limits: {handshakeTimeoutMs: 100, drainTimeoutMs: 0, maxConnections: 1}}),
    ],
    ['host names', changed('server', {hostNames: ['a.example', '*.b.example', '2001:db8::1', '192.0.2.1']})],
    ['several CAs', changed('clients', {ca: ['a', {path: 'b'}, {env: 'C'}, () => 'd', {ca: 'e'}]})],
    [
      'a CA with every limit',
      changed('clients', {
        ca: {
          ca: 'a',
          name: 'Partner',
          mayVouchFor: {
            subjectAltNames: ['uri:spiffe://partner.example/**'],
            organizations: [],
            extendedKeyUsages: ['1.3.6.1'],
            roles: ['guest'],
          },
          pins: HASH,
          expectedIssuers: [HASH],
          maxLifetimeHours: 24,
          requiredPolicies: '2.5.29.32.0',
          revocation: {shortLivedHours: 24},
        },
      }),
    ],
    [
      'revocation',
      changed('clients', {crl: 'crl', revocation: {agreement: 'all', unknown: 'hard-fail', indirectCrl: 'allow'}}),
    ],
    [
      'a soft fail',
      changed('clients', {revocation: {unknown: {graceHours: 1, reason: 'the CA is slow', until: '2026-07-01'}}}),
    ],
    ['a resolver', {...GOOD, identity: {resolver: () => undefined, resolverTimeoutMs: 1}}],
    ['audit', {...GOOD, audit: {allowed: 'record', sink: 'none'}}],
    ['intermediates', changed('clients', {intermediates: ['a'], maxIntermediates: 0})],
    ['sessions that are off', changed('server', {sessions: 'off'})],
    ['sessions with the shortest period', changed('server', {sessions: {secret: 's', rotateEveryMinutes: 1}})],
    [
      'sessions with the longest period',
      changed('server', {sessions: {secret: {env: 'S'}, rotateEveryMinutes: 1_440}}),
    ],
  ];
  for (const [name, options] of ACCEPTED) {
    it(`accept ${name}`, async () => {
      const {options: resolved, faults} = await read(options);
      assert.deepEqual(faults, []);
      assert.ok(resolved);
    });
  }

  const REFUSED: readonly (readonly [string, unknown, string, RegExp?])[] = [
    ['nothing', undefined, '', /an object/],
    ['a list', [], ''],
    ['an empty object', {}, 'server'],
    ['no server', {...GOOD, server: undefined}, 'server', /set server/],
    ['no clients', {...GOOD, clients: null}, 'clients'],
    ['no client CA', {...GOOD, clients: {}}, 'clients.ca'],
    ['an empty list of CAs', changed('clients', {ca: []}), 'clients.ca'],
    ['an empty path', changed('clients', {ca: ''}), 'clients.ca'],
    [
      'PEM where a path belongs',
      changed('server', {key: `${'-'.repeat(5)}BEGIN PRIVATE KEY${'-'.repeat(5)}\nMIGH`}),
      'server.key',
      /content itself/,
    ],
    ['a source with two origins', changed('server', {key: {path: 'a', env: 'B'}}), 'server.key'],
    ['a source of another kind', changed('server', {key: {url: 'a'}}), 'server.key'],
    ['a source without value', changed('server', {key: {path: ''}}), 'server.key'],
    ['a number for a source', changed('server', {key: 7}), 'server.key', /found 7|7/],
    ['a key without certificate', {...GOOD, server: {key: 'a'}}, 'server', /key/],
    ['PKCS#12 without passphrase', {...GOOD, server: {pkcs12: 'a'}}, 'server', /pkcs12/],
    ['PKCS#12 beside a key', {...GOOD, server: {pkcs12: 'a', passphrase: 'p', key: 'k', cert: 'c'}}, 'server'],
    ['no credentials', {...GOOD, server: {}}, 'server', /neither/],
    ['sessions without secret', changed('server', {sessions: {}}), 'server.sessions.secret', /set server/],
    ['sessions that are on, without more', changed('server', {sessions: 'on'}), 'server.sessions', /one of off/],
    [
      'a period of no minutes',
      changed('server', {sessions: {secret: 's', rotateEveryMinutes: 0}}),
      'server.sessions.rotateEveryMinutes',
    ],
    [
      'a period of more than a day',
      changed('server', {sessions: {secret: 's', rotateEveryMinutes: 1_441}}),
      'server.sessions.rotateEveryMinutes',
    ],
    ['ticket keys', changed('server', {ticketKeys: 'k'}), 'server.ticketKeys', /server\.sessions\.secret/],
    [
      'a limit below its bounds',
      changed('server', {limits: {handshakeTimeoutMs: 99}}),
      'server.limits.handshakeTimeoutMs',
    ],
    [
      'a limit above its bounds',
      changed('server', {limits: {maxConnections: 1_000_001}}),
      'server.limits.maxConnections',
    ],
    ['a limit that is no number', changed('server', {limits: {maxConnections: '10'}}), 'server.limits.maxConnections'],
    ['a fraction', changed('server', {limits: {maxConnections: 1.5}}), 'server.limits.maxConnections'],
    ['a host name with a port', changed('server', {hostNames: ['a.example:1']}), 'server.hostNames[0]'],
    ['a host name with a scheme', changed('server', {hostNames: ['https://a.example']}), 'server.hostNames[0]'],
    ['host names that are no list', changed('server', {hostNames: 'a'}), 'server.hostNames'],
    ['a pin that is no SHA-256', changed('clients', {ca: {ca: 'a', pins: 'abc'}}), 'clients.ca.pins'],
    [
      'a pattern that is none',
      changed('clients', {ca: {ca: 'a', mayVouchFor: {subjectAltNames: ['spiffe://x']}}}),
      'clients.ca.mayVouchFor.subjectAltNames[0]',
    ],
    [
      'an OID that is none',
      changed('clients', {ca: {ca: 'a', requiredPolicies: ['a.b']}}),
      'clients.ca.requiredPolicies[0]',
    ],
    ['an anchor without a source', changed('clients', {ca: {ca: 7}}), 'clients.ca.ca'],
    [
      'a second CA that is faulty',
      changed('clients', {ca: ['a', {ca: 'b', names: 'x'}]}),
      'clients.ca[1].names',
      /did you mean name\?/,
    ],
    [
      'a soft fail without reason',
      changed('clients', {revocation: {unknown: {graceHours: 1, until: '2026-07-01'}}}),
      'clients.revocation.unknown.reason',
    ],
    [
      'a soft fail without a date',
      changed('clients', {revocation: {unknown: {graceHours: 1, reason: 'the CA is slow', until: 'soon'}}}),
      'clients.revocation.unknown.until',
    ],
    ['neither rules nor resolver', {...GOOD, identity: {}}, 'identity', /neither/],
    ['rules and a resolver', changed('identity', {resolver: () => undefined}), 'identity'],
    ['a time limit for rules', changed('identity', {resolverTimeoutMs: 100}), 'identity'],
    ['a resolver that is no function', {...GOOD, identity: {resolver: 'x'}}, 'identity.resolver'],
    ['an audit word that is none', {...GOOD, audit: {sink: 'file'}}, 'audit.sink', /stderr, none/],
    ['rejectUnauthorized', {...GOOD, rejectUnauthorized: false}, 'rejectUnauthorized', /always refused/],
    ['requestCert', changed('server', {requestCert: true}), 'server.requestCert', /always requested/],
    ['minVersion', changed('server', {minVersion: 'TLSv1.3'}), 'server.minVersion', /TLS 1\.2 and 1\.3/],
    ['ciphers', changed('server', {ciphers: 'ALL'}), 'server.ciphers', /docs\/defaults/],
    ['pfx', changed('server', {pfx: 'a'}), 'server.pfx', /server\.pkcs12/],
    ['a misspelt option', changed('server', {certs: 'a'}), 'server.certs', /did you mean cert\?/],
    ['an option nobody knows', {...GOOD, colour: 'red'}, 'colour', /known here/],
  ];
  for (const [name, options, where, says] of REFUSED) {
    it(`refuse ${name}`, async () => {
      const {faults} = await read(options);
      const fault = faults.find(candidate => candidate.where === where);
      assert.ok(fault, `no fault at ${where}, but at ${faults.map(found => found.where).join()}`);
      assert.equal(fault.code, 'ERR_MTLS_CONFIG');
      if (says !== undefined) assert.match(`${fault.required}; found ${fault.found}; ${fault.remedy}`, says);
      assert.doesNotMatch(JSON.stringify(faults), /MIGH/);
    });
  }

  it('report every fault in one pass', async () => {
    const {faults} = await read({server: {key: 1, cert: 2, requestCert: 1}, clients: {ca: 3}, identity: {}, audit: 4});
    assert.deepEqual(faults.map(({where}) => where).sort(), [
      'audit',
      'clients.ca',
      'identity',
      'server',
      'server.cert',
      'server.key',
      'server.requestCert',
    ]);
  });
});

describe('weakenings', () => {
  const until = new Date(now.getTime() + DAY_MS);
  const weakening = dangerouslyAllowExposedKeyFile({reason: 'until the mount is fixed', until});

  it('count when a function of danger made them', async () => {
    const {options, faults} = await read({...GOOD, danger: [weakening]});
    assert.deepEqual(faults, []);
    assert.ok(options);
    assert.equal(weakeningOf(options, 'exposed-key-file'), weakening);
    assert.equal(weakeningOf(options, 'old-runtime'), undefined);
  });

  const lasting = (ms: number): object =>
    dangerouslyAllowOldRuntime({reason: 'until the update', until: new Date(now.getTime() + ms)});
  const FAULTY: readonly (readonly [string, unknown, RegExp])[] = [
    ['a copy of one', {...weakening}, /made by/],
    ['what JSON can say', {weakens: 'old-runtime', reason: 'because of JSON', until: '2030-01-01'}, /made by/],
    ['a word', 'old-runtime', /made by/],
    ['one that has ended', lasting(0), /end in the future/],
    ['one without end', lasting(366 * DAY_MS + 1), /within 366 days/],
  ];
  for (const [name, danger, required] of FAULTY) {
    it(`do not count as ${name}`, async () => {
      const {faults} = await read({...GOOD, danger: [danger]});
      assert.equal(faults[0]?.code, 'ERR_MTLS_WEAKENING');
      assert.equal(faults[0].where, 'danger[0]');
      assert.match(faults[0].required, required);
    });
  }

  it('count until their last moment', async () => {
    for (const ms of [1, 366 * DAY_MS]) assert.deepEqual((await read({...GOOD, danger: [lasting(ms)]})).faults, []);
  });
});

describe('the environment', () => {
  let folder: Folder;
  beforeEach(() => {
    folder = new Folder();
  });
  afterEach(() => {
    folder.remove();
  });

  it('fills what code leaves out', async () => {
    const {options, faults} = await read(
      {identity: GOOD.identity},
      {
        MTLS_SERVER_KEY: '/k',
        MTLS_SERVER_CERT: '/c',
        MTLS_SERVER_PASSPHRASE: '/p',
        MTLS_SERVER_SESSIONS_SECRET: '/s',
        MTLS_SERVER_HOST_NAMES: 'a.example, b.example',
        MTLS_CLIENTS_CA: '/ca1,/ca2',
        MTLS_CLIENTS_INTERMEDIATES: '/i',
        MTLS_CLIENTS_CRL: '/crl',
        MTLS_SERVER_PKCS12: '',
      },
    );
    assert.deepEqual(faults, []);
    assert.deepEqual(options?.credentials, {key: '/k', cert: '/c', passphrase: '/p'});
    assert.deepEqual(options.sessions, {secret: '/s'});
    assert.deepEqual(options.hostNames, ['a.example', 'b.example']);
    assert.deepEqual(
      options.anchors.map(({ca}) => ca),
      ['/ca1', '/ca2'],
    );
    assert.deepEqual(options.intermediates, ['/i']);
    assert.deepEqual(options.revocation, {crl: ['/crl']});
  });

  it('yields to code, and the file yields to it, option by option', async () => {
    const file = folder.write(
      'mtls.json',
      JSON.stringify({
        server: {
          key: 'k',
          cert: 'c',
          limits: {maxConnections: 7, headersTimeoutMs: 700},
          stapling: {issuer: 'i'},
          sessions: {secret: 's', rotateEveryMinutes: 5},
        },
        clients: {
          ca: ['ca', {ca: 'anchor', name: 'A'}, {path: 'p'}, {env: 'E'}],
          maxIntermediates: 2,
          revocation: {denyList: 'deny.json'},
        },
        audit: {sink: 'none'},
      }),
    );
    const {options, faults} = await read(
      {server: {key: 'mine', limits: {maxConnections: 8}, sessions: {rotateEveryMinutes: 10}}, identity: GOOD.identity},
      {MTLS_CONFIG: file, MTLS_SERVER_CERT: '/env/c'},
    );
    assert.deepEqual(faults, []);
    assert.deepEqual(options?.credentials, {key: 'mine', cert: '/env/c'});
    assert.deepEqual(options.sessions, {secret: join(folder.path, 's'), rotateEveryMinutes: 10});
    assert.equal(options.limits.maxConnections, 8);
    assert.equal(options.limits.headersTimeoutMs, 700);
    assert.equal(options.maxIntermediates, 2);
    assert.equal(options.audit.sink, 'none');
    const at = (name: string): string => join(folder.path, name);
    assert.deepEqual(
      options.anchors.map(({ca}) => ca),
      [at('ca'), at('anchor'), {path: at('p')}, {env: 'E'}],
    );
    assert.equal(options.revocation.revocation?.denyList, at('deny.json'));
    assert.deepEqual(options.stapling, {issuer: at('i')});
  });

  it('cannot weaken anything from a file', async () => {
    const file = folder.write('mtls.json', JSON.stringify({...GOOD, danger: [{weakens: 'old-runtime'}]}));
    const {options, faults} = await read({}, {MTLS_CONFIG: file});
    assert.equal(faults[0]?.where, 'MTLS_CONFIG: danger');
    assert.deepEqual(options?.danger, []);
  });

  const UNREADABLE: readonly (readonly [string, string, RegExp])[] = [
    ['is missing', '', /ENOENT.*none/],
    ['is no JSON', '{', /not JSON/],
    ['holds no object', '[]', /not JSON|no object/],
  ];
  for (const [name, content, found] of UNREADABLE) {
    it(`reports a file that ${name}`, async () => {
      const path = content === '' ? join(folder.path, 'none') : folder.write('mtls.json', content);
      const {faults} = await read(GOOD, {MTLS_CONFIG: path});
      assert.equal(faults[0]?.where, 'MTLS_CONFIG');
      assert.match(faults[0].found, found);
    });
  }

  it('is ignored where it is empty', async () => {
    assert.deepEqual((await read(GOOD, {MTLS_CONFIG: '', MTLS_SERVER_KEY: ''})).faults, []);
  });
});
