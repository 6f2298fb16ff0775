import type {Check} from './check';
import {CLIENT_CERTIFICATE_CHECKS} from './client-certificate';
import {CONTROL_CHECKS} from './control';
import {FORWARDED_CHECKS} from './forwarded';
import {GROUP_CHECKS} from './groups';
import {HANDSHAKE_CHECKS} from './handshake';
import {HTTP_CHECKS} from './http';
import {IDENTITY_CHECKS} from './identity';
import {NAME_CHECKS} from './names';
import {OPENAPI_CHECKS} from './openapi';
import {PROTOCOL_CHECKS} from './protocols';
import {SECRET_CHECKS} from './secrets';
import {SERVER_CERTIFICATE_CHECKS} from './server-certificate';
import {SESSION_CHECKS} from './sessions';
import {SIGNATURE_CHECKS} from './signatures';
import {SUITE_CHECKS} from './suites';
import {WRONG_CERTIFICATE_CHECKS} from './wrong-certificates';

/** Checks that belong together in a report. */
export interface CheckFamily {
  readonly title: string;
  /** Checks that review look at what the others did, so they run after them. */
  readonly phase: 'asking' | 'reviewing';
  readonly checks: readonly Check[];
}

/** Every check, in the order of reports. */
export const FAMILIES: readonly CheckFamily[] = [
  {title: 'Client certificates', phase: 'asking', checks: [...CLIENT_CERTIFICATE_CHECKS, ...WRONG_CERTIFICATE_CHECKS]},
  {title: 'Identity', phase: 'asking', checks: IDENTITY_CHECKS},
  {title: 'Sessions and names', phase: 'asking', checks: [...SESSION_CHECKS, ...NAME_CHECKS]},
  {
    title: 'Protocols and suites',
    phase: 'asking',
    checks: [...PROTOCOL_CHECKS, ...SUITE_CHECKS, ...GROUP_CHECKS, ...SIGNATURE_CHECKS],
  },
  {title: 'Handshake', phase: 'asking', checks: HANDSHAKE_CHECKS},
  {title: 'Server certificate', phase: 'asking', checks: SERVER_CERTIFICATE_CHECKS},
  {title: 'HTTP', phase: 'asking', checks: [...HTTP_CHECKS, ...FORWARDED_CHECKS]},
  {title: 'API description', phase: 'asking', checks: OPENAPI_CHECKS},
  {title: 'Secrets', phase: 'reviewing', checks: SECRET_CHECKS},
  {title: 'Scan', phase: 'reviewing', checks: CONTROL_CHECKS},
];
