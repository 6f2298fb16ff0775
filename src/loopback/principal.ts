import {securityId} from '@loopback/security';
import type {Principal} from '../identity/principal';

/**
 * The caller as LoopBack wants it: a plain frozen object, so that copies keep every field. The same object for every
 * request of a connection.
 */
export interface MtlsPrincipal extends Principal {
  /** Equal to `id`. */
  readonly [securityId]: string;
}

const principals = new WeakMap<Principal, MtlsPrincipal>();

/** The LoopBack form of a principal. */
export function toMtlsPrincipal(principal: Principal): MtlsPrincipal {
  const known = principals.get(principal);
  if (known !== undefined) return known;
  const made = Object.freeze({...principal, [securityId]: principal.id});
  principals.set(principal, made);
  return made;
}
