import {readdir, realpath, stat} from 'node:fs/promises';
import {join} from 'node:path';

/**
 * One text that changes when any of these files does: content, owner, mode, or where a symbolic link on the way leads,
 * as in a Kubernetes volume. A folder stands for the files in it, not for those in its folders: a file that was replaced
 * by a link to the root must not make anybody walk a whole disk. No file is read.
 */
export async function stateOf(paths: readonly string[]): Promise<string> {
  const states = await Promise.all([...new Set(paths)].map(withMembers));
  return states.flat().join('\n');
}

async function withMembers(path: string): Promise<readonly string[]> {
  const own = await stateOfOne(path);
  // What is no folder has no members.
  const names = await readdir(path).catch(() => []);
  const members = await Promise.all(names.sort().map(name => stateOfOne(join(path, name))));
  return [own, ...members];
}

async function stateOfOne(path: string): Promise<string> {
  try {
    const target = await realpath(path);
    const {dev, ino, size, mode, uid, mtimeNs, ctimeNs} = await stat(target, {bigint: true});
    return [path, target, dev, ino, size, mode, uid, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return `${path} ${error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'}`;
  }
}
