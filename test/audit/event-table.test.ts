import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {COUNTERS, HISTOGRAMS, STATE_METRICS} from '../../src/audit/metrics';
import {DOCUMENT, withCurrentTable} from './event-table';

describe('docs/events.md', () => {
  const document = readFileSync(DOCUMENT, 'utf8');

  it('lists every event with its level, channel and fields', () => {
    assert.equal(document, withCurrentTable(document), 'run dist/test/audit/event-table.js to write the table anew');
  });

  it('lists every metric with its help and labels', () => {
    for (const [name, {help, labels}] of Object.entries({...COUNTERS, ...HISTOGRAMS, ...STATE_METRICS})) {
      const row = document.split('\n').find(line => line.startsWith(`| \`${name}\` |`));
      assert.ok(row, name);
      assert.ok(row.includes(`| ${help} |`), `${name}: ${help}`);
      for (const label of labels) assert.ok(row.includes(`\`${label}\``), `${name}: ${label}`);
    }
  });
});
