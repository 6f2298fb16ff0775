import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {readOptions} from '../src/server/config';
import {CONFIG_VARIABLE, VARIABLES} from '../src/server/environment';
import {DEFAULT_LIMITS} from '../src/server/limits';
import {DEFAULT_NETWORK} from '../src/server/revocation-policy';
import {DEFAULT_TRUST} from '../src/trust/policy';

const DOCUMENT = readFileSync(join(__dirname, '../../docs/options.md'), 'utf8');

/** No option is called this or nearly so. */
const STRANGE = 'xxxxxxxxxxxxxxxx';

/**
 * Every option there is, asked of the reader itself: to an unknown one it answers with those it knows at that place.
 * Records that are read as such only when they look like one are given what they need for that.
 */
async function knownOptions(): Promise<readonly string[]> {
  const found: string[] = [];
  const open = [''];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const known = await knownBelow(path);
    const paths = known.map(name => (path === '' ? name : `${path}.${name}`));
    found.push(...paths);
    open.push(...paths);
  }
  return found;
}

async function knownBelow(path: string): Promise<readonly string[]> {
  const asked: unknown = path
    .split('.')
    .filter(Boolean)
    .reduceRight<object>((inner, name) => ({[name]: inner}), {
      [STRANGE]: 1,
      ...(path === 'clients.ca' && {ca: 'ca.crt'}),
    });
  const faults: string[] = [];
  await readOptions(withAnchor(asked), {}, new Date(), ({where, remedy}) => {
    if (where === (path === '' ? STRANGE : `${path}.${STRANGE}`)) faults.push(remedy);
  });
  const [, names] = /known here: (.*)$/.exec(faults[0] ?? '') ?? [];
  return names === undefined ? [] : names.split(', ');
}

/** An anchor is one only with a CA in it. */
function withAnchor(asked: unknown): unknown {
  return JSON.parse(JSON.stringify(asked).replace('{"clients":{"ca":{', '{"clients":{"ca":{"ca":"ca.crt",')) as unknown;
}

function rowOf(option: string): string | undefined {
  return DOCUMENT.split('\n').find(line => line.startsWith(`| \`${option}\` `));
}

describe('docs/options.md', () => {
  it('has a row for every option, and for none that is not', async () => {
    const known = await knownOptions();
    assert.ok(known.length > 60, String(known.length));
    const groups = new Set(['server', 'server.limits', 'clients', 'identity', 'audit', 'reload']);
    // What an anchor decides about revocation are the same options over again.
    const expected = known.filter(
      option => !groups.has(option) && !option.startsWith('clients.ca.revocation.') && option !== 'clients.ca.ca.ca',
    );
    const rows = [...DOCUMENT.matchAll(/^\| `([a-z][A-Za-z0-9.]*)` (?:\* )?\|/gm)].map(([, option]) => option);
    const elsewhere = new Set([
      'keepAliveTimeout',
      'protocol',
      'cors',
      'apiExplorer',
      'openApiSpec',
      'gracePeriodForClose',
    ]);
    assert.deepEqual(rows.filter(option => !elsewhere.has(option ?? '')).sort(), [...expected].sort());
  });

  it('marks what an anchor may decide differently', async () => {
    const own = await knownBelow('clients.ca.revocation');
    const marked = [...DOCUMENT.matchAll(/^\| `clients\.revocation\.([A-Za-z]+)` \* \|/gm)].map(([, option]) => option);
    assert.deepEqual(marked.sort(), [...own].sort());
  });

  it('names the defaults that are in force', () => {
    const numbers = {
      ...Object.fromEntries(Object.entries(DEFAULT_LIMITS).map(([name, value]) => [`server.limits.${name}`, value])),
      'clients.maxIntermediates': DEFAULT_TRUST.maxIntermediates,
      'clients.revocation.network.timeoutMs': DEFAULT_NETWORK.timeoutMs,
      'clients.revocation.network.maxCrlBytes': DEFAULT_NETWORK.maxCrlBytes,
    };
    for (const [option, value] of Object.entries(numbers))
      assert.ok(rowOf(option)?.includes(` | ${value} | `), `${option}: ${value}`);
  });

  it('has a row for every environment variable', () => {
    for (const [name, {option}] of Object.entries(VARIABLES))
      assert.ok(rowOf(name)?.startsWith(`| \`${name}\` | \`${option.join('.')}\` |`), name);
    assert.ok(rowOf(CONFIG_VARIABLE));
  });
});
