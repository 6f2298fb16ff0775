import {readdir, realpath, stat} from 'node:fs/promises';
import {join} from 'node:path';

/**
 * One text that changes when any of these files does: content, owner, mode, or where a symbolic link on the way leads,
 * as in a Kubernetes volume. A folder stands for the files in it. No file is read.
 */
export async function stateOf(paths: readonly string[]): Promise<string> {
  const states = await Promise.all([...new Set(paths)].map(stateOfOne));
  return states.join('\n');
}

async function stateOfOne(path: string): Promise<string> {
  try {
    const target = await realpath(path);
    const found = await stat(target, {bigint: true});
    const {dev, ino, size, mode, uid, mtimeNs, ctimeNs} = found;
    const own = [path, target, dev, ino, size, mode, uid, mtimeNs, ctimeNs].join(' ');
    if (!found.isDirectory()) return own;
    const names = await readdir(target);
    return [own, await stateOf(names.sort().map(name => join(target, name)))].join('\n');
  } catch (error) {
    return `${path} ${error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'}`;
  }
}
