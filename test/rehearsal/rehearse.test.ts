import assert from 'node:assert/strict';
import {constants, randomBytes} from 'node:crypto';
import {describe as describeRefusal} from '../../src/errors';
import {attacksOn} from '../../src/rehearsal/attacks';
import {rehearse, runTrials} from '../../src/rehearsal/rehearse';
import {createMtlsServer as createRehearsedServer} from '../../src/rehearsal/rehearsed-server';
import {buildTarget} from '../../src/rehearsal/stage';
import type {BuildTarget} from '../../src/rehearsal/stage';
import {createMtlsServer} from '../../src/server/mtls-server';
import type {Material} from '../../src/server/material';
import type {MtlsOptions} from '../../src/server/options';
import {clientRoot, Folder, get, issueClient, issueServer, Recorder, start, workingOptions} from '../server/harness';
import {replace, rotatingOptions} from '../rotation/rotation';
import {despite, lenient, spoilt, unencrypted} from './targets';

const {SSL_OP_NO_TICKET, SSL_OP_NO_RENEGOTIATION} = constants;
const asIs = (material: Material): Material => material;
const authorized = despite();
const CBC = 'ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-GCM-SHA384';

/** For each attack a server that lacks exactly the defence against it. */
const WITHOUT_DEFENCE: Readonly<Record<string, BuildTarget>> = {
  'a client without a certificate': lenient(
    socket => socket.authorized || socket.getPeerX509Certificate() === undefined,
  ),
  'a certificate of another CA': lenient(
    despite('SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
  ),
  'a certificate of another CA with the name of a trusted one': lenient(despite('CERT_SIGNATURE_FAILURE')),
  'a self-signed certificate': lenient(despite('DEPTH_ZERO_SELF_SIGNED_CERT')),
  'an expired certificate': lenient(despite('CERT_HAS_EXPIRED')),
  'a certificate that is not yet valid': lenient(despite('CERT_NOT_YET_VALID')),
  'a certificate for servers only': lenient(despite('INVALID_PURPOSE')),
  'a revoked certificate': spoilt(withoutRevocation),
  'a certificate with a weak key': spoilt(withWeakKeys, {
    ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0',
  }),
  'TLS 1.1': spoilt(asIs, {minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0'}),
  'a suite with CBC': spoilt(asIs, {ciphers: CBC}),
  'a suite with RSA key exchange': spoilt(asIs, {ciphers: 'AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256'}),
  'a resumed session without a certificate': lenient(socket => socket.authorized || socket.isSessionReused(), {
    secureOptions: SSL_OP_NO_RENEGOTIATION,
  }),
  'a resumed session': lenient(authorized, {secureOptions: SSL_OP_NO_RENEGOTIATION}),
  'a stranger who writes the server name in mixed case': lenient(
    socket => socket.authorized || /[A-Z]/.test(nameOf(socket)),
  ),
  'a stranger who writes the server name with a trailing dot': lenient(
    socket => socket.authorized || nameOf(socket).endsWith('.'),
  ),
  'a client that renegotiates': spoilt(asIs, {secureOptions: SSL_OP_NO_TICKET}),
  'a request without TLS': unencrypted,
};

/** The same for what is tried where sessions are resumed. */
const WITHOUT_DEFENCE_OF_SESSIONS: Readonly<Record<string, BuildTarget>> = {
  'a session that was won without a certificate': lenient(socket => socket.authorized || socket.isSessionReused()),
  'a session that was won where another CA is trusted': lenient(authorized, {ticketKeys: randomBytes(48)}),
  'TLS 1.2': spoilt(asIs, {minVersion: 'TLSv1.2'}),
};

function nameOf(socket: object): string {
  const name: unknown = Reflect.get(socket, 'servername');
  return typeof name === 'string' ? name : '';
}

function withoutRevocation(material: Material): Material {
  const {revocation} = material;
  return {
    ...material,
    revocation: {...revocation, policyOf: anchor => ({...revocation.policyOf(anchor), unknown: 'deny-list-only'})},
  };
}

function withWeakKeys(material: Material): Material {
  const {trust} = material;
  return {...material, trust: {...trust, policy: {...trust.policy, minRsaBits: 512}}};
}

/** The material a start would use. */
async function materialOf(options: MtlsOptions): Promise<Material> {
  const seen: Material[] = [];
  const server = await createMtlsServer(options, () => undefined, {
    rehearse: material => {
      seen.push(material);
      return Promise.resolve([]);
    },
  });
  await server.close();
  const [material] = seen;
  assert.ok(material);
  return material;
}

describe('a rehearsal', () => {
  const folder = new Folder();
  let ecdsa: Material;
  let rsa: Material;
  let resuming: Material;

  before(async () => {
    ecdsa = await materialOf({...workingOptions(folder), audit: {sink: 'none'}});
    rsa = await materialOf({...workingOptions(folder, issueServer({key: 'rsa-2048'})), audit: {sink: 'none'}});
  });
  before(async () => {
    const options = workingOptions(folder);
    const secret = folder.write('sessions.secret', randomBytes(48));
    resuming = await materialOf({...options, server: {...options.server, sessions: {secret}}});
  });
  after(() => {
    folder.remove();
  });

  it('finds nothing against the server as it is, whatever its key', async () => {
    assert.deepEqual(await rehearse(ecdsa), []);
    assert.deepEqual(await rehearse(rsa), []);
    assert.deepEqual(await rehearse(resuming), []);
  });

  it('tries every attack', async () => {
    for (const [resumption, material] of [
      ['refuse', ecdsa],
      ['allow', resuming],
    ] as const) {
      const attacks = attacksOn(resumption).map(({name}) => name);
      const trials = await runTrials(material);
      assert.deepEqual(
        trials.filter(({expected}) => expected === 'refused').map(({name}) => name),
        attacks,
      );
      const without = {...WITHOUT_DEFENCE, ...(resumption === 'allow' && WITHOUT_DEFENCE_OF_SESSIONS)};
      assert.deepEqual(
        attacks.filter(name => !(name in without)),
        [],
      );
    }
  });

  for (const [name, build] of Object.entries({...WITHOUT_DEFENCE, ...WITHOUT_DEFENCE_OF_SESSIONS})) {
    it(`refuses the start of a server that lets in ${name}`, async () => {
      const material = name in WITHOUT_DEFENCE_OF_SESSIONS ? resuming : name.includes('RSA') ? rsa : ecdsa;
      const refusing = createMtlsServer({...workingOptions(folder), audit: {sink: 'none'}}, () => undefined, {
        rehearse: () => rehearse(material, build),
      });
      await assert.rejects(refusing, (error: Error) => {
        assert.equal(error.name, 'ConfigError');
        assert.ok(
          error.message.includes(`required no service for ${name}, found a request that reached`),
          error.message,
        );
        assert.match(error.message, /ERR_MTLS_REHEARSAL/);
        return true;
      });
    });
  }

  it('refuses a server that serves nobody', async () => {
    const faults = await rehearse(
      ecdsa,
      lenient(() => false),
    );
    assert.equal(faults.filter(({required}) => required.startsWith('service for a client with everything')).length, 2);
  });

  it('refuses a server that shows another certificate than it should', async () => {
    const other = issueServer();
    const faults = await rehearse(ecdsa, spoilt(asIs, {key: other.exportKeyPem(), cert: other.pem}));
    assert.ok(faults.length === 2 && faults.every(({found}) => found === 'a refusal'));
  });

  it('refuses what hangs', async () => {
    const deaf: BuildTarget = (material, application) => {
      const target = buildTarget(material, application);
      target.https.removeAllListeners('connection');
      return target;
    };
    const faults = await rehearse(ecdsa, deaf, 300);
    assert.ok(faults.length > 10);
    assert.ok(faults.every(({found}) => found === 'no outcome within 300 ms'));
  });

  it('works for every kind of server name', async () => {
    for (const name of ['dns:*.clinic.example', 'ip:192.0.2.1', 'ip:2001:db8::1'] as const) {
      const named = issueServer({subjectAltNames: [name]});
      assert.deepEqual(await rehearse(await materialOf({...workingOptions(folder, named), audit: {sink: 'none'}})), []);
    }
  });

  it('leaves no trace in the audit trail', async () => {
    const recorder = new Recorder('handshake', 'refusal', 'authentication', 'authorization', 'revocation');
    await rehearse(ecdsa);
    recorder.stop();
    assert.deepEqual(recorder.events, []);
  });
});

describe('a server with a rehearsal', () => {
  const folder = new Folder();
  const recorder = Recorder.ofBlock('reload');
  after(() => {
    recorder.stop();
    folder.remove();
  });

  it('starts, and does not let the CA of the rehearsal stay', async () => {
    const server = await createRehearsedServer({...workingOptions(folder), audit: {sink: 'none'}}, () => undefined);
    assert.deepEqual(
      server.snapshot.anchors.map(({certificate}) => certificate.der),
      [clientRoot.certificate],
    );
    await server.close();
  });

  it('rolls a reload back when an attack succeeds', async () => {
    const outcomes: BuildTarget[] = [buildTarget, unencrypted];
    const server = await start(rotatingOptions(folder), undefined, {
      rehearse: material => rehearse(material, outcomes.shift()),
    });
    const {snapshot} = server.mtls;
    replace(`${folder.path}/clients.crl`, clientRoot.issueCrl({number: 9}).pem);
    const {phase, faults} = await recorder.next('reload');
    assert.equal(phase, 'rejected');
    assert.match(faults.map(describeRefusal).join(), /no service for a request without TLS/);
    assert.equal(server.mtls.snapshot, snapshot);
    assert.equal((await get(server.port, issueClient())).status, 200);
    await server.stop();
  });

  it('is refused when the rehearsal itself fails', async () => {
    const options = {...workingOptions(folder), audit: {sink: 'none'}} as const;
    const rehearsal = (): Promise<never> => Promise.reject(new Error('out of ports'));
    await assert.rejects(
      createMtlsServer(options, () => undefined, {rehearse: rehearsal}),
      /out of ports/,
    );
  });

  it('does without where it is switched off', async () => {
    const options = {...workingOptions(folder), audit: {sink: 'none'}, rehearsal: 'off'} as const;
    const server = await createMtlsServer(options, () => undefined, {
      rehearse: () => Promise.reject(new Error('asked')),
    });
    await server.close();
  });
});
