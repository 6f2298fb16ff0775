import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {CATALOGUE} from '../src/errors';

/** The table of docs/errors.md, from the catalogue in src/errors.ts. Run this file to write it anew. */

const ROOT = join(__dirname, '../..');
export const DOCUMENT = join(ROOT, 'docs/errors.md');
const BEGIN = '<!-- codes: begin -->';
const END = '<!-- codes: end -->';

/** The document with the table as it should be. */
export function withCurrentCodes(document: string): string {
  const [before, rest] = document.split(BEGIN);
  const [, after] = rest?.split(END) ?? [];
  assert.ok(before !== undefined && after !== undefined, 'the markers of the table are there');
  return `${before}${BEGIN}\n\n${sections().map(renderSection).join('\n\n')}\n\n${END}${after}`;
}

interface Section {
  readonly title: string;
  readonly codes: readonly (keyof typeof CATALOGUE)[];
}

/** The catalogue under the comments that divide it. */
function sections(): readonly Section[] {
  const source = readFileSync(join(ROOT, 'src/errors.ts'), 'utf8');
  const catalogue = /CATALOGUE = \{\n(.*?)\n\} as const/s.exec(source)?.[1] ?? '';
  const parts = catalogue.split(/^ {2}\/\/ /m).slice(1);
  const found = parts.map(part => ({
    title: part.slice(0, part.indexOf('\n')).replace(/ \(.*/, ''),
    codes: Object.keys(CATALOGUE)
      .filter(isCode)
      .filter(code => new RegExp(`^ {2}${code}:`, 'm').test(part)),
  }));
  const codes = found.flatMap(section => section.codes);
  assert.deepEqual(codes, Object.keys(CATALOGUE), 'every code stands in a section');
  return found;
}

function isCode(name: string): name is keyof typeof CATALOGUE {
  return Object.hasOwn(CATALOGUE, name);
}

function renderSection({title, codes}: Section): string {
  const rows = codes.map(code => {
    const {sentence, fault, status, publicCode} = CATALOGUE[code];
    return `| \`${code}\` | ${sentence} | ${fault} | ${status} \`${publicCode}\` |`;
  });
  return [`### ${title}`, '', '| Code | Reason | At fault | Answer |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

if (require.main === module) writeFileSync(DOCUMENT, withCurrentCodes(readFileSync(DOCUMENT, 'utf8')));
