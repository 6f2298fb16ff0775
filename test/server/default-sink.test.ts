import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {resolve} from 'node:path';

const CORE = resolve(__dirname, '../../src/core.js');

/** Runs a program against the core door and returns the audit events it wrote to stderr. */
function eventsOf(program: string): readonly Readonly<Record<string, unknown>>[] {
  const {stderr} = spawnSync(process.execPath, ['-e', `const core = require(${JSON.stringify(CORE)});${program}`], {
    encoding: 'utf8',
    env: {PATH: process.env['PATH']},
  });
  return stderr
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Record<string, unknown>);
}

describe('the default sink', () => {
  it('writes a refused start to stderr', () => {
    const events = eventsOf('core.createMtlsServer({}, () => undefined).catch(() => undefined)');
    assert.deepEqual(
      events.map(({family, phase}) => [family, phase]),
      [['start', 'refused']],
    );
  });

  it('writes each event once when two servers are refused at once', () => {
    const start = 'core.createMtlsServer({}, () => undefined).catch(() => undefined)';
    assert.equal(eventsOf(`Promise.all([${start}, ${start}])`).length, 2);
  });

  it('is silent when it was asked to be', () => {
    const options =
      "{server: {key: 'absent', cert: 'absent'}, clients: {ca: 'absent'}, identity: {rules: []}, audit: {sink: 'none'}}";
    const events = eventsOf(`core.createMtlsServer(${options}, () => undefined).catch(() => undefined)`);
    assert.deepEqual(events, []);
  });
});
