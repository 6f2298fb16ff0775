import {once} from 'node:events';
import {setTimeout as delay} from 'node:timers/promises';
import type {IncomingMessage} from 'node:http';
import type {Server} from 'node:https';
import type {AddressInfo, ListenOptions, Socket} from 'node:net';
import type {ServerState} from '../audit/metrics';
import {publish} from '../audit/publish';
import {MtlsError} from '../errors';
import type {ConfigFault} from '../errors';
import type {Report} from '../tls/source';
import {parseDenyEntry} from '../trust/deny-list';
import type {DenyEntryText} from '../trust/deny-list';
import {Assembly} from './assembly';
import type {AssemblyParts} from './assembly';
import type {ResolvedOptions} from './config';
import {drain} from './drain';
import {ExpiryWatch, nameOfCrl, perishablesOf} from './expiry';
import type {Perishable} from './expiry';
import type {Admission} from './gate';
import {healthOf} from './health';
import type {Health} from './health';
import type {Snapshot} from './judge';
import type {LiveRevocation} from './live-revocation';
import type {Material} from './material';
import {peerOf} from './peer';
import type {Stapler} from './stapling';
import type {PeerState} from './peer';
import type {Candidate} from './reload/candidate';
import {Reloader} from './reload/reloader';
import type {ReloadOutcome, ReloadTarget} from './reload/reloader';

/** Where a server's configuration comes from, now and later. */
export interface CandidateSource extends Pick<ReloadTarget, 'read'> {
  /** Material from a candidate, checked and tried out. Undefined when there was a fault; all of them were reported. */
  readonly load: (candidate: Candidate, report: Report) => Promise<Material | undefined>;
  readonly inForce: Candidate;
}

/** What a running server is made of. */
export interface RunningServerParts extends Pick<AssemblyParts, 'application' | 'authorizeUpgrade' | 'messages'> {
  readonly options: ResolvedOptions;
  readonly material: Material;
  readonly live: LiveRevocation;
  readonly source: CandidateSource;
  readonly releaseSink: () => void;
}

/** An {@link Assembly} that follows its sources and can be stopped. */
export class RunningServer {
  readonly #assembly: Assembly;
  readonly #source: CandidateSource;
  #closed: Promise<void> | undefined;
  readonly #reloader: Reloader;
  readonly #live: LiveRevocation;
  readonly #releaseSink: () => void;
  #options: ResolvedOptions;
  readonly #expiry: ExpiryWatch;
  #phase: 'made' | 'ready' | 'stopping' = 'made';
  #chain: Material['credentials']['chain'];
  #stapler: Stapler | undefined;

