import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import * as core from '../src/core';
import * as danger from '../src/danger';
import * as index from '../src/index';
import {currentList, LIST} from './public-api';

describe('the public API', function () {
  this.timeout(60_000);
  const list = readFileSync(LIST, 'utf8');

  it('is what test/public-api.txt lists', () => {
    assert.equal(
      list,
      currentList(),
      'look at the difference, then run dist/test/public-api.js to write the list anew',
    );
  });

  it('has at run time what the list calls more than a type', () => {
    const sections = list.split('\n\n').map(section => section.split('\n').slice(1));
    for (const [number, door] of [index, core, danger].entries()) {
      const values = (sections[number] ?? []).filter(line => line !== '' && !line.startsWith('  type '));
      assert.deepEqual(
        values.map(line => line.trim().split(' ')[1]).sort(),
        Object.keys(door)
          .filter(name => name !== 'default')
          .sort(),
      );
    }
  });
});
