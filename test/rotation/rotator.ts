import {join} from 'node:path';
import {createAuthority} from '../../src/pki/authority';
import {clientRoot, issueServer} from '../server/harness';
import type {Folder} from '../server/harness';
import {replace} from './rotation';

/** Changes one part of the files of a server after the other: certificate, CA bundle, CRL, and all over again. */
export class Rotator {
  readonly #folder: Folder;
  readonly #partner = createAuthority({subject: {commonName: 'Partner'}});
  #turn = 0;

  constructor(folder: Folder) {
    this.#folder = folder;
  }

  rotate(): void {
    const turn = this.#turn++;
    const file = (name: string): string => join(this.#folder.path, name);
    if (turn % 3 === 0) {
      const renewed = issueServer();
      replace(file('server.key'), renewed.exportKeyPem());
      replace(file('server.crt'), renewed.pem);
      return;
    }
    // The partner comes and goes; what changes every time is the CRL.
    const trusted = turn % 6 < 3 ? [clientRoot, this.#partner] : [clientRoot];
    const entries = [{serialNumber: BigInt(turn + 1), revokedAt: new Date()}];
    replace(file('clients-ca.crt'), trusted.map(({pem}) => pem).join(''));
    replace(file('clients.crl'), trusted.map(ca => ca.issueCrl({number: turn + 1, entries}).pem).join(''));
  }
}
