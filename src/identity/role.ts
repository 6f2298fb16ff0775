import type {Refusal} from '../errors';
import type {VerifiedPeer} from '../trust/decision';

/** What a role name looks like, for faults. */
export const ROLE_NAME = '1 to 64 ASCII letters, digits or `.` `_` `:` `-`, the first a letter or digit';

/**
 * Whether the text is a role name. The alphabet leaves out `$`, with which LoopBack marks the roles that mean
 * anybody (`$everyone`, `$authenticated`), and everything that looks like something else.
 */
export function isRoleName(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/.test(value);
}

/** Refuses roles that the anchor of the peer may not give (`mayVouchFor.roles`). */
export function checkAuthority(roles: readonly string[], peer: VerifiedPeer): Refusal | undefined {
  const {name, authority} = peer.path.anchor;
  const limit = authority.roles;
  if (limit === undefined) return undefined;
  const outside = roles.filter(role => !limit.includes(role));
  if (outside.length === 0) return undefined;
  return {
    code: 'ERR_MTLS_AUTHORITY',
    required: limit.length === 0 ? 'no role at all' : `roles among ${limit.join(', ')}`,
    found: outside.join(', '),
    where: `anchor ${name}`,
  };
}
