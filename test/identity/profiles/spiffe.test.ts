import assert from 'node:assert/strict';
import {ConfigError, MtlsError} from '../../../src/errors';
import {identify} from '../../../src/identity/map';
import {parseSpiffeId, spiffe, spiffeIdOf} from '../../../src/identity/profiles/spiffe';
import type {SpiffeDomain} from '../../../src/identity/profiles/spiffe';
import {outcomeOf, peerWith} from '../peers';
import type {Client} from '../peers';

const LONG_PATH = `/${'p'.repeat(2048 - 'spiffe://a/'.length)}`;

const IDS: readonly (readonly [text: string, verdict: 'good' | 'bad'])[] = [
  ['spiffe://clinic.example/alice', 'good'],
  ['spiffe://clinic.example/ward/7/pump_1.A-b', 'good'],
  ['spiffe://a/...', 'good'],
  [`spiffe://${'a'.repeat(255)}/b`, 'good'],
  [`spiffe://a${LONG_PATH}`, 'good'],
  [`spiffe://a${LONG_PATH}p`, 'bad'],
  [`spiffe://${'a'.repeat(256)}/b`, 'bad'],
  ['', 'bad'],
  ['spiffe://', 'bad'],
  ['spiffe:///alice', 'bad'],
  ['spiffe://clinic.example', 'bad'],
  ['spiffe://clinic.example/', 'bad'],
  ['spiffe://clinic.example/alice/', 'bad'],
  ['spiffe://clinic.example//alice', 'bad'],
  ['spiffe://clinic.example/./alice', 'bad'],
  ['spiffe://clinic.example/ward/..', 'bad'],
  ['spiffe://clinic.example/../other', 'bad'],
  ['spiffe://Clinic.example/alice', 'bad'],
  ['SPIFFE://clinic.example/alice', 'bad'],
  ['https://clinic.example/alice', 'bad'],
  ['xspiffe://clinic.example/alice', 'bad'],
  ['spiffe://user@clinic.example/alice', 'bad'],
  ['spiffe://clinic.example:443/alice', 'bad'],
  ['spiffe://clinic.example/alice?x', 'bad'],
  ['spiffe://clinic.example/alice#x', 'bad'],
  ['spiffe://clinic.example/%61lice', 'bad'],
  ['spiffe://clinic%2eexample/alice', 'bad'],
  ['spiffe://clinic.example/al ice', 'bad'],
  ['spiffe://clinic.example/alice\n', 'bad'],
  ['spiffe://clinic.example/alic\u00e9', 'bad'],
  ['spiffe://[::1]/alice', 'bad'],
  ['spiffe://clinic.example/a*', 'bad'],
];

const CLINIC: SpiffeDomain = {
  trustDomain: 'clinic.example',
  anchors: ['Clinic CA'],
  workloads: [
    {path: '/alice', roles: ['clinician']},
    {path: '/ward/*', roles: ['device']},
    {path: '/ward/7', roles: ['alarm']},
    {path: '/deep/**', roles: ['deep']},
  ],
};
const uri = (...uris: readonly `uri:${string}`[]): Client => ({subjectAltNames: uris});

const PEERS: readonly (readonly [sentence: string, client: Client, outcome: string])[] = [
  ['a workload by its path', uri('uri:spiffe://clinic.example/alice'), 'spiffe://clinic.example/alice clinician'],
  ['a workload by a pattern', uri('uri:spiffe://clinic.example/ward/8'), 'spiffe://clinic.example/ward/8 device'],
  ['a workload by two', uri('uri:spiffe://clinic.example/ward/7'), 'spiffe://clinic.example/ward/7 device+alarm'],
  ['a workload further down', uri('uri:spiffe://clinic.example/deep/a/b'), 'spiffe://clinic.example/deep/a/b deep'],
  ['a path that nothing names', uri('uri:spiffe://clinic.example/bob'), 'ERR_MTLS_IDENTITY_UNMAPPED'],
  ['a path that begins like one', uri('uri:spiffe://clinic.example/alice2'), 'ERR_MTLS_IDENTITY_UNMAPPED'],
  ['a path below one', uri('uri:spiffe://clinic.example/alice/x'), 'ERR_MTLS_IDENTITY_UNMAPPED'],
  ['another trust domain', uri('uri:spiffe://other.example/alice'), 'ERR_MTLS_IDENTITY_UNMAPPED'],
  ['a URI that is no SPIFFE ID', uri('uri:https://clinic.example/alice'), 'ERR_MTLS_IDENTITY_PROFILE'],
  ['no URI', {subjectAltNames: ['dns:clinic.example']}, 'ERR_MTLS_IDENTITY_PROFILE'],
  [
    'two URIs',
    uri('uri:spiffe://clinic.example/alice', 'uri:spiffe://clinic.example/bob'),
    'ERR_MTLS_IDENTITY_PROFILE',
  ],
  [
    'the same URI twice',
    uri('uri:spiffe://clinic.example/alice', 'uri:spiffe://clinic.example/alice'),
    'ERR_MTLS_IDENTITY_PROFILE',
  ],
  [
    'a certificate without key usage',
    {...uri('uri:spiffe://clinic.example/alice'), without: ['keyUsage']},
    'ERR_MTLS_IDENTITY_PROFILE',
  ],
  [
    'a key that signs CRLs',
    {...uri('uri:spiffe://clinic.example/alice'), keyUsage: ['digitalSignature', 'cRLSign']},
    'ERR_MTLS_IDENTITY_PROFILE',
  ],
];

