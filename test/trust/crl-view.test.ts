import assert from 'node:assert/strict';
import {Authority, createAuthority} from '../../src/pki/authority';
import type {CertificateSpec} from '../../src/pki/certificate';
import {Credential} from '../../src/pki/credential';
import type {CrlSpec} from '../../src/pki/crl';
import type {TrustAnchor} from '../../src/trust/anchor';
import {crlRevocation} from '../../src/trust/crl-revocation';
import {verifyCrl} from '../../src/trust/crl-signature';
import type {VerifiedCrl} from '../../src/trust/crl-signature';
import {CrlView, DEFAULT_CRL_POLICY} from '../../src/trust/crl-view';
import type {CrlPolicy} from '../../src/trust/crl-view';
import {DEFAULT_TRUST} from '../../src/trust/policy';
import type {RevocationStatus} from '../../src/trust/revocation';
import {parseCertificate} from '../../src/x509/certificate';
import type {CertificateFacts} from '../../src/x509/certificate';
import {parseCrl} from '../../src/x509/crl';

const HOUR = 3_600_000;
const now = new Date('2026-03-01T12:00:00Z');
const later = (ms: number): Date => new Date(now.getTime() + ms);
const validity = {notBefore: later(-24 * HOUR), notAfter: later(1000 * HOUR)};
const current = {thisUpdate: later(-HOUR), nextUpdate: later(HOUR)};

const authority = createAuthority({subject: {commonName: 'Root'}, validity});
const other = createAuthority({subject: {commonName: 'Other'}, validity});
const ca = parseCertificate(authority.certificate);
const anchor: TrustAnchor = {name: 'root', certificate: ca, authority: {}};

function leaf(spec: Partial<CertificateSpec> = {}): CertificateFacts {
  const {certificate} = authority.issueClient({subject: {commonName: 'client'}, serialNumber: 5n, validity, ...spec});
  return parseCertificate(certificate);
}

async function verified(crl: CrlSpec, by: Authority = authority): Promise<VerifiedCrl> {
  const facts = parseCrl(by.issueCrl({...current, ...crl}).der);
  const outcome = await verifyCrl(
    facts,
    [parseCertificate(by.certificate)],
    `crl of ${by.name.toString('hex')}`,
    pause,
  );
  assert.ok('facts' in outcome, 'code' in outcome ? outcome.found : '');
  return outcome;
}

const pause = (): Promise<void> => Promise.resolve();

async function statusBy(
  crls: readonly (CrlSpec | Promise<VerifiedCrl>)[],
  subject = leaf(),
  policy: Partial<CrlPolicy> = {},
  at = now,
): Promise<RevocationStatus> {
  const all = await Promise.all(crls.map(crl => (crl instanceof Promise ? crl : verified(crl))));
  const view = new CrlView(all, {...DEFAULT_CRL_POLICY, ...policy}, () => undefined);
  return view.statusOf(subject, ca, anchor, at);
}

const revoking = {entries: [{serialNumber: 5n, revokedAt: later(-2 * HOUR)}]};
const hold = {entries: [{serialNumber: 5n, revokedAt: later(-2 * HOUR), reason: 'certificateHold'}]} as const;
const removing = {entries: [{serialNumber: 5n, revokedAt: later(-2 * HOUR), reason: 'removeFromCRL'}]} as const;
const at = (url: string): {readonly name: {readonly fullName: readonly [`uri:${string}`]}} => ({
  name: {fullName: [`uri:${url}`]},
});
const here = 'http://crl.example/1.crl';
const there = 'http://crl.example/2.crl';

