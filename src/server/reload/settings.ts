/** How a running server takes over what changes in its files. */
export interface ReloadOptions {
  /** Whether the files of the configuration are watched. Default `on`. */
  readonly watch?: 'on' | 'off';
  /** The signal that makes it read everything again. Default `SIGHUP` where files are watched, otherwise `none`. */
  readonly signal?: 'SIGHUP' | 'none';
  /** From the first sign of a change until it is read, in milliseconds. Default 200. */
  readonly debounceMs?: number;
  /** How often the files are looked at beside the notices of the system, in milliseconds. Default 1000. */
  readonly pollIntervalMs?: number;
}

export type ReloadSettings = Required<ReloadOptions>;

/** Fills in the defaults. */
export function resolveReload({
  watch = 'on',
  signal,
  debounceMs = 200,
  pollIntervalMs = 1_000,
}: ReloadOptions = {}): ReloadSettings {
  return Object.freeze({watch, signal: signal ?? (watch === 'on' ? 'SIGHUP' : 'none'), debounceMs, pollIntervalMs});
}