function decide(client: Client, ...domains: readonly SpiffeDomain[]): Promise<string> {
  const mapping = {kind: 'resolver', resolve: spiffe(...domains), timeoutMs: 1000} as const;
  return identify(peerWith(client), mapping, new AbortController().signal).then(outcomeOf);
}

describe('identity/profiles/spiffe', () => {
  for (const [text, verdict] of IDS) {
    it(`finds ${JSON.stringify(text.slice(0, 60))} ${verdict}`, () => {
      assert.equal(parseSpiffeId(text)?.uri, verdict === 'good' ? text : undefined);
    });
  }

  it('splits an ID into trust domain and path', () => {
    assert.deepEqual(parseSpiffeId('spiffe://clinic.example/ward/7'), {
      uri: 'spiffe://clinic.example/ward/7',
      trustDomain: 'clinic.example',
      path: '/ward/7',
    });
  });

  for (const [sentence, client, outcome] of PEERS) {
    it(`decides about ${sentence}`, async () => {
      assert.equal(await decide(client, CLINIC), outcome);
    });
  }

  for (const [difference, found] of [
    [{without: ['keyUsage']}, 'no key usage'],
    [{keyUsage: ['digitalSignature', 'cRLSign']}, 'digitalSignature, cRLSign'],
  ] as const) {
    it(`tells the operator what there was: ${found}`, () => {
      const peer = peerWith({...uri('uri:spiffe://clinic.example/alice'), ...difference});
      assert.throws(
        () => spiffeIdOf(peer),
        (error: unknown) => error instanceof MtlsError && error.refusal.found === found,
      );
    });
  }

  it('refuses an ID that another anchor vouches for', async () => {
    const elsewhere = {...CLINIC, anchors: ['Other CA']};
    assert.equal(await decide(uri('uri:spiffe://clinic.example/alice'), elsewhere), 'ERR_MTLS_AUTHORITY');
  });

  it('keeps the workloads of two trust domains apart', async () => {
    const partner = {
      trustDomain: 'partner.example',
      anchors: ['Clinic CA'],
      workloads: [{path: '/bob', roles: ['guest']}],
    };
    assert.equal(
      await decide(uri('uri:spiffe://partner.example/bob'), CLINIC, partner),
      'spiffe://partner.example/bob guest',
    );
    assert.equal(
      await decide(uri('uri:spiffe://partner.example/alice'), CLINIC, partner),
      'ERR_MTLS_IDENTITY_UNMAPPED',
    );
  });

  it('gives a domain named twice only what those entries say whose anchor it is', async () => {
    const elsewhere = {...CLINIC, anchors: ['Other CA'], workloads: [{path: '/alice', roles: ['admin']}]};
    assert.equal(
      await decide(uri('uri:spiffe://clinic.example/alice'), elsewhere, CLINIC),
      'spiffe://clinic.example/alice clinician',
    );
  });

  const FAULTY: readonly (readonly [sentence: string, difference: Partial<SpiffeDomain>, where: string])[] = [
    ['a trust domain with scheme', {trustDomain: 'spiffe://clinic.example'}, 'trustDomain'],
    ['a trust domain in capitals', {trustDomain: 'Clinic.example'}, 'trustDomain'],
    ['an empty trust domain', {trustDomain: ''}, 'trustDomain'],
    ['a wildcard trust domain', {trustDomain: '*'}, 'trustDomain'],
    ['no anchors', {anchors: []}, 'anchors'],
    ['no workloads', {workloads: []}, 'workloads'],
    ['a path without slash', {workloads: [{path: 'alice', roles: ['r']}]}, 'workloads[0].path'],
    ['an empty path', {workloads: [{path: '', roles: ['r']}]}, 'workloads[0].path'],
    ['a path that ends with a slash', {workloads: [{path: '/alice/', roles: ['r']}]}, 'workloads[0].path'],
    ['a pattern of half a segment', {workloads: [{path: '/al*', roles: ['r']}]}, 'workloads[0].path'],
    ['a double star before the end', {workloads: [{path: '/**/alice', roles: ['r']}]}, 'workloads[0].path'],
    ['a dot segment', {workloads: [{path: '/../alice', roles: ['r']}]}, 'workloads[0].path'],
    ['no roles', {workloads: [{path: '/alice', roles: []}]}, 'workloads[0].roles'],
    ['a role that means anybody', {workloads: [{path: '/alice', roles: ['$everyone']}]}, 'workloads[0].roles'],
  ];
  for (const [sentence, difference, where] of FAULTY) {
    it(`reports ${sentence}`, () => {
      assert.throws(
        () => spiffe(CLINIC, {...CLINIC, ...difference}),
        (error: unknown) =>
          error instanceof ConfigError && error.faults.length === 1 && error.faults[0]?.where === `spiffe[1].${where}`,
      );
    });
  }
});
