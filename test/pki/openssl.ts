import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** OpenSSL as an independent reader of what this CA writes. The tests that need it are left out where it is missing. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** What a run of openssl said, on both streams together, and how it ended. */
export function openssl(...args: readonly string[]): {readonly text: string; readonly status: number | null} {
  const {stdout, stderr, status} = spawnSync('openssl', args, {encoding: 'utf8', timeout: 15_000});
  return {text: `${stdout}${stderr}`, status};
}

/** A folder of its own for a test, removed afterwards. */
export function withFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'pki-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, {recursive: true});
  }
}
