import type {IncomingMessage, RequestListener} from 'node:http';
import type {Server} from 'node:https';
import type {AddressInfo, ListenOptions, Socket} from 'node:net';
import type {ServerState} from '../audit/metrics';
import {publish} from '../audit/publish';
import {ConfigError, MtlsError} from '../errors';
import type {ConfigFault} from '../errors';
import type {DenyEntryText} from '../trust/deny-list';
import {inspectRuntime} from '../tls/runtime';
import type {Runtime} from '../tls/runtime';
import type {Report} from '../tls/source';
import {weakeningOf} from './config';
import type {ResolvedOptions} from './config';
import {useDefaultSink} from './default-sink';
import type {Admission} from './gate';
import type {Health} from './health';
import type {Snapshot} from './judge';
import type {MessageClasses} from './listener';
import {loadMaterial} from './material';
import type {Material} from './material';
import type {MtlsOptions} from './options';
import {readCandidate} from './reload/candidate';
import type {Candidate} from './reload/candidate';
import type {ReloadOutcome} from './reload/reloader';
import {LiveRevocation} from './live-revocation';
import type {PeerState} from './peer';
import type {AuthorizeUpgrade} from './request-guard';
import {RunningServer} from './running-server';
import type {CandidateSource} from './running-server';

/** What the layer above adds. */
export interface ServerExtras {
  /** Faults of the configuration that the layer above found; reported together with those found here. */
  readonly faults?: readonly ConfigFault[];
  /** Decides about WebSocket and other upgrades. Without it every upgrade is refused. */
  readonly authorizeUpgrade?: AuthorizeUpgrade;
  /** Tries material out before it is taken in force; a fault refuses it. Not asked where `rehearsal` is `off`. */
  readonly rehearse?: Rehearse;
  /** Classes of requests and responses. Default: Node's. */
  readonly messages?: MessageClasses;
}

/** Tries material out. What it throws refuses as well. */
export type Rehearse = (material: Material) => Promise<readonly ConfigFault[]>;

/** A mutual-TLS server. */
export interface MtlsServer {
  /** Node's server. It shows its listeners only what was admitted. */
  readonly https: Server;
  /** What is trusted now. */
  readonly snapshot: Snapshot;
  /** Open verified connections. */
  readonly connectionCount: number;
  /** Whether a request may be served; for requests that reach the application on another way than `https`. */
  admit(request: IncomingMessage): Admission | Promise<Admission>;
  /** What is known about a connection this server verified, or undefined. */
  peerOf(socket: Socket): PeerState | undefined;
  listen(options: ListenOptions): Promise<AddressInfo>;
  /**
   * Reads every source again. What is free of faults is taken in force as a whole; `unchanged` when nothing differs.
   * @throws ConfigError with every fault; the server goes on with what it had
   */
  reload(): Promise<ReloadOutcome>;
  /** Takes other material in force as a whole: new connections use it at once, open ones are judged again. */
  apply(material: Material): Promise<void>;
  /**
   * Shuts somebody out at once, on open connections too: by certificate or key hash, serial number or principal id. Lost
   * at a restart unless `clients.revocation.denyListStore` keeps it.
   * @throws MtlsError `ERR_MTLS_CONFIG`; `ERR_MTLS_REVOCATION_SOURCE` where that store did not take it: it is in force here only
   */
  revoke(entry: DenyEntryText): Promise<void>;
  /** How it is: what ends soon or has ended, how the latest reload did, and whether it is ready. */
  health(): Health;
  /** What metrics are made of, for `bindPrometheus` or `sampleState`. */
  state(): ServerState;
  /**
   * Is no longer ready, goes on for `server.limits.unreadyMs`, stops accepting, waits for running requests up to
   * `server.limits.drainTimeoutMs`, then closes everything.
   */
  close(): Promise<void>;
}

/**
 * Checks the whole configuration, loads what it names, and makes a server that accepts only verified peers. What the
 * options leave out may come from the environment.
 * @throws ConfigError with every fault of options, files, credentials and runtime
 */
