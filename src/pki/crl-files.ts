import type {Authority} from './authority';
import type {CrlEntrySpec} from './crl';
import {familyOf} from './index-queries';
import type {Change, CrlRecord, FileToWrite, Index} from './records';
import {endOf, lengthOf} from './validity';
import type {Lifetime} from './validity';

/** What signing CRLs needs beside the index. */
export interface CrlSigning {
  readonly load: (authority: string) => Authority;
  readonly now: Date;
  /** How long the CRLs hold. Default: as long as the last ones, those of the root for a new authority, else seven days. */
  readonly lifetime?: Lifetime | undefined;
}

/**
 * Signs complete CRLs of a root and of every authority below it: `NAME.crl` for the root `NAME-ca`, all of them as
 * PEM, and one by one as DER in `ca/`, as a distribution point serves them.
 */
export function signCompleteCrls(index: Index, root: string, signing: CrlSigning): Change {
  const {now} = signing;
  const crls: Record<string, CrlRecord> = {...index.crls};
  const signed = familyOf(index, root).map(name => {
    const last = index.crls[name] ?? index.crls[root];
    const number = (index.crls[name]?.lastNumber ?? 0) + 1;
    const nextUpdate = endOf(signing.lifetime ?? (last ? crlLifetime(last) : {days: 7}), now);
    crls[name] = {number, lastNumber: number, thisUpdate: now, nextUpdate};
    const entries = entriesOf(index, name, new Date(0));
    return {name, ...signing.load(name).issueCrl({number, thisUpdate: now, nextUpdate, entries})};
  });
  return {index: {...index, crls}, files: crlFiles(root, signed, '')};
}

/** Signs delta CRLs: what was revoked since the last complete ones, which they name as their base. */
export function signDeltaCrls(index: Index, root: string, signing: CrlSigning): Change {
  const crls: Record<string, CrlRecord> = {...index.crls};
  const signed = familyOf(index, root).flatMap(name => {
    const base = index.crls[name];
    if (base === undefined) return [];
    const number = base.lastNumber + 1;
    crls[name] = {...base, lastNumber: number};
    const entries = entriesOf(index, name, base.thisUpdate);
    const {nextUpdate} = base;
    const crl = signing
      .load(name)
      .issueCrl({number, deltaOf: base.number, thisUpdate: signing.now, nextUpdate, entries});
    return [{name, ...crl}];
  });
  return {index: {...index, crls}, files: crlFiles(root, signed, '.delta')};
}

function crlLifetime({thisUpdate, nextUpdate}: CrlRecord): Lifetime {
  return lengthOf({notBefore: thisUpdate, notAfter: nextUpdate});
}

function entriesOf(index: Index, issuer: string, since: Date): readonly CrlEntrySpec[] {
  return index.certificates.flatMap(record => {
    const {revoked, serialNumber} = record;
    if (record.issuer !== issuer || revoked === undefined || revoked.at < since) return [];
    return [{serialNumber, revokedAt: revoked.at, reason: revoked.reason}];
  });
}

interface NamedCrl {
  readonly name: string;
  readonly der: Buffer;
  readonly pem: string;
}

function crlFiles(root: string, crls: readonly NamedCrl[], suffix: '' | '.delta'): readonly FileToWrite[] {
  return [
    ...crls.map(({name, der}): FileToWrite => ({file: `ca/${name}${suffix}.crl`, content: der, access: 'public'})),
    {file: `${withoutSuffix(root)}${suffix}.crl`, content: crls.map(crl => crl.pem).join(''), access: 'public'},
  ];
}

/** `clients-ca` signs `clients.crl`. */
function withoutSuffix(root: string): string {
  return root.replace(/-ca$/, '');
}
