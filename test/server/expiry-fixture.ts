import {setImmediate as nextTurn} from 'node:timers/promises';
import {dangerouslyAllowOldRuntime} from '../../src/danger';
import type {Dependencies} from '../../src/server/expiry';
import {verifyCrl} from '../../src/trust/crl-signature';
import type {VerifiedCrl} from '../../src/trust/crl-signature';
import {parseCertificate} from '../../src/x509/certificate';
import {parseCrl} from '../../src/x509/crl';
import {clientRoot, issueServer} from './harness';

const DAY_MS = 86_400_000;

/** What a server depends on that has two full CRLs of one scope, an older delta, and a CRL without end. */
export async function crlRevocationFixture(now: Date): Promise<Dependencies> {
  const certificate = parseCertificate(clientRoot.certificate);
  const at = (days: number): Date => new Date(now.getTime() + days * DAY_MS);
  const crl = async (source: string, spec: Parameters<typeof clientRoot.issueCrl>[0]): Promise<VerifiedCrl> => {
    const verified = await verifyCrl(parseCrl(clientRoot.issueCrl(spec).der), [certificate], source, nextTurn);
    if ('code' in verified) throw new Error(verified.found);
    return verified;
  };
  return {
    chain: [parseCertificate(issueServer().certificate)],
    anchors: [{name: 'clients', certificate, authority: {}}],
    crls: [
      await crl('old.crl', {thisUpdate: at(-2), nextUpdate: at(1)}),
      await crl('new.crl', {thisUpdate: at(-1), nextUpdate: at(2)}),
      await crl('delta.crl', {thisUpdate: at(-2), nextUpdate: at(1), number: 7, deltaOf: 6}),
      await crl('endless.crl', {thisUpdate: at(-1), without: ['nextUpdate']}),
    ],
    weakenings: [dangerouslyAllowOldRuntime({reason: 'a test of expiries', until: at(5)})],
    staples: [{kind: 'stapled-ocsp', subject: 'http://ocsp', notBefore: at(-1), notAfter: at(1)}],
  };
}
