import type {Progress} from '../../scan/scan';
import type {Io} from '../command';

/** One line on the terminal that is written over while the scan works. */
export class ProgressLine {
  readonly #io: Io;

  constructor(io: Io) {
    this.#io = io;
  }

  show({done, total, connections}: Progress): void {
    this.#write(`\r\u001b[K${done} of ${total} checks, ${connections} connections`);
  }

  clear(): void {
    this.#write('\r\u001b[K');
  }

  #write(text: string): void {
    if (this.#io.stderr.isTTY === true) this.#io.stderr.write(text);
  }
}
