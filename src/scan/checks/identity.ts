import {X509Certificate} from 'node:crypto';
import type {ScanContext} from '../context';
import {mintFor} from '../probe/wrong-certificates';
import type {Check, Outcome} from './check';
import {Owasp, notTested, refusalExpected} from './check';

const MAP =
  'map names in certificates to roles by exact match, refuse what no rule names, and require a role on every route';

/** Whether a good certificate is enough, or somebody also looks at whose it is. */
export const IDENTITY_CHECKS: readonly Check[] = [
  {
    id: 'identity-unmapped',
    title: 'a valid certificate of somebody unknown is refused',
    severity: 'high',
    risk: 'whoever gets any certificate of the CA may do everything: authentication without authorization',
    remedy: MAP,
    cwe: 862,
    owasp: Owasp.FUNCTION_AUTHORIZATION,
    run: context => presentAs(context, {organizationalUnit: 'mtls-scan'}),
  },
  {
    id: 'identity-lookalike',
    title: 'a name that only contains an accepted one is refused',
    severity: 'high',
    risk: 'NotAdmins counts as Admins where names are compared by substring',
    remedy: MAP,
    cwe: 863,
    owasp: Owasp.FUNCTION_AUTHORIZATION,
    run: lookalike,
  },
];

/** The unit of the accepted client with something before it. Says nothing where any unit will do. */
async function lookalike(context: ScanContext): Promise<Outcome> {
  const {identity} = context.options;
  if (identity === undefined) return notTested('no client certificate was given (--cert and --key)');
  const unit = /^OU=(.+)$/m.exec(new X509Certificate(identity.chain).subject)?.[1];
  if (unit === undefined) return notTested('the given client certificate names no organizational unit');
  const unknown = await presentAs(context, {organizationalUnit: 'mtls-scan'});
  if (unknown.status === 'fail') return notTested('any certificate of the CA is served');
  return unknown.status === 'pass' ? presentAs(context, {organizationalUnit: `Not${unit}`}) : unknown;
}

async function presentAs(
  {options, http}: ScanContext,
  subject: {readonly organizationalUnit: string},
): Promise<Outcome> {
  if (options.issuer === undefined) return notTested('no CA that the server trusts was given (--issuer)');
  const outcome = await http({identity: mintFor(options.issuer, {...subject, commonName: 'mtls-scan'})});
  return refusalExpected(outcome, `OU=${subject.organizationalUnit}`);
}
