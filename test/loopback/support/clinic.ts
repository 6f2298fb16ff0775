import assert from 'node:assert/strict';
import {RestApplication} from '@loopback/rest';
import type {RestServerConfig} from '@loopback/rest';
import {ConfigError} from '../../../src/errors';
import type {ConfigFault} from '../../../src/errors';
import {MtlsComponent} from '../../../src/loopback/component';
import {MtlsBindings} from '../../../src/loopback/keys';
import type {MtlsComponentOptions} from '../../../src/loopback/options';
import {MtlsRestServer} from '../../../src/loopback/rest-server';
import type {Authority} from '../../../src/pki/authority';
import type {Credential} from '../../../src/pki/credential';
import {Folder, get, issueClient, workingOptions} from '../../server/harness';
import type {Answer} from '../../server/harness';
import type {RequestOptions} from 'node:https';

/** Three callers with one role each. */
export const nurse = person('Nurses', 'nora');
export const admin = person('Admins', 'ada');
export const guest = person('Guests', 'gus');

const RULES = [
  {when: {organizationalUnit: 'Nurses'}, roles: ['nurse'], id: 'san.uri'},
  {when: {organizationalUnit: 'Admins'}, roles: ['admin'], id: 'san.uri'},
  {when: {organizationalUnit: 'Guests'}, roles: ['guest'], id: 'san.uri'},
] as const;

/** A certificate of somebody in an organizational unit. */
export function person(organizationalUnit: string, name: string): Credential {
  return issueClient({
    subject: {commonName: name, organizationalUnit},
    subjectAltNames: [`uri:spiffe://clinic.example/${name}`],
  });
}

/** How an application under test differs from the smallest one. */
export interface Plan {
  readonly options?: Partial<MtlsComponentOptions>;
  readonly rest?: RestServerConfig;
  /** Registers what is to be served. */
  readonly setup?: (app: RestApplication) => void;
}

/** A LoopBack application with the component behind `super()`, and its certificates in a folder of its own. */
export class Clinic {
  readonly app: RestApplication;
  readonly #folder = new Folder();

  constructor({options = {}, rest = {}, setup}: Plan = {}) {
    this.app = new RestApplication({shutdown: {signals: []}, rest: {port: 0, host: '127.0.0.1', ...rest}});
    this.app.configure(MtlsBindings.COMPONENT).to(this.options(options));
    this.app.component(MtlsComponent);
    setup?.(this.app);
  }

  options(changes: Partial<MtlsComponentOptions> = {}): MtlsComponentOptions {
    // Starts are rehearsed in test/rehearsal; here there are hundreds.
    const quiet = {audit: {sink: 'none'}, rehearsal: 'off'} as const;
    return {...workingOptions(this.#folder), identity: {rules: RULES}, ...quiet, ...changes};
  }

  /** Replaces the client CA by another one; in force after a reload. */
  trust(authority: Authority): void {
    this.#folder.write('clients-ca.crt', authority.pem);
  }

  get server(): MtlsRestServer {
    assert.ok(this.app.restServer instanceof MtlsRestServer);
    return this.app.restServer;
  }

  get port(): number {
    return Number(new URL(this.app.restServer.url ?? '').port);
  }

  get(caller: Credential | undefined, path: string, options: RequestOptions = {}): Promise<Answer> {
    return get(this.port, caller, {path, ...options});
  }

  async stop(): Promise<void> {
    if (this.app.state === 'started') await this.app.stop();
    this.#folder.remove();
  }
}

/** Starts an application, uses it, and stops it. */
export async function serving<T>(plan: Plan, use: (clinic: Clinic) => Promise<T>): Promise<T> {
  const clinic = new Clinic(plan);
  try {
    await clinic.app.start();
    return await use(clinic);
  } finally {
    await clinic.stop();
  }
}

/** The faults with which a start is refused. */
export async function refusedStart(plan: Plan): Promise<readonly ConfigFault[]> {
  const clinic = new Clinic(plan);
  try {
    await clinic.app.start();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.faults;
  } finally {
    await clinic.stop();
  }
  assert.fail('the start should have been refused');
}

/** Asserts that a start is refused with a fault at this place that says this. */
export async function assertRefused(plan: Plan, where: RegExp, found: RegExp): Promise<void> {
  const faults = await refusedStart(plan);
  assert.ok(
    faults.some(fault => where.test(fault.where) && found.test(fault.found)),
    JSON.stringify(faults, undefined, 1),
  );
}

/** Statuses of one path, for the nurse, the admin and the guest. */
export async function statuses(clinic: Clinic, path: string, options: RequestOptions = {}): Promise<readonly number[]> {
  const answers = await Promise.all([nurse, admin, guest].map(caller => clinic.get(caller, path, options)));
  return answers.map(({status}) => status);
}
