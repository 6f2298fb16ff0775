import {once} from 'node:events';
import type {IncomingMessage, RequestListener} from 'node:http';
import type {Server} from 'node:https';
import type {AddressInfo, ListenOptions, Socket} from 'node:net';
import {publish} from '../audit/publish';
import {ConfigError, MtlsError} from '../errors';
import type {ConfigFault} from '../errors';
import {parseDenyEntry} from '../trust/deny-list';
import type {DenyEntryText} from '../trust/deny-list';
import type {RevocationView} from '../trust/revocation';
import {inspectRuntime} from '../tls/runtime';
import type {Runtime} from '../tls/runtime';
import type {Report} from '../tls/source';
import {weakeningOf} from './config';
import type {ResolvedOptions} from './config';
import {Connections} from './connections';
import {useDefaultSink} from './default-sink';
import {drain} from './drain';
import {Gate} from './gate';
import type {Admission} from './gate';
import {Handshakes} from './handshakes';
import {HostNames} from './host';
import {Judge} from './judge';
import type {Snapshot} from './judge';
import {Listener} from './listener';
import type {MessageClasses} from './listener';
import {contextOptions, loadMaterial} from './material';
import type {Material} from './material';
import type {MtlsOptions} from './options';
import {readCandidate} from './reload/candidate';
import type {Candidate} from './reload/candidate';
import {Reloader} from './reload/reloader';
import type {ReloadOutcome, ReloadTarget} from './reload/reloader';
import {LiveRevocation} from './live-revocation';
import {peerOf} from './peer';
import type {PeerState} from './peer';
import {RequestGuard} from './request-guard';
import type {AuthorizeUpgrade} from './request-guard';

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
   * at a restart unless `clients.revocation.denyListStore` keeps it. @throws MtlsError `ERR_MTLS_CONFIG`
   */
  revoke(entry: DenyEntryText): Promise<void>;
  /** Stops accepting, waits for running requests up to `server.limits.drainTimeoutMs`, then closes everything. */
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
  const now = new Date();
  const candidate = await readCandidate(options, process.env, now);
  faults.push(...candidate.faults);
  const resolved = candidate.options;
  // A configuration that cannot be read cannot ask for silence.
  const releaseSink = resolved?.audit.sink === 'none' ? (): void => undefined : useDefaultSink();
  try {
    const live = new LiveRevocation();
    const load: LoadCandidate = (found, tell) => loadCandidate(found, live, extras.rehearse, tell);
    const [checked, material] = await checkStart(resolved, () => load(candidate, report), faults, report);
    const source: CandidateSource = {
      read: answers => readCandidate(options, process.env, new Date(), answers),
      load,
      inForce: candidate,
    };
    const server = new RunningServer(checked, material, live, source, application, extras, releaseSink);
    await server.watch(candidate);
    return server;
  } catch (error) {
    releaseSink();
    throw error;
  }
}

type LoadCandidate = (candidate: Candidate, report: Report) => Promise<Material | undefined>;

/** Where a server's configuration comes from, now and later. */
interface CandidateSource extends Pick<ReloadTarget, 'read'> {
  readonly load: LoadCandidate;
  readonly inForce: Candidate;
}

