import {parseCertificate} from '../x509/certificate';
import {createAuthority} from './authority';
import type {Authority, AuthoritySpec, Clock} from './authority';
import type {CertificateSpec} from './certificate';
import type {Credential} from './credential';
import {filesOf, loadAuthority, loadCredential, recordOf} from './credential-files';
import type {CrlReason} from '../x509/crl-entry';
import {signCompleteCrls, signDeltaCrls} from './crl-files';
import {currentOf, isAuthority, renewableIn, requireFree, revocableIn, rootOf, rootsIn} from './index-queries';
import {generateKeyLike} from './keys';
import type {OcspStatus} from './ocsp';
import type {CertificateRecord, Change, Index} from './records';
import {contentsOf} from './renewal';
import {answerOcspRequest} from './responder';
import type {Store} from './store';
import {fromNow, lengthOf} from './validity';
import type {Lifetime} from './validity';

/** How a certificate is renewed. */
export interface Renewal {
  /** Default: as long as the old one. */
  readonly lifetime?: Lifetime | undefined;
  /** Default `new`. An authority always keeps its key, so that what it issued stays valid. */
  readonly key?: 'new' | 'keep' | undefined;
}

/**
 * A development CA that lives in a folder. At the top are the files that servers and clients are given:
 *
 * - `NAME.crt`: a certificate with its intermediates; the name of an authority ends in `-ca`
 * - `NAME.key`, `NAME.p12`: private key of a server or client, and PKCS#12 of key and certificates
 * - `NAME.crl`, `NAME.delta.crl`: CRLs of the root `NAME-ca` and of every authority below it
 *
 * and in `ca/`, for the CA alone, the keys of the authorities, their CRLs one by one, and the index. Methods that
 * write return the files they wrote, relative to the folder. Every method throws `ERR_MTLS_PKI` for a name that is
 * not there, or that is and should not be.
 */
export class DevelopmentCa {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Everything that was issued, oldest first. */
  get certificates(): readonly CertificateRecord[] {
    return this.#store.index.certificates;
  }

  /** Makes a root with its first, empty CRL. */
  createRoot(name: string, spec: AuthoritySpec, crlLifetime?: Lifetime): readonly string[] {
    return this.#store.change(index => {
      requireFree(index, name, 'root', this.#clock());
      const authority = createAuthority(spec, this.#clock);
      return this.#added(index, recordOf(name, 'root', name, authority.credential), authority, crlLifetime);
    });
  }

