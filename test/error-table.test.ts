import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {CATALOGUE} from '../src/errors';
import {DOCUMENT, withCurrentCodes} from './error-table';

describe('docs/errors.md', () => {
  const document = readFileSync(DOCUMENT, 'utf8');

  it('lists every code with its sentence and answer', () => {
    assert.equal(document, withCurrentCodes(document), 'run dist/test/error-table.js to write the table anew');
  });

  it('explains every public code', () => {
    for (const {publicCode, status} of Object.values(CATALOGUE))
      assert.ok(document.includes(`| \`${publicCode}\` | ${status} |`), publicCode);
  });
});
