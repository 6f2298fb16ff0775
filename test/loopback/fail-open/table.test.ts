import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';

const ROOT = resolve(__dirname, '../../../..');
const TESTS = join(ROOT, 'test/loopback');

/** The titles of all tests in the files that a row names as its proof. */
function titlesIn(proof: string): string {
  const names = [...proof.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
  const files = readdirSync(TESTS, {recursive: true, encoding: 'utf8'});
  return names
    .flatMap(name => files.filter(file => file === `${name}.test.ts`))
    .flatMap(file => readFileSync(join(TESTS, file), 'utf8').match(/\brow \d+\b/g) ?? [])
    .join('\n');
}

describe('docs/fail-open.md', () => {
  const rows = [...readFileSync(join(ROOT, 'docs/fail-open.md'), 'utf8').matchAll(/^\| (\d+) \|.*\| ([^|]+) \|$/gm)];

  it('has every row once', () => {
    assert.deepEqual(
      rows.map(([, number]) => Number(number)),
      Array.from({length: 50}, (_, index) => index + 1),
    );
  });

  for (const [, number = '', proof = ''] of rows) {
    it(`names a file with a test of row ${number}`, () => {
      assert.match(titlesIn(proof), new RegExp(`^row ${number}$`, 'm'), proof);
    });
  }
});