type Row = readonly [
  string,
  readonly CrlSpec[],
  Partial<CertificateSpec>,
  RevocationStatus['status'],
  Partial<CrlPolicy>?,
];
const ROWS: readonly Row[] = [
  ['no CRL at all', [], {}, 'unknown'],
  ['a CRL without the certificate', [{}], {}, 'good'],
  ['a CRL with the certificate', [revoking], {}, 'revoked'],
  ['a CRL with a revocation in the future', [{entries: [{serialNumber: 5n, revokedAt: later(HOUR)}]}], {}, 'revoked'],
  ['a CRL with another certificate', [{entries: [{serialNumber: 6n, revokedAt: now}]}], {}, 'good'],
  ['a hold', [hold], {}, 'revoked'],
  ['the removal of a hold in a complete CRL, where it has no place', [removing], {}, 'revoked'],

  ['a CRL that ends this millisecond', [{nextUpdate: now}], {}, 'good'],
  ['a CRL that ended a second ago', [{nextUpdate: later(-1000)}], {}, 'unknown'],
  ['a stale CRL that revokes', [{...revoking, nextUpdate: later(-1000)}], {}, 'revoked'],
  ['a stale CRL that holds', [{...hold, nextUpdate: later(-1000)}], {}, 'revoked'],
  [
    'a stale CRL that revokes another',
    [{entries: [{serialNumber: 6n, revokedAt: now}], nextUpdate: later(-1000)}],
    {},
    'unknown',
  ],
  ['a CRL without nextUpdate that revokes', [{...revoking, without: ['nextUpdate']}], {}, 'revoked'],
  ['a CRL from the future that revokes', [{...revoking, thisUpdate: later(61_000)}], {}, 'revoked'],
  [
    'a stale CRL that revokes, above an older one that has not ended',
    [
      {number: 1, nextUpdate: later(HOUR)},
      {...revoking, number: 2, nextUpdate: later(-1000)},
    ],
    {},
    'revoked',
  ],
  ['a CRL without nextUpdate', [{without: ['nextUpdate']}], {}, 'unknown'],
  ['a CRL from the future, inside the skew', [{thisUpdate: later(60_000)}], {}, 'good'],
  ['a CRL from the future, beyond the skew', [{thisUpdate: later(61_000)}], {}, 'unknown'],
  ['a stale CRL inside the grace', [{nextUpdate: later(-HOUR)}], {}, 'good', {grace: {hours: 1, until: later(HOUR)}}],
  [
    'a stale CRL that revokes inside the grace',
    [{...revoking, nextUpdate: later(-HOUR)}],
    {},
    'revoked',
    {grace: {hours: 1, until: later(HOUR)}},
  ],
  [
    'a stale CRL beyond the grace',
    [{nextUpdate: later(-HOUR - 1000)}],
    {},
    'unknown',
    {grace: {hours: 1, until: later(HOUR)}},
  ],
  [
    'a stale CRL after the end of any grace',
    [{nextUpdate: later(-HOUR)}],
    {},
    'unknown',
    {grace: {hours: 2, until: later(-1)}},
  ],

  ['the newer of two CRLs, which revokes', [{number: 1}, {...revoking, number: 2}], {}, 'revoked'],
  ['the newer of two CRLs, which no longer revokes', [{...hold, number: 1}, {number: 2}], {}, 'good'],
  [
    'the later of two CRLs without numbers',
    [
      {without: ['number'], thisUpdate: later(-2 * HOUR)},
      {...revoking, without: ['number']},
    ],
    {},
    'revoked',
  ],
  [
    'the older CRL when the newer one is not valid yet',
    [
      {...revoking, number: 1},
      {number: 2, thisUpdate: later(2 * HOUR), nextUpdate: later(3 * HOUR)},
    ],
    {},
    'revoked',
  ],

  [
    'a newer CRL that has ended, in spite of an older one that has not',
    [
      {number: 1, nextUpdate: later(2 * HOUR)},
      {number: 2, nextUpdate: later(-1000)},
    ],
    {},
    'unknown',
  ],
  [
    'a CRL of another scope beside a newer one that has ended',
    [
      {number: 1, issuingDistributionPoint: {covers: 'user certificates'}},
      {number: 2, nextUpdate: later(-1000)},
    ],
    {},
    'good',
  ],
  ['a CRL without number', [{without: ['number']}], {}, 'good'],
  [
    'a delta without number, which nothing orders',
    [{number: 1}, {...revoking, deltaOf: 1, without: ['number']}],
    {},
    'good',
  ],
  ['a delta whose base is not here yet', [{number: 1}, {...revoking, number: 3, deltaOf: 2}], {}, 'good'],

  ['a CRL for user certificates', [{issuingDistributionPoint: {covers: 'user certificates'}}], {}, 'good'],
  ['a CRL for CA certificates', [{issuingDistributionPoint: {covers: 'CA certificates'}}], {}, 'unknown'],
  [
    'a CRL for CA certificates about a CA',
    [{issuingDistributionPoint: {covers: 'CA certificates'}}],
    {basicConstraints: {ca: true}},
    'good',
  ],
  [
    'a CRL for user certificates about a CA',
    [{issuingDistributionPoint: {covers: 'user certificates'}}],
    {basicConstraints: {ca: true}},
    'unknown',
  ],
  ['a CRL for attribute certificates', [{issuingDistributionPoint: {covers: 'attribute certificates'}}], {}, 'unknown'],

  [
    'a CRL for another distribution point',
    [{issuingDistributionPoint: at(there)}],
    {crlDistributionPoints: [here]},
    'unknown',
  ],
  ['a CRL for the distribution point', [{issuingDistributionPoint: at(here)}], {crlDistributionPoints: [here]}, 'good'],
  [
    'a CRL for the second distribution point',
    [{issuingDistributionPoint: at(there)}],
    {crlDistributionPoints: [here, there]},
    'good',
  ],
  [
    'a CRL for a distribution point the certificate does not have',
    [{issuingDistributionPoint: at(here)}],
    {},
    'unknown',
  ],
  [
    'a CRL of the whole issuer for a certificate with distribution points',
    [{}],
    {crlDistributionPoints: [here]},
    'good',
  ],
  [
    'a CRL for a point named relative to its issuer',
    [{issuingDistributionPoint: {name: {relativeName: [{type: 'commonName', value: 'CRL1'}]}}}],
    {crlDistributionPoints: [{name: {relativeName: [{type: 'commonName', value: 'crl1'}]}}]},
    'good',
  ],
  [
    'a CRL for another point named relative to its issuer',
    [{issuingDistributionPoint: {name: {relativeName: [{type: 'commonName', value: 'CRL2'}]}}}],
    {crlDistributionPoints: [{name: {relativeName: [{type: 'commonName', value: 'crl1'}]}}]},
    'unknown',
  ],

  ['a CRL for one reason', [{issuingDistributionPoint: {onlySomeReasons: ['keyCompromise']}}], {}, 'unknown'],
  [
    'CRLs that cover all reasons between them',
    [
      {number: 1, issuingDistributionPoint: {onlySomeReasons: ['keyCompromise', 'cACompromise']}},
      {
        number: 2,
        issuingDistributionPoint: {
          onlySomeReasons: [
            'affiliationChanged',
            'superseded',
            'cessationOfOperation',
            'certificateHold',
            'privilegeWithdrawn',
            'aACompromise',
          ],
        },
      },
    ],
    {},
    'good',
  ],
  [
    'one of several CRLs by reason that revokes',
    [
      {number: 1, ...revoking, issuingDistributionPoint: {onlySomeReasons: ['keyCompromise']}},
      {number: 2, issuingDistributionPoint: {onlySomeReasons: ['superseded']}},
    ],
    {},
    'revoked',
  ],
  [
    'a distribution point that is for one reason',
    [{issuingDistributionPoint: at(here)}],
    {crlDistributionPoints: [{...at(here), reasons: ['keyCompromise']}]},
    'unknown',
  ],

  ['a delta that revokes', [{number: 1}, {...revoking, number: 2, deltaOf: 1}], {}, 'revoked'],
  ['a delta on a later base', [{number: 2}, {...revoking, number: 3, deltaOf: 1}], {}, 'revoked'],
  [
    'a delta that takes a hold back',
    [
      {...hold, number: 1},
      {...removing, number: 2, deltaOf: 1},
    ],
    {},
    'good',
  ],
  [
    'a delta that says nothing about it',
    [
      {...revoking, number: 1},
      {number: 2, deltaOf: 1},
    ],
    {},
    'revoked',
  ],
  ['a delta that needs a later base', [{number: 1}, {...revoking, number: 3, deltaOf: 2}], {}, 'good'],
  ['a delta older than the complete CRL', [{number: 3}, {...revoking, number: 2, deltaOf: 1}], {}, 'good'],
  ['a delta alone', [{number: 2, deltaOf: 1}], {}, 'unknown'],
  [
    'a delta past its nextUpdate, which stops the CRL below it',
    [{number: 1}, {number: 2, deltaOf: 1, nextUpdate: later(-1000)}],
    {},
    'unknown',
  ],
  [
    'a delta past its nextUpdate that revokes',
    [{number: 1}, {...revoking, number: 2, deltaOf: 1, nextUpdate: later(-1000)}],
    {},
    'revoked',
  ],
  [
    'a delta past its nextUpdate that took a hold back',
    [
      {...hold, number: 1},
      {...removing, number: 2, deltaOf: 1, nextUpdate: later(-1000)},
    ],
    {},
    'unknown',
  ],
  [
    'a delta of another scope',
    [{number: 1}, {...revoking, number: 2, deltaOf: 1, issuingDistributionPoint: {covers: 'user certificates'}}],
    {},
    'good',
  ],
  [
    'the newest of several deltas',
    [{number: 1}, {...hold, number: 2, deltaOf: 1}, {...removing, number: 3, deltaOf: 1}],
    {},
    'good',
  ],
];

