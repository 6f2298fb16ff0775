import assert from 'node:assert/strict';
import {channel} from 'node:diagnostics_channel';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {publish} from '../../src/audit/publish';
import {attachSink, FAMILIES} from '../../src/audit/sink';
import {eventsDuring, SAMPLES} from './samples';

const ALL = Object.entries(SAMPLES);

describe('audit/sink', () => {
  it('hands every event of every family to a sink', async () => {
    const events = await eventsDuring(() => {
      for (const [, event] of ALL) publish(event);
    });
    assert.deepEqual(
      events.map(({name}) => name),
      ALL.map(([name]) => name),
    );
  });

  it('hands over only the families that are named', async () => {
    const events = await eventsDuring(() => {
      for (const [, event] of ALL) publish(event);
    }, ['reload', 'audit']);
    assert.deepEqual([...new Set(events.map(({family}) => family))], ['reload', 'audit']);
  });

  it('leaves no subscription behind when it is detached', () => {
    const detach = attachSink(() => undefined);
    assert.ok(FAMILIES.every(family => channel(`mtls:${family}`).hasSubscribers));
    detach();
    assert.ok(FAMILIES.every(family => !channel(`mtls:${family}`).hasSubscribers));
  });

  it('records nothing that others put on the channel', async () => {
    const events = await eventsDuring(() => {
      channel('mtls:start').publish({...SAMPLES['mtls.start.listening'], name: 'mtls.start.listening'});
      channel('mtls:start').publish('noise');
    });
    assert.deepEqual(events, []);
  });

  const BROKEN = [
    [
      'throws',
      (): void => {
        throw new Error('broken');
      },
    ],
    ['rejects', (): Promise<void> => Promise.reject(new Error('broken'))],
  ] as const;
  for (const [how, sink] of BROKEN) {
    it(`contains a sink that ${how}, and tells the others once in a row`, async () => {
      const events = await eventsDuring(async () => {
        const detach = attachSink(sink);
        for (let i = 0; i < 3; i++) {
          publish(SAMPLES['mtls.start.listening']);
          await nextTurn();
        }
        detach();
      });
      assert.deepEqual(
        events.map(({name}) => name),
        ['mtls.start.listening', 'mtls.audit.failed', 'mtls.start.listening', 'mtls.start.listening'],
      );
    });
  }

  it('tells again when a sink fails after it had worked', async () => {
    const outcomes = ['fail', 'fail', 'work', 'fail'];
    const events = await eventsDuring(() => {
      const detach = attachSink(() => {
        if (outcomes.shift() === 'fail') throw new Error('broken');
      }, ['start']);
      for (let i = 0; i < 4; i++) publish(SAMPLES['mtls.start.listening']);
      detach();
    }, ['audit']);
    assert.deepEqual(
      events.map(({name}) => name),
      ['mtls.audit.failed', 'mtls.audit.failed'],
    );
  });

  it('takes a promise that resolves for success', async () => {
    const outcomes = ['fail', 'work', 'fail'];
    const events = await eventsDuring(async () => {
      const detach = attachSink(async () => {
        await nextTurn();
        if (outcomes.shift() === 'fail') throw new Error('broken');
      }, ['start']);
      for (let i = 0; i < 3; i++) {
        publish(SAMPLES['mtls.start.listening']);
        await nextTurn();
        await nextTurn();
      }
      detach();
    }, ['audit']);
    assert.equal(events.length, 2);
  });
});
