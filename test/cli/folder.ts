import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** A folder of its own for a test, removed afterwards. */
export async function withFolderAsync(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'mtls-cli-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, {recursive: true});
  }
}
