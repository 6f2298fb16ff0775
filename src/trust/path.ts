import type {CertificateFacts} from '../x509/certificate';
import type {Refusal} from '../errors';
import type {TrustAnchor} from './anchor';
import type {Budget} from './budget';
import type {TrustMaterial} from './snapshot';

/** One certificate of a path and the part it plays there. */
export type Step =
  | {readonly role: 'anchor'; readonly certificate: CertificateFacts; readonly where: string}
  | {
      readonly role: 'intermediate' | 'leaf';
      readonly certificate: CertificateFacts;
      readonly issuer: CertificateFacts;
      readonly where: string;
    };

/** A certificate that the path has to vouch for: every one but the anchor. */
export type Link = Exclude<Step, {role: 'anchor'}>;

/** Certificates whose names chain from an anchor to a leaf. Nothing else has been checked. */
export interface CandidatePath {
  readonly anchor: TrustAnchor;
  /** Issuer of the leaf first. */
  readonly intermediates: readonly CertificateFacts[];
  readonly leaf: CertificateFacts;
  /** From the anchor down to the leaf: the order of RFC 5280 section 6.1. */
  readonly steps: readonly Step[];
  /** The same without the anchor. */
  readonly links: readonly Link[];
}

/** What checks decide by beside the path. */
export interface CheckContext {
  readonly trust: TrustMaterial;
  readonly now: Date;
  readonly budget: Budget;
  /** What is known about signatures already, by issuer key and certificate. */
  readonly signatures: Map<string, 'valid' | 'invalid'>;
}

/** One check of a path: why it fails, or undefined. */
export type Check = (path: CandidatePath, context: CheckContext) => Refusal | undefined;

/** Puts a path together; `chain` is the leaf followed by its issuers, without the anchor. */
export function candidatePath(
  leaf: CertificateFacts,
  intermediates: readonly CertificateFacts[],
  anchor: TrustAnchor,
): CandidatePath {
  const links = [leaf, ...intermediates].map((certificate, depth): Link => ({
    role: depth === 0 ? 'leaf' : 'intermediate',
    certificate,
    issuer: intermediates[depth] ?? anchor.certificate,
    where: placeOf(depth),
  }));
  links.reverse();
  const top: Step = {role: 'anchor', certificate: anchor.certificate, where: `anchor ${anchor.name}`};
  return {anchor, intermediates, leaf, steps: [top, ...links], links};
}

/** How refusals call the certificate that stands so many steps above the leaf. */
export function placeOf(depth: number): string {
  return depth === 0 ? 'leaf' : `issuer ${depth}`;
}

/** RFC 5280 section 6.1: issuer and subject are the same entity. Says nothing about who signed. */
export function isSelfIssued({subject, issuer}: CertificateFacts): boolean {
  return subject.comparable === issuer.comparable;
}

/** The first refusal that a check of single steps finds, from the anchor down. */
export function firstRefusal<S extends Step>(
  steps: readonly S[],
  check: (step: S) => Refusal | undefined,
): Refusal | undefined {
  for (const step of steps) {
    const why = check(step);
    if (why !== undefined) return why;
  }
  return undefined;
}
