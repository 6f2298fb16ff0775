import assert from 'node:assert/strict';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {MtlsError} from '../../src/errors';
import {identify} from '../../src/identity/map';
import type {IdentityDecision, IdentityResolver} from '../../src/identity/rules';
import {outcomeOf, peerWith} from './peers';

const PEER = peerWith({});

function resolve(
  resolver: IdentityResolver,
  peer = PEER,
  signal = new AbortController().signal,
): Promise<IdentityDecision> {
  return identify(peer, {kind: 'resolver', resolve: resolver, timeoutMs: 1000}, signal);
}

/** A resolver that answers as JavaScript may: with anything. */
function answering(answer: unknown): IdentityResolver {
  const resolver: unknown = () => answer;
  return resolver as IdentityResolver;
}

const GOOD = {id: 'alice', roles: ['clinician']};

const ANSWERS: readonly (readonly [sentence: string, answer: unknown, outcome: string])[] = [
  ['an identity', GOOD, 'alice clinician'],
  ['a promise of one', Promise.resolve(GOOD), 'alice clinician'],
  ['one with a name', {...GOOD, name: 'Alice A.'}, 'alice clinician'],
  ['one with more than was asked for', {...GOOD, department: 7}, 'alice clinician'],
  ['a role twice', {...GOOD, roles: ['a', 'b', 'a']}, 'alice a+b'],
  ['an id of 1024 characters', {...GOOD, id: 'x'.repeat(1024)}, `${'x'.repeat(1024)} clinician`],
  [
    '128 roles',
    {...GOOD, roles: Array.from({length: 128}, (_, i) => `r${i}`)},
    `alice ${Array.from({length: 128}, (_, i) => `r${i}`).join('+')}`,
  ],
  ['undefined', undefined, 'ERR_MTLS_IDENTITY_UNMAPPED'],
  ['a promise of undefined', Promise.resolve(undefined), 'ERR_MTLS_IDENTITY_UNMAPPED'],
  ['null', null, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['true', true, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['text', 'alice', 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['a function', () => GOOD, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['no id', {roles: ['clinician']}, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['an empty id', {...GOOD, id: ''}, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['a number as id', {...GOOD, id: 7}, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['an id of 1025 characters', {...GOOD, id: 'x'.repeat(1025)}, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['an id with NUL', {...GOOD, id: 'alice\0'}, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['an id with a line feed', {...GOOD, id: 'alice\nadmin'}, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['an id with a bidirectional override', {...GOOD, id: '\u202ealice'}, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['an id with a lone surrogate', {...GOOD, id: 'alice\udc00'}, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['an id with a space behind it', {...GOOD, id: 'alice '}, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['an empty name', {...GOOD, name: ''}, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['null as name', {...GOOD, name: null}, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['no roles', {id: 'alice'}, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['empty roles', {...GOOD, roles: []}, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['roles as text', {...GOOD, roles: 'clinician'}, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['roles as a set', {...GOOD, roles: new Set(['clinician'])}, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['a role that means anybody', {...GOOD, roles: ['clinician', '$everyone']}, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['a role that is no text', {...GOOD, roles: [['clinician']]}, 'ERR_MTLS_IDENTITY_RESOLVER'],
  ['129 roles', {...GOOD, roles: Array<string>(129).fill('r')}, 'ERR_MTLS_IDENTITY_RESOLVER'],
];

describe('identity/resolver', () => {
  for (const [sentence, answer, outcome] of ANSWERS) {
    it(`judges an answer: ${sentence}`, async () => {
      assert.equal(outcomeOf(await resolve(answering(answer))), outcome);
    });
  }

  it('hands the verified peer to the resolver, and its answer to the principal', async () => {
    const decision = await resolve(peer => ({id: peer.facts.serialNumber, name: 'Alice A.', roles: ['clinician']}));
    assert.ok(decision.verdict === 'accept');
    const {id, idSource, name, roles, certificate} = decision.principal;
    assert.deepEqual([id, idSource, name, roles], [PEER.facts.serialNumber, 'resolver', 'Alice A.', ['clinician']]);
    assert.equal(certificate.fingerprint, PEER.facts.fingerprint);
    assert.deepEqual(decision.matched, ['resolver']);
  });

  it('falls back to the common name for people', async () => {
    const decision = await resolve(() => GOOD);
    assert.equal(decision.verdict === 'accept' && decision.principal.name, 'Alice');
  });

  it('tells the operator what kind of value came instead, and never the value', async () => {
    const found = await Promise.all(
      [7, 'hunter2\n', ['hunter2'], undefined].map(async id => {
        const decision = await resolve(answering({...GOOD, id}));
        return decision.verdict === 'reject' && decision.why.found;
      }),
    );
    assert.deepEqual(found, ['number', 'another text', 'a list of 1', 'undefined']);
  });

  const FAILURES: readonly (readonly [sentence: string, resolver: IdentityResolver])[] = [
    [
      'throws',
      () => {
        throw new Error('password hunter2');
      },
    ],
    ['rejects', () => Promise.reject(new Error('password hunter2'))],
    [
      'throws while its answer is read',
      () => ({
        get id(): string {
          throw new Error('password hunter2');
        },
        roles: ['clinician'],
      }),
    ],
  ];
  for (const [sentence, resolver] of FAILURES) {
    it(`refuses when the resolver ${sentence}, and repeats nothing of it`, async () => {
      const decision = await resolve(resolver);
      assert.equal(outcomeOf(decision), 'ERR_MTLS_IDENTITY_RESOLVER');
      assert.ok(!JSON.stringify(decision).includes('hunter2'));
    });
  }

  it('passes on the reason of a resolver that refuses in the words of this library', async () => {
    const refusal = {code: 'ERR_MTLS_IDENTITY_PROFILE', required: 'a', found: 'b'} as const;
    const decision = await resolve(() => {
      throw new MtlsError(refusal);
    });
    assert.deepEqual(decision, {verdict: 'reject', why: refusal});
  });

  it('refuses when time is up before the resolver answers, and tells the resolver', async () => {
    const abort = new AbortController();
    let heard = 'nothing';
    const pending = resolve(
      (_peer, signal) =>
        new Promise(() => {
          signal.addEventListener('abort', () => (heard = 'abort'));
        }),
      PEER,
      abort.signal,
    );
    await nextTurn();
    abort.abort();
    assert.equal(outcomeOf(await pending), 'ERR_MTLS_IDENTITY_RESOLVER');
    assert.equal(heard, 'abort');
  });

  it('refuses an answer that arrives at the moment time is up', async () => {
    const abort = new AbortController();
    const decision = await resolve(
      () => {
        abort.abort();
        return GOOD;
      },
      PEER,
      abort.signal,
    );
    assert.equal(outcomeOf(decision), 'ERR_MTLS_IDENTITY_RESOLVER');
  });

  it('refuses when time was up before it began, without asking', async () => {
    let asked = 0;
    const decision = await resolve(
      () => {
        asked++;
        return GOOD;
      },
      PEER,
      AbortSignal.abort(),
    );
    assert.equal(outcomeOf(decision), 'ERR_MTLS_IDENTITY_RESOLVER');
    assert.equal(asked, 0);
  });

  it('survives a resolver that fails after time was up', async () => {
    const abort = new AbortController();
    const pending = resolve(
      async () => {
        abort.abort();
        await nextTurn();
        throw new Error('too late');
      },
      PEER,
      abort.signal,
    );
    assert.equal(outcomeOf(await pending), 'ERR_MTLS_IDENTITY_RESOLVER');
    await nextTurn();
    await nextTurn();
  });

  it('holds the resolver to the roles of the anchor', async () => {
    const limited = peerWith({}, {authority: {roles: ['clinician']}});
    assert.equal(outcomeOf(await resolve(() => GOOD, limited)), 'alice clinician');
    assert.equal(
      outcomeOf(await resolve(() => ({id: 'alice', roles: ['clinician', 'admin']}), limited)),
      'ERR_MTLS_AUTHORITY',
    );
  });
});
