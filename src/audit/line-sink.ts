import type {Writable} from 'node:stream';
import type {Family} from './events';
import {publish, record} from './publish';
import type {RecordedEvent} from './publish';
import {formatLine} from './redact';
import {attachSink} from './sink';

/** Bytes that may wait in the stream before events are left out. */
export const MAX_BACKLOG_BYTES = 1024 * 1024;

/**
 * The default sink: one JSON object a line. It never waits: when the reader falls behind by `MAX_BACKLOG_BYTES`,
 * events are left out and counted, and the count is written as `mtls.audit.dropped` as soon as the stream drains.
 * On POSIX, Node writes `process.stderr` to files, pipes and terminals synchronously: nothing is lost in a crash, and
 * a reader that stalls stalls the process. Give a stream of your own where that is not wanted.
 *
 * @returns a function that ends it; the stream stays open
 */
export function attachLineSink(stream: Writable, families?: readonly Family[]): () => void {
  const lines = new LineWriter(stream);
  const detach = attachSink(event => {
    lines.write(event);
  }, families);
  return () => {
    detach();
    lines.close();
  };
}

class LineWriter {
  readonly #stream: Writable;
  #dropped = 0;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('drain', this.#tellDropped);
    stream.on('error', this.#fail);
  }

  write(event: RecordedEvent): void {
    if (!this.#stream.writable || this.#stream.writableLength >= MAX_BACKLOG_BYTES) this.#dropped++;
    else this.#stream.write(`${formatLine(event)}\n`);
  }

  close(): void {
    this.#stream.off('drain', this.#tellDropped);
    this.#stream.off('error', this.#fail);
  }

  readonly #tellDropped = (): void => {
    if (this.#dropped === 0) return;
    const count = this.#dropped;
    this.#dropped = 0;
    this.#stream.write(`${formatLine(record({family: 'audit', phase: 'dropped', count}))}\n`);
  };

  /** A stream that broke (the reader is gone) must not end the process; other sinks hear of it. */
  readonly #fail = (): void => {
    publish({family: 'audit', phase: 'failed'});
  };
}
