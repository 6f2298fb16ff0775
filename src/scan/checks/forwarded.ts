import {X509Certificate} from 'node:crypto';
import {accessOf, describeAccess} from '../access';
import type {ScanContext} from '../context';
import type {HttpOutcome} from '../probe/http-exchange';
import {mint} from '../probe/wrong-certificates';
import type {Check, Outcome} from './check';
import {Owasp, fail, notTested, pass} from './check';

type Headers = Readonly<Record<string, string>>;

/** Headers by which a proxy tells an application about the client certificate it saw. */
const DIALECTS: readonly {
  readonly id: string;
  readonly name: string;
  readonly write: (certificate: X509Certificate) => Headers;
}[] = [
  {
    id: 'rfc9440',
    name: 'Client-Cert (RFC 9440)',
    write: certificate => ({'Client-Cert': `:${certificate.raw.toString('base64')}:`}),
  },
  {
    id: 'xfcc',
    name: 'X-Forwarded-Client-Cert (Envoy)',
    write: certificate => ({
      'X-Forwarded-Client-Cert': [
        `Hash=${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`,
        `Cert="${encodeURIComponent(certificate.toString())}"`,
        `Subject="${subjectOf(certificate)}"`,
        'URI=spiffe://mtls-scan.invalid/admin',
      ].join(';'),
    }),
  },
  {
    id: 'nginx',
    name: 'the nginx and Apache headers',
    write: certificate => ({
      'X-SSL-Client-Cert': encodeURIComponent(certificate.toString()),
      'SSL-Client-Cert': encodeURIComponent(certificate.toString()),
      'X-SSL-Client-Verify': 'SUCCESS',
      'SSL-Client-Verify': 'SUCCESS',
      'X-SSL-Client-S-DN': subjectOf(certificate),
      'SSL-Client-Subject-DN': subjectOf(certificate),
      'X-Client-Cert': encodeURIComponent(certificate.toString()),
      'X-Client-Verify': 'SUCCESS',
    }),
  },
  {
    id: 'aws',
    name: 'the AWS load balancer headers',
    write: certificate => ({
      'X-Amzn-Mtls-Clientcert': encodeURIComponent(certificate.toString()),
      'X-Amzn-Mtls-Clientcert-Leaf': encodeURIComponent(certificate.toString()),
      'X-Amzn-Mtls-Clientcert-Subject': subjectOf(certificate),
      'X-Amzn-Mtls-Clientcert-Serial-Number': certificate.serialNumber,
    }),
  },
];

/** Whether an untrusted caller can write the headers only a proxy may write. */
export const FORWARDED_CHECKS: readonly Check[] = DIALECTS.map(({id, name, write}) => ({
  id: `forwarded-${id}`,
  title: `${name} of a stranger is ignored`,
  severity: 'critical',
  risk: 'certificates are public, so anyone who can write the header is anyone',
  remedy:
    'believe such headers only over a connection on which the proxy itself authenticated by mutual TLS; strip them everywhere else',
  cwe: 290,
  owasp: Owasp.BROKEN_AUTHENTICATION,
  run: context => forge(context, write),
}));

async function forge(context: ScanContext, write: (certificate: X509Certificate) => Headers): Promise<Outcome> {
  const {options, http} = context;
  const plain = await context.anonymous();
  if (accessOf(plain) === 'refused by TLS') return pass('without a certificate no request gets in');
  if (accessOf(plain) === 'no answer') return notTested(describeAccess(plain));
  const claimed = options.identity ?? mint('self-signed', {now: options.now});
  const forged = await http({headers: write(new X509Certificate(claimed.chain))});
  const evidence = [`without the header: ${describeAccess(plain)}`, `with it: ${describeAccess(forged)}`];
  if (accessOf(plain) !== 'served' && accessOf(forged) === 'served') return fail(...evidence);
  const told =
    claimsSubject(forged, new X509Certificate(claimed.chain)) &&
    !claimsSubject(plain, new X509Certificate(claimed.chain));
  return told ? fail(...evidence, 'the answer repeats the claimed name') : pass(...evidence);
}

/** Whether the answer holds the common name of the claimed certificate. */
function claimsSubject(outcome: HttpOutcome, certificate: X509Certificate): boolean {
  const name = /^CN=(.+)$/m.exec(certificate.subject)?.[1];
  return outcome.kind === 'answered' && name !== undefined && outcome.body.includes(name);
}

/** The subject on one line, as header values must be. */
function subjectOf(certificate: X509Certificate): string {
  return certificate.subject
    .split('\n')
    .reverse()
    .join(',')
    .replaceAll(/[^\x20-\x7e]|"/g, '');
}
