import {hkdfSync} from 'node:crypto';
import {inspectKeyFile} from './key-file';
import {Secret} from './secret';
import {readSource} from './source';
import type {Report, Source, SourceContent, SourceReader} from './source';

/** Resumption of TLS sessions. */
export interface SessionOptions {
  /**
   * At least 32 random bytes that every instance shares; they are used as they are. Whoever has them can pretend to be
   * any client.
   */
  readonly secret: Source;
  /** Longest time a session is resumed, and how often the ticket keys change, 1 to 1440 minutes. Default 60. */
  readonly rotateEveryMinutes?: number;
}

/** What ticket keys are made from, checked. */
export interface SessionSettings {
  readonly secret: Secret<Buffer>;
  readonly rotateEveryMs: number;
}

const DEFAULT_ROTATION_MINUTES = 60;

const SECRET_BYTES = Object.freeze({minimum: 32, maximum: 4096});

/** Fewer different bytes than any random secret has, written in hexadecimal or not. */
const MIN_DIFFERENT_BYTES = 8;

/** Reads and checks the secret, and who else on this machine may read it; every fault is reported. */
export async function loadSessions(
  {secret, rotateEveryMinutes = DEFAULT_ROTATION_MINUTES}: SessionOptions,
  exposedKeyFile: 'refuse' | 'allow',
  report: Report,
  read: SourceReader = readSource,
): Promise<SessionSettings | undefined> {
  const content = await read(secret, WHERE, report);
  if (content === undefined) return undefined;
  if (exposedKeyFile === 'refuse') inspectKeyFile(content, WHERE, report);
  if (!isSecret(content, report)) return undefined;
  return Object.freeze({secret: new Secret(content.bytes), rotateEveryMs: rotateEveryMinutes * 60_000});
}

const WHERE = 'server.sessions.secret';

/** With a key that somebody can guess, every session can be forged: CVE-2020-13777 was a key of zeros. */
function isSecret({bytes, origin}: SourceContent, report: Report): boolean {
  const {minimum, maximum} = SECRET_BYTES;
  const fail = (required: string, found: string): false => {
    const remedy = 'make another: openssl rand 48';
    report({code: 'ERR_MTLS_CREDENTIALS', where: WHERE, required, found: `${found} in ${origin}`, remedy});
    return false;
  };
  if (bytes.length < minimum || bytes.length > maximum)
    return fail(`${minimum} to ${maximum} bytes`, `${bytes.length} bytes`);
  if (new Set(bytes).size < MIN_DIFFERENT_BYTES) return fail('random bytes', 'the same few again and again');
  return true;
}

/** Changes with every change of the derivation, so that old and new never share a key. */
const LABEL = 'loopback4-mtls session tickets v1';

/** Node's form: 16 bytes of name, 16 of HMAC-SHA256 key, 16 of AES-128 key. */
export const TICKET_KEYS_BYTES = 48;

/** The number of the rotation period that a moment lies in. */
export function epochOf({rotateEveryMs}: SessionSettings, nowMs: number): number {
  return Math.floor(nowMs / rotateEveryMs);
}

/**
 * The ticket keys of one trust in one epoch, by HKDF-SHA256 (RFC 5869). Equal for all who share secret, trust and clock;
 * nothing else gives them.
 *
 * @param trust a hash of all that decides about clients
 */
export function ticketKeys(settings: SessionSettings, trust: Buffer, epoch: number): Secret<Buffer> {
  // With another period the same number is another time.
  const info = `${LABEL} ${settings.rotateEveryMs} ${epoch}`;
  return new Secret(Buffer.from(hkdfSync('sha256', settings.secret.reveal(), trust, info, TICKET_KEYS_BYTES)));
}
