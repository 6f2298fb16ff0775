/**
 * Verifies a certificate chain from files, without a server and without LoopBack:
 *
 *     node dist/examples/verify-chain/main.js --ca roots.pem --crl root.crl chain.pem
 *
 * `chain.pem` holds the client certificate first, then whatever came with it. Every CA needs a CRL, unless
 * `--without-revocation` says that nobody shall be asked. Ends with 0 when the chain is accepted, 1 when it is refused.
 */
import {readFileSync} from 'node:fs';
import {setImmediate} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {
  crlRevocation,
  decodePem,
  DEFAULT_CRL_POLICY,
  DEFAULT_TRUST,
  describe,
  formatDistinguishedName,
  MtlsError,
  parseCertificates,
  verifyPeer,
} from '../../src/core';
import type {CertificateFacts, RevocationView, VerifiedPath} from '../../src/core';

async function main(): Promise<number> {
  const {values, positionals} = parseArgs({
    allowPositionals: true,
    options: {
      ca: {type: 'string', multiple: true, default: []},
      crl: {type: 'string', multiple: true, default: []},
      'without-revocation': {type: 'boolean', default: false},
    },
  });
  const [leaf, ...sent] = positionals.flatMap(certificatesOf);
  if (leaf === undefined) throw new TypeError('no chain given: verify-chain --ca roots.pem --crl root.crl chain.pem');
  const roots = values.ca.flatMap(certificatesOf);
  const trust = {
    anchors: roots.map(certificate => ({name: nameOf(certificate), certificate, authority: {}})),
    intermediates: [],
    policy: DEFAULT_TRUST,
    revocation: values['without-revocation'] ? nobodyAsked : await crlsOf(values.crl, [...roots, ...sent]),
  };
  const decision = verifyPeer({leaf, sent}, trust, new Date());
  if (decision.verdict === 'reject') {
    console.error(`refused: ${describe(decision.why)}`);
    return 1;
  }
  report(decision.peer.path);
  return 0;
}

function certificatesOf(file: string): readonly CertificateFacts[] {
  return parseCertificates(readFileSync(file));
}

async function crlsOf(files: readonly string[], candidates: readonly CertificateFacts[]): Promise<RevocationView> {
  const ders = files.flatMap(file => decodePem(readFileSync(file, 'latin1'), 'X509 CRL'));
  const {view, refused} = await crlRevocation(ders, candidates, DEFAULT_CRL_POLICY, DEFAULT_TRUST, setImmediate);
  for (const why of refused) console.error(`not used: ${describe(why)}`);
  return view;
}

const nobodyAsked: RevocationView = {
  statusOf: subject => ({status: 'good', freshUntil: subject.notAfter, source: 'nobody was asked'}),
};

function report({leaf, intermediates, anchor, policies, validUntil}: VerifiedPath): void {
  console.log('accepted, from the client up:');
  for (const certificate of [leaf, ...intermediates, anchor.certificate]) console.log(`  ${nameOf(certificate)}`);
  console.log(`certificate policies: ${policies.join(', ') || 'none'}`);
  console.log(`valid until: ${validUntil.toISOString()}`);
}

function nameOf({subject}: CertificateFacts): string {
  return formatDistinguishedName(subject);
}

void main().then(
  code => {
    process.exitCode = code;
  },
  (error: unknown) => {
    // What does not parse, or cannot be read, is told in one line; a bug keeps its stack.
    console.error(error instanceof MtlsError ? `refused: ${error.message}` : error);
    process.exitCode = 1;
  },
);
