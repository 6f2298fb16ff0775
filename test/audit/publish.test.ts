import assert from 'node:assert/strict';
import {channel, subscribe, unsubscribe} from 'node:diagnostics_channel';
import {EVENTS, nameOf} from '../../src/audit/names';
import {CHANNELS, isRecorded, publish} from '../../src/audit/publish';
import {eventsDuring, SAMPLES} from './samples';

describe('audit/publish', () => {
  for (const [name, event] of Object.entries(SAMPLES)) {
    it(`calls the event ${name}`, () => {
      assert.equal(nameOf(event), name);
    });
  }

  it('knows exactly the names that the table lists', () => {
    assert.deepEqual(Object.keys(SAMPLES), Object.keys(EVENTS));
  });

  it('stamps time, id, name and level, and leaves the fields as they are', async () => {
    const event = SAMPLES['mtls.reload.rejected'];
    const before = Date.now();
    const [recorded, ...more] = await eventsDuring(() => {
      publish(event);
    });
    assert.ok(recorded);
    const {time, id, name, level, ...fields} = recorded;
    assert.deepEqual(fields, event);
    assert.deepEqual([name, level, more.length], ['mtls.reload.rejected', 'error', 0]);
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(new Date(time).toISOString(), time);
    assert.ok(Date.parse(time) >= before && Date.parse(time) <= Date.now());
    assert.ok(Object.isFrozen(recorded));
  });

  it('gives every event an id of its own', async () => {
    const events = await eventsDuring(() => {
      for (let i = 0; i < 100; i++) publish(SAMPLES['mtls.start.listening']);
    });
    assert.equal(new Set(events.map(({id}) => id)).size, 100);
  });

  it('speaks on the channel of the family, under the name that is documented', () => {
    for (const [family, target] of Object.entries(CHANNELS)) assert.equal(target, channel(`mtls:${family}`));
  });

  it('reaches raw subscribers of one family only', () => {
    const seen: unknown[] = [];
    const receive = (message: unknown): void => void seen.push(message);
    subscribe('mtls:start', receive);
    publish(SAMPLES['mtls.start.listening']);
    publish(SAMPLES['mtls.reload.applied']);
    unsubscribe('mtls:start', receive);
    publish(SAMPLES['mtls.start.stopped']);
    assert.deepEqual(
      seen.map(event => isRecorded(event) && event.name),
      ['mtls.start.listening'],
    );
  });

  it('does not throw into the caller when a raw subscriber does', async () => {
    const raised = new Promise<unknown>(resolve => {
      const others = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.once('uncaughtException', error => {
        for (const listener of others) process.on('uncaughtException', listener);
        resolve(error);
      });
    });
    const fault = new Error('raw subscriber');
    const receive = (): void => {
      throw fault;
    };
    subscribe('mtls:start', receive);
    assert.doesNotThrow(() => {
      publish(SAMPLES['mtls.start.listening']);
    });
    unsubscribe('mtls:start', receive);
    assert.equal(await raised, fault);
  });

  it('does not take for recorded what only looks like it', async () => {
    const events = await eventsDuring(() => {
      publish(SAMPLES['mtls.start.listening']);
    });
    for (const forged of [undefined, null, 'text', {}, {...events[0]}]) assert.equal(isRecorded(forged), false);
    assert.equal(isRecorded(events[0]), true);
  });
});
