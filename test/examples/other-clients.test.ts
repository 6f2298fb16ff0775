import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {accessSync, constants} from 'node:fs';
import {delimiter, join} from 'node:path';
import {Recorder} from '../server/harness';
import {ExampleClinic} from './clinic';

const SOURCES = join(__dirname, '../../../test/examples/clients');

type Version = '1.2' | '1.3';

/** What a client is told: the server, and the files of whoever calls. */
interface Call {
  readonly port: number;
  readonly version: Version;
  readonly ca: string;
  /** Absent for a caller without a certificate. */
  readonly caller?: {readonly cert: string; readonly key: string; readonly p12: string; readonly passphrase: string};
}

interface Client {
  readonly tool: string;
  readonly args: (call: Call) => readonly string[];
  readonly input?: string;
}

const CLIENTS: readonly Client[] = [
  {
    tool: 'curl',
    args: ({port, version, ca, caller}) => [
      ...['-s', '--max-time', '20', `--tlsv${version}`, '--tls-max', version, '--cacert', ca],
      ...(caller ? ['--cert', caller.cert, '--key', caller.key] : []),
      ...['-w', ' %{http_code}', `https://localhost:${port}/patients`],
    ],
  },
  {
    tool: 'openssl',
    args: ({port, version, ca, caller}) => [
      ...['s_client', '-connect', `localhost:${port}`, '-servername', 'localhost', '-CAfile', ca],
      ...['-verify_return_error', '-quiet', `-tls${version.replace('.', '_')}`],
      ...(caller ? ['-cert', caller.cert, '-cert_chain', caller.cert, '-key', caller.key] : []),
    ],
    input: 'GET /patients HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  },
  {
    tool: 'python3',
    args: ({port, version, ca, caller}) => [
      join(SOURCES, 'get.py'),
      ...[String(port), `TLSv${version.replace('.', '_')}`, ca],
      ...(caller ? [caller.cert, caller.key] : []),
    ],
  },
  {
    tool: 'java',
    args: ({port, version, ca, caller}) => [
      `-Djdk.tls.client.protocols=TLSv${version}`,
      ...[join(SOURCES, 'Get.java'), String(port), ca],
      ...(caller ? [caller.p12, caller.passphrase] : []),
    ],
  },
];

describe('clients that are not Node.js', function () {
  this.timeout(120_000);
  const clinic = new ExampleClinic();

  before(async () => {
    await clinic.issueCertificates();
    await clinic.start();
  });
  after(() => clinic.remove());

  function callBy(who: string | undefined, version: Version): Call {
    const file = (name: string): string => join(clinic.certs, name);
    const call = {port: clinic.port, version, ca: file('server-ca.crt')};
    if (who === undefined) return call;
    const caller = {
      cert: file(`${who}.crt`),
      key: file(`${who}.key`),
      p12: file(`${who}.p12`),
      passphrase: file('pkcs12.passphrase'),
    };
    return {...call, caller};
  }

  for (const client of CLIENTS) {
    const found = isOnPath(client.tool);
    const reason = found ? '' : ` (skipped: there is no ${client.tool} on the PATH)`;
    for (const version of ['1.2', '1.3'] as const) {
      it(`${client.tool} with a certificate is served over TLS ${version}${reason}`, async function () {
        if (!found) this.skip();
        const {out} = await run(client, callBy('clinician-alice', version));
        assert.match(out, /200/);
        assert.match(out, /p-1001/);
        assert.doesNotMatch(out, /p-1002/);
      });

      it(`${client.tool} without one is refused over TLS ${version}${reason}`, async function () {
        if (!found) this.skip();
        const recorder = new Recorder('refusal');
        try {
          const {out} = await run(client, callBy(undefined, version));
          assert.doesNotMatch(out, /200|40\d|ERR_MTLS|p-1001/);
          assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_CERTIFICATE_MISSING');
        } finally {
          recorder.stop();
        }
      });
    }
  }
});

/** Runs a client to its end, whatever its exit code. */
function run({tool, args, input}: Client, call: Call): Promise<{readonly out: string}> {
  return new Promise(resolve => {
    const child = execFile(tool, args(call), {timeout: 60_000}, (_error, out) => {
      resolve({out});
    });
    if (input !== undefined) child.stdin?.write(input);
    // A client that waits for more input ends with the connection.
    child.stdin?.on('error', () => undefined);
  });
}

function isOnPath(tool: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
