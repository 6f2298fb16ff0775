import assert from 'node:assert/strict';
import {createAuthority} from '../../src/pki/authority';
import {parseFingerprint} from '../../src/x509/fingerprint';
import type {Fingerprint} from '../../src/x509/fingerprint';
import type {Authority, TrustAnchor} from '../../src/trust/anchor';
import {anchorOf, clock, codeOf, decide, factsOf, NOW, testTable, trustIn} from './fixture';

const may = (authority: Authority) => ({limits: {authority}});
const HOUR = 3_600_000;

describe('checkAnchorLimits', () => {
  describe('of names', () => {
    const limits = may({subjectAltNames: ['uri:spiffe://partner.example/**', 'dns:*.partner.example']});
    const names = (...subjectAltNames: `${'dns' | 'uri'}:${string}`[]) => ({client: {subjectAltNames}, ...limits});
    testTable([
      ['a name the anchor may vouch for', names('uri:spiffe://partner.example/a'), 'accept'],
      ['several such names', names('uri:spiffe://partner.example/a/b', 'dns:x.partner.example'), 'accept'],
      ['one name of another', names('uri:spiffe://partner.example/a', 'dns:clinic.example'), 'ERR_MTLS_AUTHORITY'],
      ['no alternative name at all', limits, 'ERR_MTLS_AUTHORITY'],
      [
        'any name below an anchor that may vouch for none',
        {client: {subjectAltNames: ['dns:a']}, ...may({subjectAltNames: []})},
        'ERR_MTLS_AUTHORITY',
      ],
      [
        'any name below a pattern that is none',
        {client: {subjectAltNames: ['dns:a']}, ...may({subjectAltNames: ['dns:*a']})},
        'ERR_MTLS_AUTHORITY',
      ],
    ]);
  });

  describe('of organizations', () => {
    const from = (...organization: string[]) => ({
      client: {subject: {organization}},
      ...may({organizations: ['Partner']}),
    });
    testTable([
      ['the organization of the anchor', from('Partner'), 'accept'],
      ['no organization', from(), 'ERR_MTLS_PROFILE'],
      ['no organization but a common name', may({organizations: ['Partner']}), 'accept'],
      ['the organization in another case', from('PARTNER'), 'ERR_MTLS_AUTHORITY'],
      ['a second organization', from('Partner', 'Clinic'), 'ERR_MTLS_AUTHORITY'],
      [
        'another organization in a directory name',
        {
          client: {subjectAltNames: [{kind: 'directory', value: {organization: 'Clinic'}}]},
          ...may({organizations: ['Partner']}),
        },
        'ERR_MTLS_AUTHORITY',
      ],
    ]);
  });

  describe('of extended key usages', () => {
    const usages = (...extendedKeyUsage: string[]) => ({
      client: {extendedKeyUsage},
      ...may({extendedKeyUsages: ['1.2.3.4']}),
    });
    testTable([
      ['clientAuth, which is always there', usages('clientAuth'), 'accept'],
      ['a usage of the anchor', usages('clientAuth', '1.2.3.4'), 'accept'],
      ['another usage', usages('clientAuth', 'serverAuth'), 'ERR_MTLS_AUTHORITY'],
      [
        'a leaf without the extension',
        {
          client: {without: ['extendedKeyUsage']},
          policy: {requiredExtendedKeyUsage: []},
          ...may({extendedKeyUsages: []}),
        },
        'accept',
      ],
    ]);
  });

  describe('of lifetime', () => {
    const lives = (ms: number) => ({
      client: {validity: {notBefore: NOW, notAfter: new Date(NOW.getTime() + ms)}},
      limits: {maxLifetimeHours: 24},
    });
    testTable([
      ['a leaf of 24 hours', lives(24 * HOUR), 'accept'],
      ['a leaf of 24 hours and a second', lives(24 * HOUR + 1000), 'ERR_MTLS_LIFETIME'],
    ]);
  });

  describe('of hashes', () => {
    const root = createAuthority({subject: 'Root'}, clock);
    const issuing = root.issueAuthority({subject: 'Issuing'});
    const client = issuing.issueClient({subject: 'alice'});
    const direct = root.issueClient({subject: 'bob'});
    const other = parseFingerprint('00'.repeat(32));
    assert.ok(other);
    const codeWith = (limits: Partial<TrustAnchor>, leaf = client) =>
      codeOf(decide(leaf, trustIn([anchorOf(root, limits)])));

    it('accepts a pin of any certificate or key of the path', () => {
      for (const facts of [factsOf(root), factsOf(issuing), factsOf(client)])
        for (const pin of [facts.fingerprint, facts.spkiFingerprint])
          assert.equal(codeWith({pins: [other, pin]}), 'accept');
    });

    it('refuses a path without a pinned certificate', () => {
      const none: readonly Fingerprint[] = [];
      assert.equal(codeWith({pins: [other]}), 'ERR_MTLS_PIN');
      assert.equal(codeWith({pins: none}), 'ERR_MTLS_PIN');
    });

    it('asks the direct issuer of the leaf and no other', () => {
      assert.equal(codeWith({expectedIssuers: [factsOf(issuing).fingerprint]}), 'accept');
      assert.equal(codeWith({expectedIssuers: [factsOf(root).fingerprint]}), 'ERR_MTLS_PIN');
      assert.equal(codeWith({expectedIssuers: [factsOf(root).fingerprint]}, direct), 'accept');
      assert.equal(codeWith({expectedIssuers: [factsOf(issuing).fingerprint]}, direct), 'ERR_MTLS_PIN');
    });
  });
});