export async function createMtlsServer(
  options: Partial<MtlsOptions>,
  application: RequestListener,
  extras: ServerExtras = {},
): Promise<MtlsServer> {
  const faults: ConfigFault[] = [...(extras.faults ?? [])];
  const report: Report = fault => void faults.push(fault);
  const candidate = await readCandidate(options, process.env, new Date());
  faults.push(...candidate.faults);
  const resolved = candidate.options;
  // A configuration that cannot be read cannot ask for silence.
  const releaseSink = resolved?.audit.sink === 'none' ? (): void => undefined : useDefaultSink();
  try {
    const live = new LiveRevocation();
    // What is refused anyway is not worth a rehearsal.
    const load: CandidateSource['load'] = (found, tell) =>
      loadCandidate(found, live, faults.length > 0 ? undefined : extras.rehearse, tell);
    const [checked, material] = await checkStart(resolved, () => load(candidate, report), faults, report);
    const server = new RunningServer({
      options: checked,
      material,
      live,
      source: {read: answers => readCandidate(options, process.env, new Date(), answers), load, inForce: candidate},
      application,
      authorizeUpgrade: extras.authorizeUpgrade,
      messages: extras.messages,
      releaseSink,
    });
    await server.watch().catch(async (error: unknown) => {
      await server.close();
      throw unwatchable(error);
    });
    return server;
  } catch (error) {
    releaseSink();
    throw error;
  }
}

/** Material from a candidate, checked and tried out. Undefined when there was a fault; all of them were reported. */
async function loadCandidate(
  {options, read}: Candidate,
  live: LiveRevocation,
  rehearse: Rehearse | undefined,
  report: Report,
): Promise<Material | undefined> {
  const material = options && (await loadMaterial(options, live, new Date(), report, read));
  if (material === undefined || rehearse === undefined || options?.rehearsal === 'off') return material;
  const faults = await rehearse(material);
  faults.forEach(report);
  return faults.length === 0 ? material : undefined;
}

/** Everything that is checked before a server is made, and everything the operator is told about it. */
async function checkStart(
  resolved: ResolvedOptions | undefined,
  load: () => Promise<Material | undefined>,
  faults: readonly ConfigFault[],
  report: Report,
): Promise<readonly [ResolvedOptions, Material]> {
  const oldRuntime = resolved && weakeningOf(resolved, 'old-runtime') ? 'allow' : 'refuse';
  const remarks = inspectRuntime(thisRuntime(), oldRuntime, report);
  const material = await load();
  const [first, ...others] = faults;
  if (first !== undefined) throw refusedStart([first, ...others]);
  // Without a fault both are there; a reader that gives nothing and reports nothing is a bug of this library.
  if (resolved === undefined || material === undefined) throw refusedStart([INCOMPLETE]);
  for (const message of remarks) publish({family: 'start', phase: 'warning', message});
  for (const {weakens, reason, until} of resolved.danger)
    publish({family: 'start', phase: 'weakening', message: `${weakens} until ${until.toISOString()}: ${reason}`});
  return [resolved, material];
}

const INCOMPLETE: ConfigFault = {
  code: 'ERR_MTLS_CONFIG',
  where: 'options',
  required: 'a complete configuration',
  found: 'an incomplete one',
  remedy: 'report this as a bug of loopback4-mtls',
};

function thisRuntime(): Runtime {
  const {node, openssl} = process.versions;
  return {version: node, openssl, flags: process.execArgv, environment: process.env};
}

/** What is configured and cannot be watched is a fault of the configuration like any other. */
function unwatchable(error: unknown): unknown {
  if (!(error instanceof MtlsError)) return error;
  const remedy = 'make the store answer, or start without clients.revocation.denyListStore';
  return refusedStart([{...error.refusal, where: 'clients.revocation.denyListStore', remedy}]);
}

function refusedStart(faults: readonly [ConfigFault, ...ConfigFault[]]): ConfigError {
  const error = new ConfigError(faults);
  publish({family: 'start', phase: 'refused', message: error.message});
  return error;
}
