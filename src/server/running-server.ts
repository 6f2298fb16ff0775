import {once} from 'node:events';
import type {IncomingMessage} from 'node:http';
import type {Server} from 'node:https';
import type {AddressInfo, ListenOptions, Socket} from 'node:net';
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
import type {Admission} from './gate';
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
  #stapler: Stapler | undefined;

  constructor(parts: RunningServerParts) {
    const {options, material, live, source, application, authorizeUpgrade, messages, releaseSink} = parts;
    this.#options = options;
    this.#live = live;
    this.#source = source;
    this.#releaseSink = releaseSink;
    this.#stapler = material.stapler;
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
    this.#assembly.adopt(material, this.#live.adopt(material.revocation), this.#options);
    this.#stapler?.stop();
    this.#stapler = material.stapler;
    this.#stapler?.start();
    await this.#assembly.connections.rejudge();
  }

  async revoke(entry: DenyEntryText): Promise<void> {
    const parsed = parseDenyEntry(entry, new Date());
    if (typeof parsed === 'string') {
      const required = 'an entry as docs/revocation.md describes';
      throw new MtlsError({code: 'ERR_MTLS_CONFIG', required, found: parsed, where: 'revoke'});
    }
    await this.#live.deny(parsed);
    await this.#assembly.connections.rejudge();
  }

  /** Lets CRLs, OCSP answers, deny-list entries and files that change from now on reach open connections. */
  async watch(): Promise<void> {
    await this.#live.start(revocation => {
      this.#assembly.adoptRevocation(revocation);
    });
    this.#stapler?.start();
    await this.#reloader.start(this.#source.inForce);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const reloaded = this.#reloader.stop();
    const {https, connections, handshakes} = this.#assembly;
    handshakes.destroyHeld();
    await drain(https, connections, this.#options.limits.drainTimeoutMs);
    connections.stop();
    await reloaded;
    this.#stapler?.stop();
    await this.#live.stop();
    publish({family: 'start', phase: 'stopped', message: 'stopped', generation: this.snapshot.generation});
    this.#releaseSink();
  }

  /** Loads a candidate and takes it in force, or gives the faults. */
  async #adopt(candidate: Candidate): Promise<readonly ConfigFault[]> {
    const faults: ConfigFault[] = [];
    const material = await this.#source.load(candidate, fault => void faults.push(fault));
    // Without a fault both are there.
    if (material === undefined || candidate.options === undefined) return faults;
    this.#options = candidate.options;
    void this.apply(material);
    return [];
  }
}

function addressOf(server: Server): string {
  const address = server.address();
  return typeof address === 'object' && address !== null ? `${address.address}:${address.port}` : (address ?? '');
}