describe('CRL view', () => {
  for (const [name, crls, certificate, expected, policy] of ROWS) {
    it(`says ${expected} by ${name}`, async () => {
      assert.equal((await statusBy(crls, leaf(certificate), policy)).status, expected);
    });
  }

  it('tells until when a good status holds: the first CRL that ends', async () => {
    const status = await statusBy([
      {number: 1, nextUpdate: later(2 * HOUR)},
      {number: 2, deltaOf: 1, nextUpdate: later(HOUR)},
    ]);
    assert.deepEqual(status.status === 'good' && status.freshUntil, later(HOUR));
  });

  it('tells since when and why a certificate is revoked', async () => {
    const status = await statusBy([hold]);
    assert.deepEqual(status.status === 'revoked' && [status.since, status.reason], [
      later(-2 * HOUR),
      'certificateHold',
    ]);
  });

  it('tells why each CRL was of no use', async () => {
    const status = await statusBy([{nextUpdate: later(-1000)}]);
    assert.match(status.status === 'unknown' ? status.found : '', /past its nextUpdate 2026-03-01T11:59:59/);
  });

  it('takes nothing from a CRL of another CA with the same name', async () => {
    const twin = createAuthority({subject: {commonName: 'Root'}, validity});
    assert.equal((await statusBy([verified({}, twin)])).status, 'unknown');
    assert.equal((await statusBy([verified(revoking, twin)])).status, 'unknown');
  });

  it('takes nothing from a CA that may not sign CRLs', async () => {
    const mute = createAuthority({subject: {commonName: 'Mute'}, validity, keyUsage: ['keyCertSign']});
    const issuer = parseCertificate(mute.certificate);
    const subject = parseCertificate(mute.issueClient({subject: {commonName: 'client'}, validity}).certificate);
    const view = new CrlView([await verified({}, mute)], DEFAULT_CRL_POLICY, () => undefined);
    const status = view.statusOf(subject, issuer, {...anchor, certificate: issuer}, now);
    assert.equal(status.status, 'unknown');
  });

  it('refuses an indirect CRL unless the policy allows it', async () => {
    const crls = [{issuingDistributionPoint: {indirect: true}}];
    assert.equal((await statusBy(crls)).status, 'unknown');
    assert.equal((await statusBy(crls, leaf(), {indirectCrl: 'allow'})).status, 'good');
  });

  const named = {crlIssuer: [{kind: 'directory', value: {commonName: 'Other'}}]} as const;
  const indirect = (entries: CrlSpec['entries'] = []): CrlSpec => ({
    entries,
    issuingDistributionPoint: {indirect: true},
  });

  it('believes the CRL issuer that the certificate names, once its signer is accepted', async () => {
    const subject = leaf({crlDistributionPoints: [named]});
    const foreign = await verified(
      indirect([{serialNumber: 5n, revokedAt: now, certificateIssuer: {commonName: 'Root'}}]),
      other,
    );
    const silent = await verified(indirect(), other);
    const policy = {...DEFAULT_CRL_POLICY, indirectCrl: 'allow'} as const;
    const accept = (): {validUntil: Date} => ({validUntil: later(1)});
    const ask = (crl: VerifiedCrl, check: typeof accept | (() => undefined)): RevocationStatus =>
      new CrlView([crl], policy, check).statusOf(subject, ca, anchor, now);
    assert.equal(ask(foreign, accept).status, 'revoked');
    const good = ask(silent, accept);
    assert.deepEqual(good.status === 'good' && good.freshUntil, later(1));
    assert.equal(ask(silent, () => undefined).status, 'unknown');
  });

  it('does not take a direct CRL for the indirect one that the certificate names', async () => {
    const subject = leaf({crlDistributionPoints: [named]});
    const view = new CrlView([await verified({}, other)], {...DEFAULT_CRL_POLICY, indirectCrl: 'allow'}, () => ({
      validUntil: later(1),
    }));
    assert.equal(view.statusOf(subject, ca, anchor, now).status, 'unknown');
  });

  it('lets no CRL vouch for its own signer', async () => {
    const subject = leaf({crlDistributionPoints: [named]});
    const crl = await verified(indirect(), other);
    let asked = 0;
    const view = new CrlView([crl], {...DEFAULT_CRL_POLICY, indirectCrl: 'allow'}, (_, root, inner) => {
      asked++;
      const own = inner.statusOf(subject, ca, root, now);
      assert.equal(own.status, 'unknown');
      return undefined;
    });
    assert.equal(view.statusOf(subject, ca, anchor, now).status, 'unknown');
    assert.equal(asked, 1);
  });
});