  constructor(parts: RunningServerParts) {
    const {options, material, live, source, application, authorizeUpgrade, messages, releaseSink} = parts;
    this.#options = options;
    this.#live = live;
    this.#source = source;
    this.#releaseSink = releaseSink;
    this.#chain = material.credentials.chain;
    this.#stapler = live.stapler = material.stapler;
    this.#expiry = new ExpiryWatch(() => this.#perishables(), publish);
    this.#assembly = new Assembly({
      options,
      material,
      revocation: live.adopt(material.revocation),
      acquire: (evidence, trust) => live.acquire(evidence, trust),
      application,
      authorizeUpgrade,
      messages,
    });
    this.#assembly.https.staple(() => this.#stapler?.answerAt(new Date()));
    this.#reloader = new Reloader(
      {read: source.read, adopt: candidate => this.#adopt(candidate), generation: () => this.snapshot.generation},
      options.reload,
      source.inForce,
    );
    this.https.on('listening', () => {
      this.#phase = 'ready';
      publish({
        family: 'start',
        phase: 'listening',
        message: addressOf(this.https),
        generation: this.snapshot.generation,
      });
    });
  }

  get https(): Server {
    return this.#assembly.https;
  }

  get snapshot(): Snapshot {
    return this.#assembly.judge.snapshot;
  }

  get connectionCount(): number {
    return this.#assembly.connections.size;
  }

  admit(request: IncomingMessage): Admission | Promise<Admission> {
    return this.#assembly.gate.admit(request);
  }

  peerOf(socket: Socket): PeerState | undefined {
    return peerOf(socket);
  }

  health(): Health {
    const readiness = this.#phase === 'ready' ? 'ready' : 'not ready';
    return healthOf(this.#perishables(), this.#reloader.latest, readiness, new Date());
  }

  state(): ServerState {
    const {connections, judge} = this.#assembly;
    return {
      generation: this.snapshot.generation,
      connections: connections.size,
      connectionsByRole: connections.countByRole,
      crls: this.#live.crls.map(crl => ({source: nameOfCrl(crl), thisUpdate: crl.facts.thisUpdate})),
      expiries: this.#perishables(),
      decisionCache: judge.cache,
    };
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
    await this.#assembly.connections.rejudge();
    return outcome;
  }

  async apply(material: Material): Promise<void> {
    this.#take(material, this.#options);
    await this.#assembly.connections.rejudge();
  }

  /** Takes material in force as a whole; where that throws, nothing has changed. */
  #take(material: Material, options: ResolvedOptions): void {
    this.#assembly.adopt(material, () => this.#live.adopt(material.revocation), options);
    this.#options = options;
    this.#stapler?.stop();
    this.#stapler = this.#live.stapler = material.stapler;
    this.#stapler?.start();
    this.#chain = material.credentials.chain;
    this.#expiry.check(new Date());
  }

  async revoke(entry: DenyEntryText): Promise<void> {
    const parsed = parseDenyEntry(entry, new Date());
    if (typeof parsed === 'string') {
      const required = 'an entry as docs/revocation.md describes';
      throw new MtlsError({code: 'ERR_MTLS_CONFIG', required, found: parsed, where: 'revoke'});
    }
    const shared = this.#live.deny(parsed);
    // In force here whatever becomes of the shared store.
    await Promise.allSettled([shared, this.#assembly.connections.rejudge()]);
    await shared;
  }

  /** Lets CRLs, OCSP answers, deny-list entries and files that change from now on reach open connections. */
  async watch(): Promise<void> {
    await this.#live.start(revocation => {
      this.#assembly.adoptRevocation(revocation);
    });
    this.#stapler?.start();
    this.#expiry.start();
    await this.#reloader.start(this.#source.inForce);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const {unreadyMs, drainTimeoutMs} = this.#options.limits;
    const {https, connections, handshakes} = this.#assembly;
    const lingerMs = this.#phase === 'ready' ? unreadyMs : 0;
    this.#phase = 'stopping';
    https.prependListener('request', (_, response) => {
      response.setHeader('connection', 'close');
    });
    if (lingerMs > 0) await delay(lingerMs);
    const reloaded = this.#reloader.stop();
    this.#expiry.stop();
    handshakes.destroyHeld();
    await drain(https, connections, drainTimeoutMs);
    this.#assembly.stop();
    await reloaded;
    this.#stapler?.stop();
    await this.#live.stop();
    publish({family: 'start', phase: 'stopped', message: 'stopped', generation: this.snapshot.generation});
    this.#releaseSink();
  }

  #perishables(): readonly Perishable[] {
    const {anchors} = this.snapshot;
    const staples = this.#stapler?.perishables ?? [];
    const {danger: weakenings} = this.#options;
    return perishablesOf({chain: this.#chain, anchors, crls: this.#live.crls, weakenings, staples});
  }

  /** Loads a candidate and takes it in force, or gives the faults. */
  async #adopt(candidate: Candidate): Promise<readonly ConfigFault[]> {
    const faults: ConfigFault[] = [];
    const material = await this.#source.load(candidate, fault => void faults.push(fault));
    // Without a fault both are there.
    if (material === undefined || candidate.options === undefined) return faults;
    this.#take(material, candidate.options);
    // Not waited for: the next reload, which may be the one that revokes somebody, is not to wait for a slow resolver.
    void this.#assembly.connections.rejudge();
    return [];
  }
}

function addressOf(server: Server): string {
  const address = server.address();
  return typeof address === 'object' && address !== null ? `${address.address}:${address.port}` : (address ?? '');
}
