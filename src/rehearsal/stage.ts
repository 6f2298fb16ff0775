import type {RequestListener} from 'node:http';
import type {Server} from 'node:https';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {MtlsError} from '../errors';
import {compileRules} from '../identity/compile';
import {Assembly} from '../server/assembly';
import {LiveRevocation} from '../server/live-revocation';
import {DEFAULT_LIMITS} from '../server/limits';
import type {MessageClasses} from '../server/listener';
import type {Material} from '../server/material';
import {resolveRevocationPolicy} from '../server/revocation-policy';
import type {TrustAnchor} from '../trust/anchor';
import {verifyCrl} from '../trust/crl-signature';
import {parseCertificate} from '../x509/certificate';
import {parseCrl} from '../x509/crl';
import {GOOD_NAME} from './arsenal';
import type {Arsenal} from './arsenal';

/** Something to attack. It does not listen yet. */
export interface Target {
  readonly https: Server;
  readonly stop: () => void;
}

/** Makes a target from material; the application is told of every request that gets through. */
export type BuildTarget = (material: Material, application: RequestListener, messages?: MessageClasses) => Target;

/** What is late is late for the rehearsal, not for the listener: a process under load must not look like a refusal. */
const LIMITS = Object.freeze({...DEFAULT_LIMITS, handshakeTimeoutMs: 60_000});

/** The listener that a server makes of this material, from the same parts. Its events reach no audit trail. */
export const buildTarget: BuildTarget = (material, application, messages) => {
  const assembly = new Assembly({
    options: {limits: LIMITS, hostNames: []},
    material,
    revocation: new LiveRevocation().adopt(material.revocation),
    acquire: () => Promise.resolve(),
    application,
    messages,
    tell: () => undefined,
  });
  return {
    https: assembly.https,
    stop: () => {
      assembly.connections.destroyAll();
      assembly.stop();
    },
  };
};

/**
 * The candidate with one CA more, which has a CRL, and with an identity rule for what it issues. Everything that
 * decides about clients of that CA is the candidate's: keys, TLS policy, trust policy and the code around them. Nobody
 * asks the application's resolver, and nothing goes over the network.
 */
export async function withRehearsalCa(
  material: Material,
  {authority, crl}: Pick<Arsenal, 'authority' | 'crl'>,
): Promise<Material> {
  const certificate = parseCertificate(authority.certificate);
  const anchor: TrustAnchor = {name: ANCHOR_NAME, certificate, authority: {}};
  const verified = await verifyCrl(parseCrl(crl), [certificate], ANCHOR_NAME, nextTurn);
  if ('code' in verified) throw new MtlsError(verified);
  const {trust, revocation} = material;
  const policy = resolveRevocationPolicy({}, ANCHOR_NAME, certificate.notBefore, () => undefined);
  return {
    ...material,
    trust: {...trust, anchors: [...trust.anchors, anchor]},
    revocation: {
      ...revocation,
      anchors: [...revocation.anchors, anchor],
      crls: [...revocation.crls, verified],
      hasCrlSource: true,
      policyOf: asked => (asked === anchor ? policy : revocation.policyOf(asked)),
    },
    rules: compileRules([{when: {uri: GOOD_NAME}, roles: ['visitor'], id: 'san.uri'}], {anchors: []}).mapping,
  };
}

/** Name of the anchor that only a rehearsal has. */
export const ANCHOR_NAME = 'loopback4-mtls rehearsal';
