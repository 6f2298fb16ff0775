import assert from 'node:assert/strict';
import {Writable} from 'node:stream';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {attachLineSink, MAX_BACKLOG_BYTES} from '../../src/audit/line-sink';
import {publish} from '../../src/audit/publish';
import {eventsDuring, SAMPLES} from './samples';

/** A stream whose reader takes nothing until it is told to. */
class SlowStream extends Writable {
  readonly lines: {name: string; count?: number}[] = [];
  #release: (() => void) | undefined;
  #flowing = false;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const text = chunk.toString();
    assert.ok(text.endsWith('\n') && text.indexOf('\n') === text.length - 1);
    this.lines.push(JSON.parse(text) as {name: string});
    if (this.#flowing) done();
    else this.#release = done;
  }

  flow(): void {
    this.#flowing = true;
    this.#release?.();
  }

  stall(): void {
    this.#flowing = false;
  }
}

const EVENT = SAMPLES['mtls.start.listening'];

/** Publishes more than the backlog holds, then lets the reader take it all. */
async function flood(stream: SlowStream, events: number): Promise<void> {
  const message = 'x'.repeat(1000);
  for (let i = 0; i < events; i++) publish({family: 'start', phase: 'warning', message});
  assert.ok(stream.writableLength >= MAX_BACKLOG_BYTES, 'the backlog is full');
  assert.ok(stream.writableLength < MAX_BACKLOG_BYTES + 2000, 'by no more than one event');
  stream.flow();
  while (stream.writableLength > 0) await nextTurn();
  await nextTurn();
}

describe('audit/line-sink', () => {
  it('writes one JSON object a line', async () => {
    const stream = new SlowStream();
    stream.flow();
    const detach = attachLineSink(stream);
    for (const event of Object.values(SAMPLES)) publish(event);
    detach();
    publish(EVENT);
    await nextTurn();
    assert.deepEqual(
      stream.lines.map(({name}) => name),
      Object.keys(SAMPLES),
    );
  });

  it('writes only the families that are named', async () => {
    const stream = new SlowStream();
    stream.flow();
    const detach = attachLineSink(stream, ['reload']);
    for (const event of Object.values(SAMPLES)) publish(event);
    detach();
    await nextTurn();
    assert.equal(stream.lines.length, 3);
  });

  it('holds no more than its backlog, and tells how many events it left out once the reader is back', async () => {
    const stream = new SlowStream();
    const detach = attachLineSink(stream);
    await flood(stream, 4000);
    publish(EVENT);
    await nextTurn();
    detach();
    const dropped = stream.lines.filter(({name}) => name === 'mtls.audit.dropped');
    const kept = stream.lines.filter(({name}) => name === 'mtls.start.warning');
    assert.equal(dropped.length, 1);
    assert.equal(kept.length + (dropped[0]?.count ?? 0), 4000);
    assert.equal(stream.lines.at(-1)?.name, 'mtls.start.listening');
  });

  it('counts anew after it has told', async () => {
    const stream = new SlowStream();
    const detach = attachLineSink(stream);
    await flood(stream, 2000);
    stream.stall();
    await flood(stream, 3000);
    detach();
    const counts = stream.lines.flatMap(({count}) => count ?? []);
    const kept = stream.lines.filter(({name}) => name === 'mtls.start.warning');
    assert.equal(counts.length, 2);
    assert.equal(kept.length + counts.reduce((sum, count) => sum + count, 0), 5000);
  });

  it('says nothing about losses where there are none', async () => {
    const stream = new SlowStream({highWaterMark: 1});
    const detach = attachLineSink(stream);
    publish(EVENT);
    stream.flow();
    await nextTurn();
    detach();
    assert.deepEqual(
      stream.lines.map(({name}) => name),
      ['mtls.start.listening'],
    );
  });

  it('survives a stream that breaks, and tells other sinks', async () => {
    const stream = new SlowStream();
    const events = await eventsDuring(async () => {
      const detach = attachLineSink(stream);
      stream.destroy(new Error('EPIPE'));
      await nextTurn();
      publish(EVENT);
      detach();
    });
    assert.deepEqual(
      events.map(({name}) => name),
      ['mtls.audit.failed', 'mtls.start.listening'],
    );
  });

  it('leaves no listener on the stream behind', () => {
    const stream = new SlowStream();
    const before = stream.listenerCount('drain') + stream.listenerCount('error');
    attachLineSink(stream)();
    assert.equal(stream.listenerCount('drain') + stream.listenerCount('error'), before);
  });
});