  /** Makes an authority below another one, and new CRLs for all of them. */
  createIntermediate(name: string, issuer: string, spec: AuthoritySpec): readonly string[] {
    return this.#store.change(index => {
      requireFree(index, name, 'intermediate', this.#clock());
      const authority = this.#authority(index, issuer).issueAuthority(spec);
      return this.#added(index, recordOf(name, 'intermediate', issuer, authority.credential), authority);
    });
  }

  #added(index: Index, record: CertificateRecord, authority: Authority, lifetime?: Lifetime): Change {
    const added = withCertificate(index, record, authority.credential);
    // The key of the new authority is not in the folder yet.
    const load = (name: string) => (name === record.name ? authority : this.#authority(index, name));
    const crls = signCompleteCrls(added.index, rootOf(added.index, record.name), {load, now: this.#clock(), lifetime});
    return {index: crls.index, files: [...added.files, ...crls.files]};
  }

  /** Issues a certificate for a server or a client. */
  issue(name: string, issuer: string, purpose: 'server' | 'client', spec: CertificateSpec): readonly string[] {
    return this.#store.change(index => {
      requireFree(index, name, purpose, this.#clock());
      const authority = this.#authority(index, issuer);
      const credential = purpose === 'server' ? authority.issueServer(spec) : authority.issueClient(spec);
      return withCertificate(index, recordOf(name, purpose, issuer, credential), credential);
    });
  }

  /** Issues the current certificate of a name again: same contents, new serial number and dates. */
  renew(name: string, {lifetime, key = 'new'}: Renewal = {}): readonly string[] {
    return this.#store.change(index => {
      const old = renewableIn(index, name);
      const {certificate, key: oldKey} = loadCredential(this.#store, old);
      const credential = this.#authority(index, old.issuer).issue({
        ...contentsOf(parseCertificate(certificate)),
        key: key === 'keep' || isAuthority(old) ? oldKey : generateKeyLike(oldKey),
        validity: fromNow(lifetime ?? lengthOf(old), this.#clock()),
      });
      return withCertificate(index, recordOf(name, old.purpose, old.issuer, credential), credential);
    });
  }

  /** Revokes every certificate of a name, or the one with a serial number, and signs new CRLs. */
  revoke(nameOrSerialNumber: string, reason: CrlReason): readonly string[] {
    return this.#store.change(index => {
      const targets = revocableIn(index, nameOrSerialNumber);
      const revoked = {at: this.#clock(), reason};
      const certificates = index.certificates.map(record => (targets.includes(record) ? {...record, revoked} : record));
      const roots = targets.map(record => rootOf(index, record.issuer));
      return this.#forEach({...index, certificates}, [...new Set(roots)], signCompleteCrls);
    });
  }

  /** Signs complete CRLs of every root and of the authorities below. */
  signCrls(lifetime?: Lifetime): readonly string[] {
    return this.#store.change(index => this.#forEach(index, rootsIn(index), signCompleteCrls, lifetime));
  }

  /** Signs delta CRLs: what was revoked since the last complete ones. */
  signDeltaCrls(): readonly string[] {
    return this.#store.change(index => this.#forEach(index, rootsIn(index), signDeltaCrls));
  }

  #forEach(index: Index, roots: readonly string[], sign: typeof signCompleteCrls, lifetime?: Lifetime): Change {
    const signing = {load: (name: string) => this.#authority(index, name), now: this.#clock(), lifetime};
    return roots.reduce<Change>(
      (change, root) => {
        const {index: next, files} = sign(change.index, root, signing);
        return {index: next, files: [...change.files, ...files]};
      },
      {index, files: []},
    );
  }

  /** Writes key and certificates of a name as PKCS#12. */
  exportPkcs12(name: string, passphrase: string): readonly string[] {
    const credential = loadCredential(this.#store, currentOf(this.#store.index, name));
    const file = `${name}.p12`;
    this.#store.write({file, content: credential.exportPkcs12(passphrase, name), access: 'secret'});
    return [file];
  }

  /** Answers an OCSP request in the name of the authority it asks about: DER of an OCSPResponse. */
  answerOcsp(request: Buffer): Buffer {
    const {index} = this.#store;
    const names = [...new Set(index.certificates.filter(isAuthority).map(record => record.name))];
    const responding = names.map(name => ({
      authority: this.#authority(index, name),
      statusOf: (serialNumber: string) => statusOf(index, name, serialNumber),
    }));
    return answerOcspRequest(request, responding);
  }

  #authority(index: Index, name: string): Authority {
    return loadAuthority(this.#store, index, name, this.#clock);
  }
}

function withCertificate(index: Index, record: CertificateRecord, credential: Credential): Change {
  return {index: {...index, certificates: [...index.certificates, record]}, files: filesOf(record, credential)};
}

/** RFC 6960 section 2.2: a serial number that was never issued is unknown, not good. */
function statusOf(index: Index, issuer: string, serialNumber: string): OcspStatus {
  const record = index.certificates.find(
    candidate => candidate.issuer === issuer && candidate.serialNumber === serialNumber,
  );
  if (record === undefined) return {kind: 'unknown'};
  if (record.revoked === undefined) return {kind: 'good'};
  return {kind: 'revoked', since: record.revoked.at, reason: record.revoked.reason};
}
