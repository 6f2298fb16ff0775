import assert from 'node:assert/strict';
import {existsSync, readdirSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {readExceptions} from './exceptions';
import {summarize} from './report';
import {runAll} from './run';
import {readSuite} from './suite';

/** Where the suites are: the repository does not hold them. */
const VECTORS = process.env['MTLS_VECTORS'] ?? resolve(__dirname, '../../../../shared/vectors');

const suites = existsSync(VECTORS) ? readdirSync(VECTORS).filter(name => name.endsWith('.json')) : [];

describe('path-validation suites', () => {
  for (const name of suites)
    it(`${name}: no false accept, no false reject without a written reason`, async () => {
      const outcomes = await runAll(readSuite(join(VECTORS, name)));
      const {crashes, falseAccepts, falseRejects, stale} = summarize(outcomes, readExceptions());
      assert.deepEqual(
        {
          crashes: crashes.map(({testcase, verdict}) => `${testcase.id}: ${verdict.reason}`),
          falseAccepts: falseAccepts.map(({testcase}) => testcase.id),
          falseRejects: falseRejects.map(({testcase, verdict}) => `${testcase.id}: ${verdict.reason}`),
          stale: stale.map(({id}) => id),
        },
        {crashes: [], falseAccepts: [], falseRejects: [], stale: []},
      );
    }).timeout(120_000);

  if (suites.length === 0)
    it('are not here: set MTLS_VECTORS to the directory that holds them', () => {
      assert.deepEqual(suites, []);
    });
});
