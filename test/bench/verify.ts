/**
 * `npm run bench:verify`: what path validation costs beside the two signature checks that it cannot do without. A leaf,
 * an intermediate and a root, ECDSA P-256, no verdict cache; both sides take turns in one run, and the figures are
 * medians of rounds. Ends with 1 when the ratio reaches 2.
 */
import {verify} from 'node:crypto';
import {performance} from 'node:perf_hooks';
import {createAuthority} from '../../src/pki/authority';
import {DEFAULT_TRUST} from '../../src/trust/policy';
import {importKey} from '../../src/trust/signature';
import {verifyPeer} from '../../src/trust/verify-peer';
import {parseCertificate} from '../../src/x509/certificate';
import {median} from './statistics';

const ROUNDS = 15;
const TURNS = 300;
const MAX_RATIO = 2;

const rootCa = createAuthority({subject: {commonName: 'Bench root'}});
const issuingCa = rootCa.issueAuthority({subject: {commonName: 'Bench issuing'}, pathLength: 0});
const client = issuingCa.issueClient({
  subject: {commonName: 'alice', organizationalUnit: 'Clinicians'},
  subjectAltNames: ['uri:spiffe://clinic.example/clinician/alice'],
});
const root = parseCertificate(rootCa.certificate);
const now = new Date();
const trust = {
  anchors: [{name: 'root', certificate: root, authority: {}}],
  intermediates: [],
  policy: DEFAULT_TRUST,
  revocation: {statusOf: () => ({status: 'good', freshUntil: root.notAfter, source: 'bench'}) as const},
};
const leaf = parseCertificate(client.certificate);
const issuing = parseCertificate(issuingCa.certificate);

function signaturesOnly(): boolean {
  return (
    verify('sha256', issuing.tbs, importKey(root.publicKey), issuing.signature) &&
    verify('sha256', leaf.tbs, importKey(issuing.publicKey), leaf.signature)
  );
}

function wholePath(): boolean {
  // Copies: for facts it has seen, the library remembers who signed them.
  return verifyPeer({leaf: {...leaf}, sent: [{...issuing}]}, trust, now).verdict === 'accept';
}

/** As on a new connection: the peer's certificates are read and the key of the sent intermediate is imported. */
function fromBytes(): boolean {
  const sent = parseCertificate(issuingCa.certificate);
  return verifyPeer({leaf: parseCertificate(client.certificate), sent: [sent]}, trust, now).verdict === 'accept';
}

function microseconds(run: () => boolean): number {
  const start = performance.now();
  for (let turn = 0; turn < TURNS; turn++) if (!run()) throw new Error('refused');
  return ((performance.now() - start) / TURNS) * 1000;
}

const times = new Map([signaturesOnly, wholePath, fromBytes].map(run => [run, [] as number[]]));
for (let round = 0; round <= ROUNDS; round++)
  for (const [run, taken] of times) {
    const time = microseconds(run);
    // The first round warms up.
    if (round > 0) taken.push(time);
  }
const bare = median(times.get(signaturesOnly) ?? []);
const whole = median(times.get(wholePath) ?? []);
const parsed = median(times.get(fromBytes) ?? []);
console.log(`Node.js ${process.version}, microseconds per chain, median of ${ROUNDS} rounds of ${TURNS}`);
console.log(`two crypto.verify calls          ${bare.toFixed(1).padStart(8)}`);
console.log(`verifyPeer                       ${whole.toFixed(1).padStart(8)}   ratio ${(whole / bare).toFixed(2)}`);
console.log(`parse two certificates, verify   ${parsed.toFixed(1).padStart(8)}   ratio ${(parsed / bare).toFixed(2)}`);
process.exitCode = whole / bare < MAX_RATIO ? 0 : 1;
