import {resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {RoutePath} from '../../loopback/compiled-path';
import type {Inspection} from '../../loopback/inspection';
import type {MtlsRestServer} from '../../loopback/rest-server';
import {CliError} from '../command';
import type {Io} from '../command';

/** An application that was made and booted, but neither started nor listening. */
export interface LoadedApplication {
  /** Configuration of the component, as the application gave it. */
  readonly options: unknown;
  /** What it serves and under which rules, with everything that is wrong. */
  readonly inspection: Inspection;
  /** Which route takes which path through the library. */
  readonly paths: () => Promise<readonly RoutePath[]>;
}

/** What an application has to be able to do. Not `instanceof`: it may bring another copy of LoopBack. */
interface Application {
  getServer(name: string): Promise<unknown>;
  getConfig(key: unknown): Promise<unknown>;
  boot?(): Promise<unknown>;
}

type AuditedServer = Pick<MtlsRestServer, 'audit' | 'paths'>;

/** How `--app` is read, for help texts. */
export const APP_HELP = `  --app MODULE[#NAME] compiled module of the application: exports createApplication() or an Application class.
                      It is made and booted, but neither started nor listening`;

/**
 * Makes the application that `--app` names: a function `createApplication()`, the export after `#`, or the only
 * exported Application class, which is constructed without arguments.
 *
 * @throws CliError where there is no such module or no application with the component in it
 */
export async function loadApplication(argument: string, io: Io): Promise<LoadedApplication> {
  const [path = '', name] = argument.split('#');
  const exported = await importModule(resolve(io.cwd, path), path);
  const application = await makeApplication(exported, name, path);
  await application.boot?.();
  const {MtlsBindings} = await import('../../loopback/keys.js');
  const server = await application.getServer('MtlsRestServer').catch(() => undefined);
  if (!isAudited(server))
    throw new CliError(`${path} makes an application without MtlsComponent`, 'this.component(MtlsComponent) adds it');
  return {
    options: (await application.getConfig(MtlsBindings.COMPONENT)) ?? {},
    inspection: await server.audit(),
    paths: () => server.paths(),
  };
}

type Exports = Readonly<Record<string, unknown>>;

async function importModule(file: string, path: string): Promise<Exports> {
  try {
    const module: unknown = await import(pathToFileURL(file).href);
    if (!isObject(module)) return {};
    // Of a CommonJS module, Node finds some exports by name; all of them are in `default`.
    const {default: all} = module;
    return isObject(all) ? {...module, ...all} : module;
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new CliError(`${path} cannot be loaded: ${reason ?? ''}`, 'name the compiled module, and build it first');
  }
}

async function makeApplication(exported: Exports, name: string | undefined, path: string): Promise<Application> {
  const candidate = chooseExport(exported, name, path);
  const made: unknown = isApplicationClass(candidate) ? new candidate() : await candidate();
  if (isApplication(made)) return made;
  throw new CliError(`${path} makes no LoopBack application`, 'return one from createApplication()');
}

type Factory = () => unknown;

function chooseExport(exported: Exports, name: string | undefined, path: string): Factory | ApplicationClass {
  if (name !== undefined) {
    const named = exported[name];
    if (isFactory(named)) return named;
    throw new CliError(`${path} exports no class or function ${name}`, `it exports ${namesOf(exported)}`);
  }
  const {createApplication} = exported;
  if (isFactory(createApplication)) return createApplication;
  const classes = [...new Set(Object.values(exported).filter(isApplicationClass))];
  const [only, another] = classes;
  if (only !== undefined && another === undefined) return only;
  const hint = `export createApplication(), or name one: ${path}#NAME; it exports ${namesOf(exported)}`;
  throw new CliError(`${path} exports ${only === undefined ? 'no' : 'more than one'} application`, hint);
}

function namesOf(exported: Exports): string {
  const names = Object.keys(exported).filter(name => name !== 'default' && name !== '__esModule');
  return names.filter(name => name !== 'module.exports').join(', ') || 'nothing';
}

type ApplicationClass = new () => unknown;

function isApplicationClass(value: unknown): value is ApplicationClass {
  if (!isFactory(value)) return false;
  const prototype: unknown = Reflect.get(value, 'prototype');
  return isApplication(prototype);
}

function isFactory(value: unknown): value is Factory {
  return typeof value === 'function';
}

function isApplication(value: unknown): value is Application {
  return isObject(value) && isFactory(value['getServer']) && isFactory(value['getConfig']);
}

function isAudited(value: unknown): value is AuditedServer {
  return isObject(value) && isFactory(value['audit']) && isFactory(value['paths']);
}

function isObject(value: unknown): value is Exports {
  return typeof value === 'object' && value !== null;
}