/** Material from a candidate, checked and tried out. Undefined when there was a fault; all of them were reported. */
async function loadCandidate(
  {options, read}: Candidate,
  live: LiveRevocation,
  rehearse: Rehearse | undefined,
  report: Report,
): Promise<Material | undefined> {
  const material = options && (await loadMaterial(options, live.fetchCrls, new Date(), report, read));
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

function refusedStart(faults: readonly [ConfigFault, ...ConfigFault[]]): ConfigError {
  const error = new ConfigError(faults);
  publish({family: 'start', phase: 'refused', message: error.message});
  return error;
}

class RunningServer implements MtlsServer {
  readonly https: Listener;
  #options: ResolvedOptions;
  readonly #reloader: Reloader;
  readonly #live: LiveRevocation;
  readonly #judge: Judge;
  readonly #connections: Connections;
  readonly #handshakes: Handshakes;
  readonly #gate: Gate;
  readonly #releaseSink: () => void;

  constructor(
    options: ResolvedOptions,
    material: Material,
    live: LiveRevocation,
    {read, load, inForce}: CandidateSource,
    application: RequestListener,
    {authorizeUpgrade, messages}: ServerExtras,
    releaseSink: () => void,
  ) {
    this.#options = options;
    this.#releaseSink = releaseSink;
    this.#live = live;
    this.#judge = new Judge(snapshotOf(material, live.adopt(material.revocation), 1), (evidence, trust) =>
      live.acquire(evidence, trust),
    );
    this.#connections = new Connections(this.#judge);
    this.#handshakes = new Handshakes(this.#judge, this.#connections, options.limits);
    this.#gate = new Gate(this.#connections, hostNamesOf(options, material));
    this.https = new Listener(options.limits, messages);
    this.https.useContext(contextOptions(material));
    this.https.guard(new RequestGuard(this.#handshakes, this.#gate, authorizeUpgrade));
    this.https.on('request', application);
    this.#reloader = new Reloader(
      {read, adopt: candidate => this.#adopt(candidate, load), generation: () => this.snapshot.generation},
      options.reload,
      inForce,
    );
    this.https.on('listening', () => {
      publish({
        family: 'start',
        phase: 'listening',
        message: addressOf(this.https),
        generation: this.snapshot.generation,
      });
    });
  }

  get snapshot(): Snapshot {
    return this.#judge.snapshot;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  admit(request: IncomingMessage): Admission | Promise<Admission> {
    return this.#gate.admit(request);
  }

  peerOf(socket: Socket): PeerState | undefined {
    return peerOf(socket);
  }

  async listen(options: ListenOptions): Promise<AddressInfo> {
    this.https.listen(options);
    await once(this.https, 'listening');
    const address = this.https.address();
    if (address === null || typeof address === 'string')
      throw new MtlsError({
        code: 'ERR_MTLS_CONFIG',
        required: 'a TCP port',
        found: address ?? 'nothing',
        where: 'listen',
      });
    return address;
  }

  async reload(): Promise<ReloadOutcome> {
    const outcome = await this.#reloader.reload('call');
    await this.#connections.rejudge();
    return outcome;
  }

  async apply(material: Material): Promise<void> {
    this.#swap(material, this.#options);
    await this.#connections.rejudge();
  }

  async revoke(entry: DenyEntryText): Promise<void> {
    const parsed = parseDenyEntry(entry, new Date());
    if (typeof parsed === 'string') {
      const required = 'an entry as docs/revocation.md describes';
      throw new MtlsError({code: 'ERR_MTLS_CONFIG', required, found: parsed, where: 'revoke'});
    }
    await this.#live.deny(parsed);
    await this.#connections.rejudge();
  }

  /** New connections use the material from here on; open ones still have to be judged again. */
  #swap(material: Material, options: ResolvedOptions): void {
    this.https.useContext(contextOptions(material));
    const revocation = this.#live.adopt(material.revocation);
    this.#judge.adopt(snapshotOf(material, revocation, this.snapshot.generation + 1));
    this.#gate.adopt(hostNamesOf(options, material));
    this.#options = options;
  }

  /** Loads a candidate and takes it in force, or gives the faults. */
  async #adopt(candidate: Candidate, load: LoadCandidate): Promise<readonly ConfigFault[]> {
    const faults: ConfigFault[] = [];
    const material = await load(candidate, fault => void faults.push(fault));
    if (material === undefined || candidate.options === undefined) return faults.length > 0 ? faults : [INCOMPLETE];
    this.#swap(material, candidate.options);
    void this.#connections.rejudge();
    return [];
  }

  /** Lets CRLs, OCSP answers, deny-list entries and files that change from now on reach open connections. */
  async watch(inForce: Candidate): Promise<void> {
    await this.#live.start(revocation => {
      const {generation} = this.snapshot;
      this.#judge.adopt(Object.freeze({...this.snapshot, revocation, generation: generation + 1}));
      void this.#connections.rejudge();
    });
    await this.#reloader.start(inForce);
  }

  async close(): Promise<void> {
    await this.#reloader.stop();
    this.#handshakes.destroyHeld();
    await drain(this.https, this.#connections, this.#options.limits.drainTimeoutMs);
    this.#connections.stop();
    await this.#live.stop();
    publish({family: 'start', phase: 'stopped', message: 'stopped', generation: this.snapshot.generation});
    this.#releaseSink();
  }
}

function addressOf(server: Server): string {
  const address = server.address();
  return typeof address === 'object' && address !== null ? `${address.address}:${address.port}` : (address ?? '');
}

function snapshotOf({trust, rules}: Material, revocation: RevocationView, generation: number): Snapshot {
  return Object.freeze({...trust, revocation, rules, generation});
}

function hostNamesOf({hostNames}: ResolvedOptions, {credentials}: Material): HostNames {
  const [leaf] = credentials.chain;
  const certified = leaf.subjectAltNames.flatMap(name =>
    name.kind === 'dns' || name.kind === 'ip' ? [name.value] : [],
  );
  return new HostNames([...hostNames, ...certified]);
}
