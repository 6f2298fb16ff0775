import type {ExpiryEvent} from '../audit/events';
import type {Publish} from '../audit/publish';
import type {AnyWeakening} from '../danger';
import type {TrustAnchor} from '../trust/anchor';
import type {VerifiedCrl} from '../trust/crl-signature';
import type {CertificateFacts} from '../x509/certificate';
import {formatDistinguishedName} from '../x509/rfc4514';

/** Something a server depends on that ends. */
export interface Perishable {
  readonly kind: ExpiryEvent['kind'];
  readonly subject: string;
  /** When it began, where that is known: a share of a lifetime has a meaning then. */
  readonly notBefore: Date | undefined;
  readonly notAfter: Date;
  /** How the server is once this has ended: whether it can do without. Default `failing`. */
  readonly afterEnd?: 'failing' | 'degraded';
}

/** What a server depends on. */
export interface Dependencies {
  readonly chain: readonly CertificateFacts[];
  readonly anchors: readonly TrustAnchor[];
  readonly crls: readonly VerifiedCrl[];
  readonly weakenings: readonly AnyWeakening[];
  /** What is stapled to its certificate. */
  readonly staples: readonly Perishable[];
}

type Threshold = ExpiryEvent['threshold'];

interface Mark {
  readonly threshold: Threshold;
  readonly urgency: 'notice' | 'alarm';
  /** Time before the end, in milliseconds. */
  readonly beforeMs: number;
}

const DAY_MS = 86_400_000;
const CHECK_MS = 60_000;

const DAYS = [
  {threshold: '30 days', urgency: 'notice', beforeMs: 30 * DAY_MS},
  {threshold: '7 days', urgency: 'alarm', beforeMs: 7 * DAY_MS},
  {threshold: '1 day', urgency: 'alarm', beforeMs: DAY_MS},
] as const satisfies readonly Mark[];

/** Everything a server depends on that ends. Of CRLs that speak about the same certificates only the latest counts. */
export function perishablesOf({chain, anchors, crls, weakenings, staples}: Dependencies): readonly Perishable[] {
  return [
    ...chain.map(certificate => ofCertificate('server-certificate', nameOf(certificate), certificate)),
    ...anchors.map(({name, certificate}) => ofCertificate('client-ca', name, certificate)),
    ...latestOf(crls),
    ...staples,
    ...weakenings.map(({weakens, until}): Perishable => ({
      kind: 'weakening',
      subject: weakens,
      notBefore: undefined,
      notAfter: until,
    })),
  ];
}

function ofCertificate(kind: Perishable['kind'], subject: string, {notBefore, notAfter}: CertificateFacts): Perishable {
  return {kind, subject, notBefore, notAfter};
}

function nameOf({subject}: CertificateFacts): string {
  return formatDistinguishedName(subject);
}

/** A CRL by name: where it came from and whose it is, since one file may hold several. */
export function nameOfCrl({facts, source}: VerifiedCrl): string {
  return `${formatDistinguishedName(facts.issuer)} from ${source}`;
}

function latestOf(crls: readonly VerifiedCrl[]): readonly Perishable[] {
  const latest = new Map<string, Perishable>();
  for (const crl of crls) {
    const {issuer, thisUpdate, nextUpdate, extensions} = crl.facts;
    if (nextUpdate === undefined) continue;
    const speaksAbout = [issuer.comparable, crl.scope, extensions.baseCrlNumber === undefined].join(' ');
    const before = latest.get(speaksAbout);
    if (before !== undefined && before.notAfter >= nextUpdate) continue;
    latest.set(speaksAbout, {kind: 'crl', subject: nameOfCrl(crl), notBefore: thisUpdate, notAfter: nextUpdate});
  }
  return [...latest.values()];
}

/** How close the end of something is, or undefined where there is time. */
export interface Nearness {
  readonly threshold: Threshold;
  readonly urgency: 'notice' | 'alarm' | 'ended';
  readonly remainingMs: number;
}

/** The nearest threshold that was passed at a moment. */
export function nearnessOf(perishable: Perishable, now: Date): Nearness | undefined {
  const remainingMs = perishable.notAfter.getTime() - now.getTime();
  if (remainingMs <= 0) return {threshold: 'end', urgency: 'ended', remainingMs};
  const passed = marksOf(perishable).filter(({beforeMs}) => remainingMs <= beforeMs);
  const [first, ...others] = passed;
  if (first === undefined) return undefined;
  const {threshold, urgency} = others.reduce((near, mark) => (mark.beforeMs < near.beforeMs ? mark : near), first);
  return {threshold, urgency, remainingMs};
}

/** Days say nothing about what lives hours: they count where they are at most half of the lifetime. */
function marksOf({notBefore, notAfter}: Perishable): readonly Mark[] {
  if (notBefore === undefined) return DAYS;
  const lifetimeMs = notAfter.getTime() - notBefore.getTime();
  return [
    ...DAYS.filter(({beforeMs}) => beforeMs <= lifetimeMs / 2),
    {threshold: '1/3 of lifetime', urgency: 'notice', beforeMs: lifetimeMs / 3},
    {threshold: '1/10 of lifetime', urgency: 'alarm', beforeMs: lifetimeMs / 10},
  ];
}

/** Tells once of each threshold that something passes. */
export class ExpiryWatch {
  readonly #list: () => readonly Perishable[];
  readonly #tell: Publish;
  /** The threshold each thing was last told of. */
  #told: ReadonlyMap<string, Threshold> = new Map();
  #timer: NodeJS.Timeout | undefined;

  constructor(list: () => readonly Perishable[], tell: Publish) {
    this.#list = list;
    this.#tell = tell;
  }

  start(): void {
    this.check(new Date());
    this.#timer = setInterval(() => {
      this.check(new Date());
    }, CHECK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks at everything as it is at this moment. */
  check(now: Date): void {
    const told = new Map<string, Threshold>();
    for (const perishable of this.#list()) {
      const near = nearnessOf(perishable, now);
      if (near === undefined) continue;
      const {kind, subject, notAfter} = perishable;
      const key = [kind, subject, notAfter.getTime()].join(' ');
      if (this.#told.get(key) !== near.threshold && !told.has(key))
        this.#tell({
          family: 'expiry',
          phase: near.urgency === 'ended' ? 'expired' : 'approaching',
          kind,
          subject,
          notAfter: notAfter.toISOString(),
          remainingSeconds: Math.floor(near.remainingMs / 1000),
          threshold: near.threshold,
        });
      told.set(key, near.threshold);
    }
    this.#told = told;
  }
}
