import type {ConnectionOptions} from 'node:tls';
import type {Arsenal, BadCredential} from './arsenal';
import type {Credential} from '../pki/credential';
import type {Address} from './client';
import {exchange, plaintext, renegotiate} from './client';
import type {Snapshot} from '../server/judge';

/** Where attacks take place. */
export interface Field {
  readonly address: Address;
  readonly arsenal: Arsenal;
  /** A path that nobody has asked for yet. */
  readonly newPath: () => string;
  /** A session from a listener that has the same ticket keys and asks nobody for a certificate. */
  readonly winSessionAsNobody: () => Promise<Buffer | undefined>;
  /** A session of a stranger from a listener of the same configuration that trusts the stranger's CA as well. */
  readonly winSessionElsewhere: () => Promise<Buffer | undefined>;
  /** Whether the application was reached with this path. */
  readonly wasReached: (path: string) => boolean;
}

/** How an attack ended. */
export type Outcome = 'repelled' | 'succeeded';

/** One way to get in that must not work. */
export interface Attack {
  /** Completes the sentence "the server lets in …". */
  readonly name: string;
  readonly attempt: (field: Field) => Promise<Outcome>;
}

const OLD_VERSIONS: ConnectionOptions = {minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0'};

/** RFC 9325 section 4.2: cipher block chaining, with ephemeral keys and both kinds of server certificate. */
const CBC = suites(
  'ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:' +
    'ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384',
);

/** No forward secrecy. */
const RSA_KEY_EXCHANGE = suites('AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA:AES256-SHA');

function suites(names: string): ConnectionOptions {
  return {maxVersion: 'TLSv1.2', ciphers: `${names}:@SECLEVEL=0`};
}

const PRESENTED: Readonly<Record<BadCredential, string>> = {
  anotherCa: 'a certificate of another CA',
  forgedIssuer: 'a certificate of another CA with the name of a trusted one',
  selfSigned: 'a self-signed certificate',
  expired: 'an expired certificate',
  notYetValid: 'a certificate that is not yet valid',
  forServers: 'a certificate for servers only',
  revoked: 'a revoked certificate',
  weakKey: 'a certificate with a weak key',
};

/** What is tried, where sessions must not be resumed and where they may. */
export function attacksOn(resumption: Snapshot['resumption']): readonly Attack[] {
  return [...ATTACKS, ...(resumption === 'refuse' ? ON_NO_RESUMPTION : ON_RESUMPTION)];
}

const ATTACKS: readonly Attack[] = [
  attack('a client without a certificate', field => inEveryVersion(field, undefined)),
  ...Object.entries(PRESENTED).map(([kind, name]) =>
    attack(name, field => inEveryVersion(field, field.arsenal.bad[kind as BadCredential])),
  ),
  attack('TLS 1.1', field => ask(field, field.arsenal.good, OLD_VERSIONS)),
  attack('a suite with CBC', field => ask(field, field.arsenal.good, CBC)),
  attack('a suite with RSA key exchange', field => ask(field, field.arsenal.good, RSA_KEY_EXCHANGE)),
  attack('a stranger who writes the server name in mixed case', field => underName(field, mixCase)),
  attack('a stranger who writes the server name with a trailing dot', field => underName(field, name => `${name}.`)),
  attack('a client that renegotiates', async ({address, arsenal}) =>
    (await renegotiate(address, arsenal.good)) === 'done' ? 'succeeded' : 'repelled',
  ),
  attack('a request without TLS', async field => {
    const path = field.newPath();
    return verdict(field, path, await plaintext(field.address, path));
  }),
];

const ON_NO_RESUMPTION: readonly Attack[] = [
  attack('a resumed session without a certificate', field => resume(field, undefined)),
  attack('a resumed session', field => resume(field, field.arsenal.good)),
];

/** Who resumes a session shows no certificate: the one that counts was shown when the session was won. */
const ON_RESUMPTION: readonly Attack[] = [
  attack('a session that was won without a certificate', async field =>
    offer(field, await field.winSessionAsNobody(), undefined),
  ),
  attack('a session that was won where another CA is trusted', async field =>
    offer(field, await field.winSessionElsewhere(), field.arsenal.bad.anotherCa),
  ),
  attack('TLS 1.2', field => ask(field, field.arsenal.good, {maxVersion: 'TLSv1.2'})),
];

function attack(name: string, attempt: Attack['attempt']): Attack {
  return {name, attempt};
}

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

async function inEveryVersion(field: Field, credential: Credential | undefined): Promise<Outcome> {
  const outcomes = VERSIONS.map(version => ask(field, credential, {minVersion: version, maxVersion: version}));
  return worstOf(await Promise.all(outcomes));
}

async function ask(field: Field, credential: Credential | undefined, options: ConnectionOptions): Promise<Outcome> {
  const path = field.newPath();
  const {answer} = await exchange(field.address, path, credential, options);
  return verdict(field, path, answer);
}

/** What got an answer of the application was served, and what reached the application as well. */
function verdict({wasReached}: Field, path: string, answer: string): Outcome {
  return wasReached(path) || /^HTTP\/1\.[01] 2/.test(answer) ? 'succeeded' : 'repelled';
}

/** Takes what a good client was given and comes back with it, as itself or as nobody. */
async function resume(field: Field, credential: Credential | undefined): Promise<Outcome> {
  const attempts = VERSIONS.map(async (version): Promise<Outcome> => {
    const only = {minVersion: version, maxVersion: version};
    const {ticket} = await exchange(field.address, field.newPath(), field.arsenal.good, only);
    if (ticket === undefined) return 'repelled';
    const path = field.newPath();
    const {answer, session} = await exchange(field.address, path, credential, {...only, session: ticket});
    // Who shows a good certificate again in a full handshake may come in.
    return credential !== undefined && session === 'new' ? 'repelled' : verdict(field, path, answer);
  });
  return worstOf(await Promise.all(attempts));
}

async function offer(field: Field, session: Buffer | undefined, credential: Credential | undefined): Promise<Outcome> {
  return session === undefined ? 'repelled' : ask(field, credential, {minVersion: 'TLSv1.3', session});
}

/** A name that is spelt otherwise must not lead to a listener that asks less. */
async function underName(field: Field, respell: (name: string) => string): Promise<Outcome> {
  const servername = respell(field.address.serverName ?? 'localhost');
  const strangers = [undefined, field.arsenal.bad.anotherCa];
  return worstOf(await Promise.all(strangers.map(stranger => ask(field, stranger, {servername}))));
}

function mixCase(name: string): string {
  return name.replace(/[a-z]/g, (letter, index: number) => (index % 2 === 0 ? letter.toUpperCase() : letter));
}

function worstOf(outcomes: readonly Outcome[]): Outcome {
  return outcomes.includes('succeeded') ? 'succeeded' : 'repelled';
}
