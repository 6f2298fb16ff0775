import {publish} from '../audit/publish';
import {DenyList} from '../trust/deny-list';
import type {DenyEntry} from '../trust/deny-list';
import type {SharedDenyList} from './shared-deny-list';

/** The deny-list from everywhere: the configured file, the code of this process, and the store shared with others. */
export class DenyListSources {
  readonly #onChange: () => void;
  #shared: SharedDenyList | undefined;
  #fromFile: readonly DenyEntry[] = [];
  #fromCode: readonly DenyEntry[] = [];
  /** Made anew after a change only: an OCSP answer asks for it too. */
  #made: {readonly list: DenyList; readonly shared: readonly DenyEntry[]} | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get list(): DenyList {
    const shared = this.#shared?.entries ?? NONE;
    if (this.#made?.shared !== shared) {
      this.#made = {list: new DenyList([...shared, ...this.#fromFile, ...this.#fromCode]), shared};
    }
    return this.#made.list;
  }

  /** Takes entries in force that a start or a reload read from the file. */
  adopt(entries: readonly DenyEntry[], shared: SharedDenyList | undefined): void {
    this.#fromFile = entries;
    this.#shared = shared;
    this.#made = undefined;
  }

  /**
   * Adds an entry here and in the shared store. In force when the promise is made, shared when it resolves.
   *
   * @throws MtlsError `ERR_MTLS_REVOCATION_SOURCE` when the store did not take it
   */
  async deny(entry: DenyEntry): Promise<void> {
    this.#fromCode = [...this.#fromCode, entry];
    this.#made = undefined;
    publishDenied(entry, 'revoke()');
    this.#onChange();
    await this.#shared?.add(entry);
  }
}

const NONE: readonly DenyEntry[] = [];

function publishDenied({subject}: DenyEntry, source: string): void {
  const {kind} = subject;
  switch (kind) {
    case 'serial':
      publish({
        family: 'revocation',
        phase: 'denied',
        source,
        by: kind,
        value: `${subject.issuer} ${subject.serialNumber}`,
      });
      return;
    case 'principal':
      publish({family: 'revocation', phase: 'denied', source, by: kind, value: subject.id});
      return;
    case 'certificate':
    case 'key':
      publish({family: 'revocation', phase: 'denied', source, by: kind, value: subject.fingerprint});
  }
}
