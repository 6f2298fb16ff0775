import {watch} from 'node:fs';
import type {FSWatcher} from 'node:fs';
import {realpath, stat} from 'node:fs/promises';
import {dirname} from 'node:path';
import {stateOf} from './file-state';

/** Notices of the system that come together are one look at the files, in milliseconds. */
const GATHER_MS = 25;

/** How a change is noticed. */
export interface FileWatchOptions {
  /** From the first sign of a change until it is told, in milliseconds. */
  readonly debounceMs: number;
  /** How often the files are looked at where the system says nothing, in milliseconds. */
  readonly pollIntervalMs: number;
}

/**
 * Tells when files change. The notices of the system are hints that something may have happened; the state of the files
 * decides. They are looked at regularly as well, because network and overlay file systems give no notice, and the number
 * of watches is limited. Nothing here keeps the process alive.
 */
export class FileWatch {
  readonly #options: FileWatchOptions;
  readonly #onChange: () => void;
  #paths: readonly string[] = [];
  #state = '';
  #folders: ReadonlyMap<string, FSWatcher> = new Map();
  #poll: NodeJS.Timeout | undefined;
  #look: NodeJS.Timeout | undefined;
  #debounce: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: FileWatchOptions, onChange: () => void) {
    this.#options = options;
    this.#onChange = onChange;
  }

  /** Watches these files from now on. A change since `state` was taken counts. */
  async watch(paths: readonly string[], state: string): Promise<void> {
    if (this.#stopped) return;
    this.#paths = paths;
    this.#state = state;
    this.#poll ??= setInterval(() => void this.#compare(), this.#options.pollIntervalMs).unref();
    await this.#watchFolders();
    await this.#compare();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#poll);
    clearTimeout(this.#look);
    clearTimeout(this.#debounce);
    for (const watcher of this.#folders.values()) watcher.close();
  }

  /** Folders and not files: a file that is replaced takes its watch with it. */
  async #watchFolders(): Promise<void> {
    const folders = await foldersOf(this.#paths);
    if (this.#stopped) return;
    for (const [folder, watcher] of this.#folders) if (!folders.has(folder)) watcher.close();
    const watched = [...folders].flatMap(folder => {
      const watcher = this.#folders.get(folder) ?? this.#open(folder);
      return watcher === undefined ? [] : [[folder, watcher] as const];
    });
    this.#folders = new Map(watched);
  }

  #open(folder: string): FSWatcher | undefined {
    try {
      const watcher = watch(folder, {persistent: false}, () => {
        this.#lookSoon();
      });
      return watcher.on('error', () => {
        watcher.close();
      });
    } catch {
      // Too many watches, or no such folder: looking regularly has to do.
      return undefined;
    }
  }

  #lookSoon(): void {
    if (this.#stopped) return;
    this.#look ??= setTimeout(() => {
      this.#look = undefined;
      void this.#compare();
    }, GATHER_MS).unref();
  }

  async #compare(): Promise<void> {
    const {debounceMs} = this.#options;
    const before = this.#state;
    const state = await stateOf(this.#paths);
    // What was watched changed while the files were looked at: the next look decides.
    if (this.#stopped || state === this.#state || before !== this.#state) return;
    this.#state = state;
    await this.#watchFolders();
    this.#debounce ??= setTimeout(() => {
      this.#debounce = undefined;
      this.#onChange();
    }, debounceMs).unref();
  }
}

/** Where a change of these files shows: beside the name that was given, and beside the file it leads to. */
async function foldersOf(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const folders = await Promise.all(
    paths.map(async path => {
      const target = await realpath(path).catch(() => path);
      const isFolder = await stat(target).then(
        found => found.isDirectory(),
        () => false,
      );
      return [dirname(path), isFolder ? target : dirname(target)];
    }),
  );
  return new Set(folders.flat());
}