describe('verifyCrl', () => {
  const candidates = [ca, parseCertificate(other.certificate)];
  const outcomeOf = async (crl: CrlSpec, by: Authority = authority): Promise<string> => {
    const outcome = await verifyCrl(parseCrl(by.issueCrl(crl).der), candidates, 'test', pause);
    return 'facts' in outcome ? 'accepted' : outcome.found;
  };
  const twin = createAuthority({subject: {commonName: 'Root'}, validity});
  const critical = [{oid: '1.2.3.4', critical: true, value: Buffer.from('0500', 'hex')}];
  const entry = {serialNumber: 1n, revokedAt: now};

  it('accepts a CRL of a candidate', async () => {
    assert.equal(await outcomeOf({}), 'accepted');
  });
  it('refuses a signature that was changed', async () => {
    assert.match(await outcomeOf({mistakes: {corrupt: 'signature'}}), /does not verify/);
  });
  it('refuses content that was changed', async () => {
    assert.match(await outcomeOf({mistakes: {corrupt: 'content'}}), /does not verify/);
  });
  it('refuses a CRL of a CA with the same name and another key', async () => {
    assert.match(await outcomeOf({}, twin), /another name or key identifier/);
  });
  it('refuses a CRL of a CA with the same name and no key identifier', async () => {
    assert.match(await outcomeOf({without: ['authorityKeyIdentifier']}, twin), /does not verify/);
  });
  it('refuses a SHA-1 signature', async () => {
    assert.match(await outcomeOf({scheme: 'ecdsa-sha1'}), /does not verify/);
  });
  it('refuses a critical extension it does not know', async () => {
    assert.equal(await outcomeOf({otherExtensions: critical}), '1.2.3.4');
  });
  it('refuses a critical entry extension it does not know', async () => {
    assert.equal(await outcomeOf({entries: [{...entry, otherExtensions: critical}]}), '1.2.3.4');
  });
  it('refuses certificate issuers in a CRL that is not indirect', async () => {
    assert.match(await outcomeOf({entries: [{...entry, certificateIssuer: {commonName: 'Other'}}]}), /not indirect/);
  });

  for (const key of ['rsa-2048', 'rsa-pss-2048', 'ecdsa-p384', 'ecdsa-p521', 'ed25519', 'ed448'] as const) {
    it(`verifies a signature by ${key}`, async () => {
      const signer = createAuthority({subject: {commonName: key}, key, validity});
      const facts = [parseCertificate(signer.certificate)];
      const good = await verifyCrl(parseCrl(signer.issueCrl({}).der), facts, 'test', pause);
      assert.ok('facts' in good);
      const bad = await verifyCrl(
        parseCrl(signer.issueCrl({mistakes: {corrupt: 'content'}}).der),
        facts,
        'test',
        pause,
      );
      assert.ok('code' in bad && bad.code === 'ERR_MTLS_REVOCATION_SOURCE');
    });
  }

  it('pauses while it hashes a long CRL', async () => {
    const entries = Array.from({length: 9_000}, (_, number) => ({
      serialNumber: BigInt(number) + 2n ** 1000n,
      revokedAt: now,
    }));
    let pauses = 0;
    const count = (): Promise<void> => {
      pauses++;
      return Promise.resolve();
    };
    const outcome = await verifyCrl(parseCrl(authority.issueCrl({entries}).der), candidates, 'test', count);
    assert.ok('facts' in outcome);
    assert.ok(pauses >= 5, `${pauses} pauses`);
  });
});

