import {MtlsError} from '../errors';
import type {CertificateRecord, Index, Purpose} from './records';

/** Whether a certificate may issue others. */
export function isAuthority({purpose}: CertificateRecord): boolean {
  return purpose === 'root' || purpose === 'intermediate';
}

/**
 * The current certificate of a name: the last one issued.
 *
 * @throws MtlsError `ERR_MTLS_PKI`
 */
export function currentOf(index: Index, name: string): CertificateRecord {
  const record = index.certificates.findLast(candidate => candidate.name === name);
  if (record === undefined) throw refusal(`one of ${namesIn(index)}`, name);
  return record;
}

/**
 * The current certificate of an authority. A server or a client signs nothing.
 *
 * @throws MtlsError `ERR_MTLS_PKI`
 */
export function authorityIn(index: Index, name: string): CertificateRecord {
  const record = currentOf(index, name);
  if (!isAuthority(record)) throw refusal('the name of an authority', name);
  return record;
}

/**
 * The certificate that is to be renewed. What is revoked is not: whoever revoked it would not expect it to come back.
 *
 * @throws MtlsError `ERR_MTLS_PKI`
 */
export function renewableIn(index: Index, name: string): CertificateRecord {
  const record = currentOf(index, name);
  if (record.revoked) throw refusal('a certificate that is not revoked; issue a new one', name);
  return record;
}

/**
 * Makes sure that a name can be given: letters, digits and hyphens, because it becomes a file name; `-ca` at the end
 * for an authority and for nobody else; and not in use by a certificate that is still good.
 *
 * @throws MtlsError `ERR_MTLS_PKI`
 */
export function requireFree(index: Index, name: string, purpose: Purpose, now: Date): void {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/i.test(name) || name.length > 64)
    throw refusal('a name of up to 64 letters, digits and single hyphens', name);
  const mustEnd = purpose === 'root' || purpose === 'intermediate';
  if (name.endsWith('-ca') !== mustEnd)
    throw refusal(mustEnd ? 'the name of an authority to end in -ca' : 'a name that does not end in -ca', name);
  const holder = index.certificates.findLast(candidate => candidate.name === name);
  if (holder && !holder.revoked && holder.notAfter > now)
    throw refusal('a name that is not in use; renew or revoke what has it', name);
}

/**
 * The certificates that a name or a serial number stands for and that are not revoked yet. A root has nobody to
 * revoke it.
 *
 * @throws MtlsError `ERR_MTLS_PKI` when there is none
 */
export function revocableIn(index: Index, nameOrSerialNumber: string): readonly CertificateRecord[] {
  const wanted = nameOrSerialNumber.toLowerCase();
  const records = index.certificates.filter(
    ({name, serialNumber, purpose, revoked}) =>
      purpose !== 'root' && !revoked && (name === nameOrSerialNumber || serialNumber === wanted),
  );
  if (records.length === 0) throw refusal('a name or serial number that is not revoked and not a root', wanted);
  return records;
}

/** Name of the root above an authority. */
export function rootOf(index: Index, authority: string): string {
  const {issuer} = currentOf(index, authority);
  return issuer === authority ? authority : rootOf(index, issuer);
}

/** Names of a root and of all authorities below it. */
export function familyOf(index: Index, root: string): readonly string[] {
  const names = index.certificates.filter(isAuthority).map(record => record.name);
  return [...new Set(names)].filter(name => rootOf(index, name) === root);
}

/** Names of all roots. */
export function rootsIn(index: Index): readonly string[] {
  const names = index.certificates.filter(({purpose}) => purpose === 'root').map(record => record.name);
  return [...new Set(names)];
}

function namesIn(index: Index): string {
  const names = [...new Set(index.certificates.map(record => record.name))];
  return names.length === 0 ? 'no names yet' : names.join(', ');
}

function refusal(required: string, found: string): MtlsError {
  return new MtlsError({code: 'ERR_MTLS_PKI', required, found: JSON.stringify(found), where: 'name'});
}
