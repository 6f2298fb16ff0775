import type {Secret} from '../tls/secret';
import {epochOf, ticketKeys} from '../tls/sessions';
import type {SessionSettings} from '../tls/sessions';

/** How often the epoch is looked at, in milliseconds: a clock may be set, and a timer that is due in a day sleeps on. */
const EPOCH_POLL_MS = 1_000;

/** Keeps the ticket keys of a listener in step with the trust in force and with the clock. */
export class SessionTickets {
  readonly #install: (keys: Secret<Buffer>) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(install: (keys: Secret<Buffer>) => void) {
    this.#install = install;
  }

  /** Installs the keys of this trust at once, and from here on those of each epoch as it begins. */
  use(settings: SessionSettings, trust: Buffer): void {
    this.stop();
    let epoch = this.#renew(settings, trust);
    this.#timer = setInterval(() => {
      if (epochOf(settings, Date.now()) !== epoch) epoch = this.#renew(settings, trust);
    }, EPOCH_POLL_MS).unref();
  }

  /** Leaves the keys as they are. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #renew(settings: SessionSettings, trust: Buffer): number {
    const epoch = epochOf(settings, Date.now());
    this.#install(ticketKeys(settings, trust, epoch));
    return epoch;
  }
}