describe('crlRevocation', () => {
  const root = createAuthority({subject: {commonName: 'Root'}, validity}, () => now);
  const rootFacts = parseCertificate(root.certificate);
  const rootAnchor: TrustAnchor = {name: 'root', certificate: rootFacts, authority: {}};
  const client = parseCertificate(
    root.issueClient({subject: {commonName: 'client'}, serialNumber: 5n, validity}).certificate,
  );
  const signerSpec = {subject: {commonName: 'Root'}, serialNumber: 7n, validity, keyUsage: ['cRLSign']} as const;

  /** A CRL signer of the CA's name with a key of its own. */
  function signerOf(issuer: Authority, spec: Partial<CertificateSpec> = {}): Authority {
    const {certificate, key} = issuer.issue({...signerSpec, ...spec});
    const facts = parseCertificate(certificate);
    const keyIdentifier = facts.extensions.subjectKeyIdentifier ?? Buffer.alloc(0);
    const credential = new Credential(certificate, [], key);
    return new Authority({credential, name: issuer.name, keyIdentifier, presents: []}, () => now);
  }

  async function statusWith(
    signer: Authority,
    ownCrl: CrlSpec | undefined,
    others: readonly Authority[] = [],
  ): Promise<RevocationStatus> {
    const scope = {issuingDistributionPoint: {covers: 'user certificates'}} as const;
    const ders = [signer.issueCrl({...current, ...scope, number: 2}).der];
    if (ownCrl) ders.push(root.issueCrl({...current, number: 1, ...ownCrl}).der);
    const candidates = [root, signer, ...others].map(({certificate}) => parseCertificate(certificate));
    const {view} = await crlRevocation(ders, candidates, DEFAULT_CRL_POLICY, DEFAULT_TRUST, pause);
    return view.statusOf(client, rootFacts, rootAnchor, now);
  }

  const onlyAboutSigner = {
    issuingDistributionPoint: at(there),
  };
  const pointing = {crlDistributionPoints: [there]};

  it('believes a signer that the CA certified and did not revoke', async () => {
    assert.equal((await statusWith(signerOf(root, pointing), onlyAboutSigner)).status, 'good');
  });

  it('does not believe a signer whose own status nobody tells', async () => {
    assert.equal((await statusWith(signerOf(root, pointing), undefined)).status, 'unknown');
  });

  it('does not believe a revoked signer', async () => {
    const own = {...onlyAboutSigner, entries: [{serialNumber: 7n, revokedAt: later(-HOUR)}]};
    assert.equal((await statusWith(signerOf(root, pointing), own)).status, 'unknown');
  });

  it('does not believe an expired signer', async () => {
    const expired = {...pointing, validity: {notBefore: validity.notBefore, notAfter: later(-1000)}};
    assert.equal((await statusWith(signerOf(root, expired), onlyAboutSigner)).status, 'unknown');
  });

  it('does not believe a signer that may not sign CRLs', async () => {
    const spec = {...pointing, keyUsage: ['digitalSignature']} as const;
    assert.equal((await statusWith(signerOf(root, spec), onlyAboutSigner)).status, 'unknown');
  });

  it('does not believe a signer below another anchor of the same name', async () => {
    const twin = createAuthority({subject: {commonName: 'Root'}, validity}, () => now);
    assert.equal((await statusWith(signerOf(twin, pointing), onlyAboutSigner, [twin])).status, 'unknown');
  });

  it('tells which CRLs it cannot use', async () => {
    const ders = [other.issueCrl(current).der];
    const {refused} = await crlRevocation(ders, [rootFacts], DEFAULT_CRL_POLICY, DEFAULT_TRUST, pause);
    assert.deepEqual(
      refused.map(({code, where}) => [code, where]),
      [['ERR_MTLS_REVOCATION_SOURCE', 'CRL 1']],
    );
  });
});
