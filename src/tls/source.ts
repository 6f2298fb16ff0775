import {constants} from 'node:fs';
import type {Stats} from 'node:fs';
import {open} from 'node:fs/promises';
import type {ConfigFault} from '../errors';

/**
 * Where bytes come from: a path (a plain string is one), an environment variable, or a function. Options hold
 * sources, never the bytes themselves, so that printing an option object prints no key.
 */
export type Source = string | {readonly path: string} | {readonly env: string} | SourceFunction;

/** Gives bytes or a text, or a promise of them, whenever the configuration is read. */
export type SourceFunction = () => Buffer | string | Promise<Buffer | string>;

/** What a source gave. */
export interface SourceContent {
  readonly bytes: Buffer;
  /** For messages: the path, the variable's name, or `a function`. */
  readonly origin: string;
  /** Of the very file that was read, when it was one. */
  readonly file?: Pick<Stats, 'mode' | 'uid' | 'gid'>;
}

/** Receives every fault that is found; finding one never stops the search for others. */
export type Report = (fault: ConfigFault) => void;

/** Reads a source, or reports under the option path `where` why it could not. {@link readSource} is one. */
export type SourceReader = (source: Source, where: string, report: Report) => Promise<SourceContent | undefined>;

/** How long a function may take, in milliseconds, and how much any source may hold, in bytes. */
const SOURCE_LIMITS = Object.freeze({timeoutMs: 10_000, maxBytes: 64 * 1024 * 1024});

/** Reads a source, or reports under the option path `where` why it could not. */
export async function readSource(source: Source, where: string, report: Report): Promise<SourceContent | undefined> {
  try {
    return checked(await contentOf(source));
  } catch (error) {
    report({
      code: 'ERR_MTLS_CONFIG',
      where,
      required: 'a source that can be read',
      found: error instanceof Error ? error.message : `${originOf(source)} threw what is no error`,
      remedy: `make ${originOf(source)} readable for this process, or correct the option`,
    });
    return undefined;
  }
}

function checked(content: SourceContent): SourceContent {
  const {length} = content.bytes;
  if (length === 0) throw new Error(`${content.origin} is empty`);
  if (length > SOURCE_LIMITS.maxBytes) throw new Error(`${content.origin} holds ${length} bytes`);
  return content;
}

/** The name of a source in messages. */
export function originOf(source: Source): string {
  if (typeof source === 'function') return 'a function';
  if (typeof source === 'string') return source;
  return 'env' in source ? `environment variable ${source.env}` : source.path;
}

async function contentOf(source: Source): Promise<SourceContent> {
  const origin = originOf(source);
  if (typeof source === 'function') return {bytes: toBuffer(await callWithin(source, SOURCE_LIMITS.timeoutMs)), origin};
  if (typeof source === 'object' && 'env' in source) return {bytes: toBuffer(process.env[source.env] ?? ''), origin};
  return readFile(typeof source === 'string' ? source : source.path, origin);
}

/** Mode and content come from one open file, so that a swap in between cannot mix two files. Symbolic links are followed. */
async function readFile(path: string, origin: string): Promise<SourceContent> {
  const handle = await open(path, READ_AT_ONCE);
  try {
    const file = await handle.stat();
    if (!file.isFile()) throw new Error(`${path} is not a regular file`);
    if (file.size > SOURCE_LIMITS.maxBytes) throw new Error(`${path} holds ${file.size} bytes`);
    return {bytes: await handle.readFile(), origin, file};
  } finally {
    await handle.close();
  }
}

/** To open a pipe would otherwise wait for somebody who writes into it. */
const READ_AT_ONCE = constants.O_RDONLY | constants.O_NONBLOCK;

async function callWithin(source: SourceFunction, timeoutMs: number): Promise<Buffer | string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`the function did not answer within ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([Promise.resolve().then(source), late]);
  } finally {
    clearTimeout(timer);
  }
}

function toBuffer(value: unknown): Buffer {
  if (typeof value === 'string') return Buffer.from(value);
  if (Buffer.isBuffer(value)) return value;
  throw new Error(`the function returned ${value === null ? 'null' : typeof value}, not a string or Buffer`);
}
