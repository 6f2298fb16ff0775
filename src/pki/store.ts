import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import {dirname, join} from 'node:path';
import {MtlsError} from '../errors';
import {EMPTY_INDEX, parseIndex} from './records';
import type {Change, FileToWrite, Index} from './records';

const FILE_MODES = {secret: 0o600, public: 0o644} as const satisfies Record<FileToWrite['access'], number>;

const INDEX = 'ca/index.json';
const LOCK = 'ca/lock';

/** Files of a development CA in one folder. Every write is whole or not at all; keys are readable by the owner only. */
export class Store {
  readonly folder: string;

  /** `folder` is made on the first write. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** Absolute path of a file of the folder. */
  path(file: string): string {
    return join(this.folder, file);
  }

  has(file: string): boolean {
    return existsSync(this.path(file));
  }

  read(file: string): Buffer {
    return readFileSync(this.path(file));
  }

  /** Writes beside the file and renames, so that a reader sees the old content or the new one. */
  write({file, content, access}: FileToWrite): void {
    const path = this.path(file);
    const temporary = `${path}.${process.pid}.tmp`;
    makePrivateFolder(this.folder);
    makePrivateFolder(dirname(path));
    try {
      writeNew(temporary, content, FILE_MODES[access]);
      renameSync(temporary, path);
    } finally {
      rmSync(temporary, {force: true});
    }
  }

  remove(file: string): void {
    rmSync(this.path(file), {force: true, recursive: true});
  }

  get index(): Index {
    return this.has(INDEX) ? parseIndex(this.read(INDEX).toString('utf8')) : EMPTY_INDEX;
  }

  /**
   * Makes one step: the index first, so that nothing exists that could not be revoked, then the files in order.
   * Only one process at a time gets to do so. Returns the files.
   *
   * @throws MtlsError `ERR_MTLS_PKI` when another one is at it
   */
  change(step: (index: Index) => Change): readonly string[] {
    const unlock = this.#lock();
    try {
      const {index, files} = step(this.index);
      this.write({file: INDEX, content: `${JSON.stringify(index, undefined, 2)}\n`, access: 'secret'});
      for (const file of files) this.write(file);
      return files.map(({file}) => file);
    } finally {
      unlock();
    }
  }

  #lock(): () => void {
    const lock = this.path(LOCK);
    makePrivateFolder(this.folder);
    makePrivateFolder(dirname(lock));
    try {
      writeNew(lock, `${process.pid}\n`, FILE_MODES.secret);
    } catch (cause) {
      const refusal = {
        code: 'ERR_MTLS_PKI',
        required: 'to be the only one at work in this folder',
        found: 'a lock; remove it if nobody is',
        where: lock,
      } as const;
      throw new MtlsError(refusal, {cause});
    }
    return () => {
      rmSync(lock);
    };
  }
}

/** A folder that is already there keeps its mode: its owner chose it, and every secret in it has its own. */
function makePrivateFolder(folder: string): void {
  mkdirSync(folder, {recursive: true, mode: 0o700});
}

/** Fails when the file exists. `chmod` because the mode of `open` goes through the umask. */
function writeNew(path: string, content: string | Buffer, mode: number): void {
  const file = openSync(path, 'wx', FILE_MODES.secret);
  try {
    writeSync(file, Buffer.from(content));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  chmodSync(path, mode);
}
