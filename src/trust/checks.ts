import {checkAnchorLimits} from './authority';
import {checkAuthorities} from './certification-authority';
import {checkNameConstraints} from './name-constraints';
import type {Check} from './path';
import {checkProfile} from './profile';
import {checkPurpose} from './purpose';
import {checkSignatures} from './signature';
import {checkStrength} from './strength';
import {checkValidity} from './validity';

/** What a path has to pass before its policies are processed and its revocation is looked up. */
export type PathCheckName =
  'strength' | 'signatures' | 'profile' | 'validity' | 'authorities' | 'purpose' | 'name constraints' | 'anchor limits';

/** Cheap before costly, and nothing a hostile issuer wrote is looked at before its signature has been checked. */
export const CHECKS: readonly {readonly name: PathCheckName; readonly check: Check}[] = [
  {name: 'strength', check: checkStrength},
  {name: 'signatures', check: checkSignatures},
  {name: 'profile', check: checkProfile},
  {name: 'validity', check: checkValidity},
  {name: 'authorities', check: checkAuthorities},
  {name: 'purpose', check: checkPurpose},
  {name: 'name constraints', check: checkNameConstraints},
  {name: 'anchor limits', check: checkAnchorLimits},
];
