import assert from 'node:assert/strict';
import type {Family} from '../../src/audit/events';
import {ConfigError} from '../../src/errors';
import type {Credential} from '../../src/pki/credential';
import type {MtlsOptions} from '../../src/server/options';
import {Folder, get, issueClient, Recorder, start} from './harness';
import type {Running} from './harness';
import {RevocationWeb} from './revocation-web';
import type {Behaviour} from './revocation-web';

/** A server under test beside a responder or distribution point, with the events of both. */
export class RevocationSetting {
  readonly folder = new Folder();
  readonly web: RevocationWeb;
  readonly recorder: Recorder;
  running: Running | undefined;

  private constructor(behave: Behaviour, families: readonly Family[]) {
    this.web = new RevocationWeb(behave);
    this.recorder = Recorder.ofBlock(...families);
  }

  /** For the tests of the block it is made in; each of them begins without events and ends its server. */
  static ofBlock(behave: Behaviour, ...families: readonly Family[]): RevocationSetting {
    const setting = new RevocationSetting(behave, families);
    before(() => setting.web.listen());
    beforeEach(() => {
      setting.recorder.events.length = 0;
      setting.web.asked = 0;
    });
    afterEach(() => setting.stop());
    after(async () => {
      setting.folder.remove();
      await setting.web.close();
    });
    return setting;
  }

  async start(options: MtlsOptions): Promise<Running> {
    this.running = await start({...options, audit: {sink: 'none'}});
    return this.running;
  }

  async stop(): Promise<void> {
    await this.running?.stop();
    this.running = undefined;
  }

  /** What one client gets: its answer, or the code of the refusal. */
  async outcome(client: Credential = issueClient()): Promise<string> {
    return get(this.running?.port ?? 0, client).then(
      ({body}) => body,
      async () => (await this.recorder.next('refusal')).why.code,
    );
  }
}

/** The faults of a start or reload that has to fail, each as code and place. */
export async function faultsOf(starting: Promise<unknown>): Promise<readonly string[]> {
  const error = await starting.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConfigError);
  return error.faults.map(({code, where}) => `${code} ${where}`);
}
