import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {request} from 'node:https';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {HealthcareApplication} from '../../examples/healthcare/application';
import {seed} from '../../examples/healthcare/seed';
import {MtlsBindings} from '../../src/index';
import type {MtlsComponentOptions} from '../../src/index';
import {mtls} from '../cli/terminal';
import type {Answer} from '../server/harness';

const DAY_MS = 86_400_000;

/** One request: what is asked, and the JSON that is sent with it. */
export interface Ask {
  readonly verb: string;
  readonly path: string;
  readonly body?: unknown;
}

/** The healthcare example with certificates and data in a folder of its own. */
export class ExampleClinic {
  readonly folder = mkdtempSync(join(tmpdir(), 'mtls-clinic-'));
  readonly certs = join(this.folder, 'certs');
  #app: HealthcareApplication | undefined;

  /** Makes the certificates of the example, and some that nobody should get in with. */
  async issueCertificates(): Promise<void> {
    await this.pki('example');
    const clinician = '--ou Clinicians --san uri:spiffe://clinic.example/clinician/alice';
    await this.pki(`client expired --ca clients-issuing-ca ${clinician} --days 1`, new Date(Date.now() - 2 * DAY_MS));
    await this.pki(`server server-only --ca clients-issuing-ca ${clinician}`);
    await this.pki(`client left --ca clients-issuing-ca ${clinician}`);
    await this.pki('revoke left');
    await this.pki('init elsewhere-ca');
    await this.pki(`client elsewhere --ca elsewhere-ca ${clinician}`);
  }

  /** Runs `mtls pki`. */
  async pki(line: string, now = new Date()): Promise<void> {
    const {code, err} = await mtls(['pki', ...line.split(' '), '--dir', this.certs], {now});
    assert.equal(code, 0, err);
  }

  get app(): HealthcareApplication {
    assert.ok(this.#app);
    return this.#app;
  }

  get port(): number {
    return Number(new URL(this.app.restServer.url ?? '').port);
  }

  /** Starts a new application on the same data, changed beforehand. */
  async start(change: (app: HealthcareApplication) => void = () => undefined): Promise<void> {
    const app = new HealthcareApplication({
      certs: this.certs,
      dataFile: join(this.folder, 'clinic.json'),
      shutdown: {signals: []},
      rest: {port: 0, host: '127.0.0.1', gracePeriodForClose: 0},
    });
    const options = await app.getConfig<MtlsComponentOptions>(MtlsBindings.COMPONENT);
    app.configure(MtlsBindings.COMPONENT).to({...options, audit: {...options?.audit, sink: 'none'}});
    change(app);
    await app.boot();
    await app.start();
    await seed(app);
    this.#app = app;
  }

  async stop(): Promise<void> {
    await this.#app?.stop();
    this.#app = undefined;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, {recursive: true});
  }

  /** What somebody presents, by the name of their files. */
  credential(who: string): {readonly key: Buffer; readonly cert: Buffer} {
    return {key: this.#read(`${who}.key`), cert: this.#read(`${who}.crt`)};
  }

  /** The CA that clients check the server with. */
  get serverCa(): Buffer {
    return this.#read('server-ca.crt');
  }

  /** One request on a connection of its own. Rejects with the socket's error when there is no answer. */
  ask(who: string, {verb, path, body}: Ask): Promise<Answer> {
    const content = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: 'localhost',
          port: this.port,
          agent: false,
          method: verb,
          path,
          ca: this.serverCa,
          ...this.credential(who),
          ...(content !== undefined && {headers: {'content-type': 'application/json'}}),
        },
        incoming => {
          let text = '';
          incoming.setEncoding('utf8');
          incoming.on('data', (chunk: string) => (text += chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            resolve({status: incoming.statusCode ?? 0, headers: incoming.headers, body: text});
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(content);
    });
  }

  #read(file: string): Buffer {
    return readFileSync(join(this.certs, file));
  }
}
