import type {RequestListener} from 'node:http';
import {publish} from '../audit/publish';
import type {Publish} from '../audit/publish';
import type {ResolvedOptions} from './config';
import {Connections} from './connections';
import {Gate} from './gate';
import {Handshakes} from './handshakes';
import {HostNames} from './host';
import {Judge} from './judge';
import type {Acquire, Snapshot} from './judge';
import {Listener} from './listener';
import type {LiveView} from './live-revocation';
import type {MessageClasses} from './listener';
import {contextOptions} from './material';
import type {Material} from './material';
import {RequestGuard} from './request-guard';
import type {AuthorizeUpgrade} from './request-guard';
import {SessionTickets} from './session-tickets';
import {trustDigest} from './trust-digest';

/** What a server is put together from. */
export interface AssemblyParts {
  readonly options: Pick<ResolvedOptions, 'limits' | 'hostNames'>;
  readonly material: Material;
  /** Revocation as it is known at first. */
  readonly revocation: LiveView;
  readonly acquire: Acquire;
  readonly application: RequestListener;
  readonly authorizeUpgrade?: AuthorizeUpgrade | undefined;
  /** What requests and answers are made from. */
  readonly messages?: MessageClasses | undefined;
  /** Where its events go; default the audit channels. */
  readonly tell?: Publish;
}

/** Listener, verification and gate around one application. It does not listen, and watches nothing. */
export class Assembly {
  readonly https: Listener;
  readonly judge: Judge;
  readonly connections: Connections;
  readonly handshakes: Handshakes;
  readonly gate: Gate;
  readonly #tickets: SessionTickets;
  /** What is in force, beside revocation. */
  #standing: {readonly material: Material; readonly hostNames: readonly string[]};

  constructor(parts: AssemblyParts) {
    const {options, material, revocation, acquire, application, authorizeUpgrade, messages, tell = publish} = parts;
    this.judge = new Judge(snapshotOf(material, revocation, 1), acquire);
    this.connections = new Connections(this.judge, tell);
    this.handshakes = new Handshakes(this.judge, this.connections, options.limits, tell);
    this.#standing = {material, hostNames: hostNamesOf(options, material)};
    this.gate = new Gate(this.connections, new HostNames(this.#standing.hostNames));
    this.https = new Listener(options.limits, messages);
    this.#tickets = new SessionTickets(keys => {
      this.https.useContext(contextOptions(this.#standing.material), keys);
    });
    this.https.useContext(contextOptions(material));
    this.#renewTickets(revocation);
    this.https.guard(new RequestGuard(this.handshakes, this.gate, authorizeUpgrade, tell));
    this.https.on('request', application);
  }

  /**
   * New connections use the material from here on; open ones still have to be judged again. What OpenSSL refuses throws
   * and leaves everything as it was: it is asked first, before `revocation` is.
   */
  adopt(material: Material, revocation: () => LiveView, options: Pick<ResolvedOptions, 'hostNames'>): void {
    this.https.useContext(contextOptions(material));
    const view = revocation();
    this.#standing = {material, hostNames: hostNamesOf(options, material)};
    this.judge.adopt(snapshotOf(material, view, this.judge.snapshot.generation + 1));
    this.gate.adopt(new HostNames(this.#standing.hostNames));
    this.#renewTickets(view);
  }

  /** Other revocation data with everything else as it is. Open connections are judged again. */
  adoptRevocation(revocation: LiveView): void {
    const {snapshot} = this.judge;
    this.judge.adopt(Object.freeze({...snapshot, revocation, generation: snapshot.generation + 1}));
    this.#renewTickets(revocation);
    void this.connections.rejudge();
  }

  /** Ends what goes on by itself. */
  stop(): void {
    this.connections.stop();
    this.#tickets.stop();
  }

  /** Other trust has other ticket keys, so that no ticket is redeemed under it that was given out before. */
  #renewTickets(revocation: LiveView): void {
    const {material, hostNames} = this.#standing;
    if (material.sessions === undefined) this.#tickets.stop();
    else this.#tickets.use(material.sessions, trustDigest(material, hostNames, revocation.digest()));
  }
}

function snapshotOf({trust, rules, sessions}: Material, revocation: LiveView, generation: number): Snapshot {
  const resumption = sessions === undefined ? 'refuse' : 'allow';
  return Object.freeze({...trust, revocation, rules, resumption, generation});
}

function hostNamesOf({hostNames}: Pick<ResolvedOptions, 'hostNames'>, {credentials}: Material): readonly string[] {
  const [leaf] = credentials.chain;
  const certified = leaf.subjectAltNames.flatMap(name =>
    name.kind === 'dns' || name.kind === 'ip' ? [name.value] : [],
  );
  return [...hostNames, ...certified];
}
