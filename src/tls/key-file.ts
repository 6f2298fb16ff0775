import {geteuid} from 'node:process';
import type {Report, SourceContent} from './source';

const GROUP_WRITE = 0o020;
const OTHERS = 0o007;

/**
 * Checks who else on this machine may read or replace the key. A group may read it, as a Kubernetes mount with
 * fsGroup needs; it may not write it, and others may do nothing. Its owner is this process or root. Symbolic links
 * were followed, as such mounts need, so that the file itself is what is judged.
 */
export function inspectKeyFile({file, origin}: SourceContent, where: string, report: Report): void {
  // Windows has neither these modes nor a user id.
  if (file === undefined || geteuid === undefined) return;
  const mode = file.mode & 0o777;
  const fail = (required: string, found: string, remedy: string): void => {
    report({code: 'ERR_MTLS_CREDENTIALS', where, required, found: `${found} on ${origin}`, remedy});
  };
  if ((mode & (OTHERS | GROUP_WRITE)) !== 0)
    fail('a file that others cannot read and its group cannot write', `mode ${octal(mode)}`, `chmod 0600 ${origin}`);
  if (file.uid !== 0 && file.uid !== geteuid())
    fail('a file that root or the user of this process owns', `owner ${file.uid}`, `chown ${geteuid()} ${origin}`);
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
