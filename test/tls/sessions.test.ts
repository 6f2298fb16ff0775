import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {inspect} from 'node:util';
import type {ConfigFault} from '../../src/errors';
import {Secret} from '../../src/tls/secret';
import {epochOf, loadSessions, ticketKeys} from '../../src/tls/sessions';
import type {SessionOptions, SessionSettings} from '../../src/tls/sessions';
import {Folder} from '../server/harness';

const HOUR_MS = 3_600_000;
const TRUST = Buffer.alloc(32, 1);

/** Made with another implementation of HKDF, Python's hmac and hashlib. */
const KNOWN = '01bf5a06285bc09cc82ae0038b753611eee25d33cdef817c' + '9ac8e1758d3dbd7d20e3d1e0e475d9021d670c1da92e92c6';

const settings: SessionSettings = {secret: new Secret(Buffer.alloc(48, 'secret')), rotateEveryMs: HOUR_MS};

async function load(
  options: SessionOptions,
  exposed: 'refuse' | 'allow' = 'refuse',
): Promise<{readonly settings: SessionSettings | undefined; readonly faults: readonly ConfigFault[]}> {
  const faults: ConfigFault[] = [];
  const loaded = await loadSessions(options, exposed, fault => void faults.push(fault));
  return {settings: loaded, faults};
}

describe('ticket keys', () => {
  const keysOf = (...[own, trust, epoch]: Parameters<typeof ticketKeys>): string =>
    ticketKeys(own, trust, epoch).reveal().toString('hex');
  const keys = keysOf(settings, TRUST, 7);

  it('have the length that Node wants, and no part twice', () => {
    assert.match(keys, /^[0-9a-f]{96}$/);
    assert.equal(new Set([keys.slice(0, 32), keys.slice(32, 64), keys.slice(64)]).size, 3);
  });

  it('are the same for the same secret, trust, period and epoch, in every release of version 1', () => {
    assert.equal(keysOf({...settings}, Buffer.from(TRUST), 7), keys);
    assert.equal(keys, KNOWN);
  });

  const others: readonly (readonly [string, SessionSettings, Buffer, number])[] = [
    ['secret', {...settings, secret: new Secret(Buffer.alloc(48, 'Secret'))}, TRUST, 7],
    ['trust', settings, Buffer.alloc(32, 2), 7],
    ['epoch', settings, TRUST, 8],
    ['period', {...settings, rotateEveryMs: HOUR_MS + 60_000}, TRUST, 7],
  ];
  for (const [what, ...given] of others) {
    it(`are others with another ${what}`, () => {
      assert.notEqual(keysOf(...given), keys);
    });
  }

  it('change with the epoch, which begins on the millisecond', () => {
    assert.equal(epochOf(settings, 7 * HOUR_MS - 1), 6);
    assert.equal(epochOf(settings, 7 * HOUR_MS), 7);
    assert.equal(epochOf(settings, 8 * HOUR_MS - 1), 7);
  });

  it('do not print', () => {
    assert.equal(inspect(ticketKeys(settings, TRUST, 7)), '[secret]');
  });
});

describe('the secret of sessions', () => {
  const folder = new Folder();
  const random = randomBytes(4096);

  after(() => {
    folder.remove();
  });

  const good: readonly (readonly [string, Buffer | string])[] = [
    ['32 random bytes', random.subarray(0, 32)],
    ['4096 random bytes', random],
    ['random bytes in hexadecimal', random.toString('hex', 0, 32)],
    ['eight different bytes', 'abcdefgh'.repeat(4)],
  ];
  for (const [what, content] of good) {
    it(`may be ${what}`, async () => {
      const {settings: loaded, faults} = await load({secret: folder.write('secret', content)});
      assert.deepEqual(faults, []);
      assert.deepEqual(loaded?.secret.reveal(), Buffer.from(content));
      assert.equal(loaded.rotateEveryMs, HOUR_MS);
    });
  }

  const bad: readonly (readonly [string, Buffer | string, RegExp])[] = [
    ['31 bytes', random.subarray(0, 31), /31 bytes/],
    ['4097 bytes', Buffer.concat([random, Buffer.from([0])]), /4097 bytes/],
    ['zeros', Buffer.alloc(48), /the same few/],
    ['one letter again and again', 'x'.repeat(64), /the same few/],
    ['seven different bytes', 'abcdefg'.repeat(6), /the same few/],
    ['nothing', '', /is empty/],
  ];
  for (const [what, content, found] of bad) {
    it(`may not be ${what}`, async () => {
      const {settings: loaded, faults} = await load({secret: folder.write('secret', content)});
      assert.equal(loaded, undefined);
      assert.equal(faults.length, 1);
      assert.equal(faults[0]?.where, 'server.sessions.secret');
      assert.match(faults[0].found, found);
      assert.ok(!JSON.stringify(faults).includes('abcdefg'));
    });
  }

  it('may not be readable by others, unless that was signed off', async () => {
    const secret = folder.write('secret', random.subarray(0, 48), 0o644);
    const {faults} = await load({secret});
    assert.deepEqual(
      faults.map(({code, where}) => [code, where]),
      [['ERR_MTLS_CREDENTIALS', 'server.sessions.secret']],
    );
    assert.deepEqual((await load({secret}, 'allow')).faults, []);
  });

  it('may come from a function, and keys may change every minute', async () => {
    const {settings: loaded} = await load({secret: () => random.subarray(0, 48), rotateEveryMinutes: 1});
    assert.equal(loaded?.rotateEveryMs, 60_000);
    assert.equal(inspect(loaded, {depth: Infinity}), '{ secret: [secret], rotateEveryMs: 60000 }');
  });
});
