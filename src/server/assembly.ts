import type {RequestListener} from 'node:http';
import {publish} from '../audit/publish';
import type {Publish} from '../audit/publish';
import type {RevocationView} from '../trust/revocation';
import type {ResolvedOptions} from './config';
import {Connections} from './connections';
import {Gate} from './gate';
import {Handshakes} from './handshakes';
import {HostNames} from './host';
import {Judge} from './judge';
import type {Acquire, Snapshot} from './judge';
import {Listener} from './listener';
import type {MessageClasses} from './listener';
import {contextOptions} from './material';
import type {Material} from './material';
import {RequestGuard} from './request-guard';
import type {AuthorizeUpgrade} from './request-guard';

/** What a server is put together from. */
export interface AssemblyParts {
  readonly options: Pick<ResolvedOptions, 'limits' | 'hostNames'>;
  readonly material: Material;
  /** Revocation as it is known at first. */
  readonly revocation: RevocationView;
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

  constructor(parts: AssemblyParts) {
    const {options, material, revocation, acquire, application, authorizeUpgrade, messages, tell = publish} = parts;
    this.judge = new Judge(snapshotOf(material, revocation, 1), acquire);
    this.connections = new Connections(this.judge, tell);
    this.handshakes = new Handshakes(this.judge, this.connections, options.limits, tell);
    this.gate = new Gate(this.connections, hostNamesOf(options, material));
    this.https = new Listener(options.limits, messages);
    this.https.useContext(contextOptions(material));
    this.https.guard(new RequestGuard(this.handshakes, this.gate, authorizeUpgrade, tell));
    this.https.on('request', application);
  }

  /**
   * New connections use the material from here on; open ones still have to be judged again. What OpenSSL refuses throws
   * and leaves everything as it was: it is asked first, before `revocation` is.
   */
  adopt(material: Material, revocation: () => RevocationView, options: Pick<ResolvedOptions, 'hostNames'>): void {
    this.https.useContext(contextOptions(material));
    this.judge.adopt(snapshotOf(material, revocation(), this.judge.snapshot.generation + 1));
    this.gate.adopt(hostNamesOf(options, material));
  }

  /** Other revocation data with everything else as it is. Open connections are judged again. */
  adoptRevocation(revocation: RevocationView): void {
    const {snapshot} = this.judge;
    this.judge.adopt(Object.freeze({...snapshot, revocation, generation: snapshot.generation + 1}));
    void this.connections.rejudge();
  }
}

function snapshotOf({trust, rules}: Material, revocation: RevocationView, generation: number): Snapshot {
  return Object.freeze({...trust, revocation, rules, generation});
}

function hostNamesOf({hostNames}: Pick<ResolvedOptions, 'hostNames'>, {credentials}: Material): HostNames {
  const [leaf] = credentials.chain;
  const certified = leaf.subjectAltNames.flatMap(name =>
    name.kind === 'dns' || name.kind === 'ip' ? [name.value] : [],
  );
  return new HostNames([...hostNames, ...certified]);
}
