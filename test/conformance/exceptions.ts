import {readFileSync} from 'node:fs';
import {join} from 'node:path';

/** Cases that we refuse on purpose although the suite accepts them. There is no way to excuse a false accept. */
export interface Exception {
  /** A case id; `*` stands for any text. */
  readonly id: string;
  readonly reason: string;
}

const ROOT = join(__dirname, '../../..');

/** The written exceptions, each with its reason. */
export function readExceptions(): readonly Exception[] {
  return JSON.parse(readFileSync(join(ROOT, 'test/conformance/exceptions.json'), 'utf8')) as readonly Exception[];
}

/** Whether the exception speaks about the case. */
export function covers({id: pattern}: Exception, id: string): boolean {
  const parts = pattern.split('*').map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(id);
}
