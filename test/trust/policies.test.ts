import assert from 'node:assert/strict';
import {createAuthority} from '../../src/pki/authority';
import type {Chain} from './fixture';
import {anchorOf, clock, codeOf, decide, judge, testTable, trustIn} from './fixture';

const GOLD = '1.2.3.1';
const SILVER = '1.2.3.2';
const ANY = '2.5.29.32.0';

/** Policies of the issuing CA and of the client. */
function policies(issuing: readonly string[], client: readonly string[], more: Partial<Chain> = {}): Chain {
  return {
    ...more,
    issuing: {...(issuing.length > 0 && {certificatePolicies: issuing}), ...more.issuing},
    client: {...(client.length > 0 && {certificatePolicies: client}), ...more.client},
  };
}

const explicit = {policy: {requireExplicitPolicy: true}};
const wantGold = {policy: {requireExplicitPolicy: true, initialPolicies: [GOLD]}};
const goldToSilver = {policyMappings: [{issuerDomain: GOLD, subjectDomain: SILVER}]};

describe('processPolicies', () => {
  describe('with an explicit policy', () => {
    testTable([
      ['a chain without policies when none is asked for', {}, 'accept'],
      ['a chain without policies', explicit, 'ERR_MTLS_CERTIFICATE_POLICY'],
      ['a policy through the whole chain', policies([GOLD], [GOLD], explicit), 'accept'],
      ['a policy only above', policies([GOLD], [], explicit), 'ERR_MTLS_CERTIFICATE_POLICY'],
      ['a policy only below', policies([], [GOLD], explicit), 'ERR_MTLS_CERTIFICATE_POLICY'],
      ['different policies', policies([GOLD], [SILVER], explicit), 'ERR_MTLS_CERTIFICATE_POLICY'],
      ['the policy asked for', policies([GOLD, SILVER], [GOLD], wantGold), 'accept'],
      [
        'another than the policy asked for',
        policies([GOLD, SILVER], [SILVER], wantGold),
        'ERR_MTLS_CERTIFICATE_POLICY',
      ],
      ['any policy above', policies([ANY], [GOLD], wantGold), 'accept'],
      ['any policy throughout', policies([ANY], [ANY], wantGold), 'accept'],
      ['any policy below', policies([GOLD], [ANY], wantGold), 'accept'],
      [
        'any policy when it is inhibited',
        policies([ANY], [GOLD], {policy: {...explicit.policy, inhibitAnyPolicy: true}}),
        'ERR_MTLS_CERTIFICATE_POLICY',
      ],
    ]);
  });

  describe('with constraints in CAs', () => {
    const constrained = (count: number) => ({issuing: {policyConstraints: {requireExplicitPolicy: count}}});
    testTable([
      ['no policy below a CA that requires one', policies([], [], constrained(0)), 'ERR_MTLS_CERTIFICATE_POLICY'],
      ['a policy below a CA that requires one', policies([GOLD], [GOLD], constrained(0)), 'accept'],
      ['no policy where the requirement begins later', policies([], [], constrained(2)), 'accept'],
      [
        'no policy below an anchor that requires one',
        {root: {policyConstraints: {requireExplicitPolicy: 0}}},
        'ERR_MTLS_CERTIFICATE_POLICY',
      ],
      [
        'no policy in a leaf that requires one of itself',
        {client: {policyConstraints: {requireExplicitPolicy: 0}}},
        'ERR_MTLS_CERTIFICATE_POLICY',
      ],
      [
        'any policy below a CA that inhibits it',
        policies([GOLD], [ANY], {...explicit, issuing: {inhibitAnyPolicy: 0}}),
        'ERR_MTLS_CERTIFICATE_POLICY',
      ],
      [
        'any policy one below where it is inhibited later',
        policies([GOLD], [ANY], {...explicit, issuing: {inhibitAnyPolicy: 1}}),
        'accept',
      ],
      [
        'any policy below an anchor that inhibits it',
        policies([ANY], [GOLD], {...explicit, root: {inhibitAnyPolicy: 0}}),
        'ERR_MTLS_CERTIFICATE_POLICY',
      ],
    ]);
  });

  describe('with mappings', () => {
    testTable([
      ['a mapped policy', policies([GOLD], [SILVER], {...wantGold, issuing: goldToSilver}), 'accept'],
      [
        'the name a policy had before mapping',
        policies([GOLD], [GOLD], {...wantGold, issuing: goldToSilver}),
        'ERR_MTLS_CERTIFICATE_POLICY',
      ],
      [
        'the target of a mapping when the operator asks for it',
        policies([GOLD], [SILVER], {
          policy: {requireExplicitPolicy: true, initialPolicies: [SILVER]},
          issuing: goldToSilver,
        }),
        'ERR_MTLS_CERTIFICATE_POLICY',
      ],
      [
        'a mapping of a policy that any policy stands for',
        policies([ANY], [SILVER], {...wantGold, issuing: goldToSilver}),
        'accept',
      ],
      [
        'a mapped policy when mapping is inhibited',
        policies([GOLD], [SILVER], {policy: {...wantGold.policy, inhibitPolicyMapping: true}, issuing: goldToSilver}),
        'ERR_MTLS_CERTIFICATE_POLICY',
      ],
      [
        'a mapping below an anchor that inhibits it',
        policies([GOLD], [SILVER], {
          ...wantGold,
          root: {policyConstraints: {inhibitPolicyMapping: 0}},
          issuing: goldToSilver,
        }),
        'ERR_MTLS_CERTIFICATE_POLICY',
      ],
      [
        'a mapping from any policy',
        {issuing: {policyMappings: [{issuerDomain: ANY, subjectDomain: SILVER}]}},
        'ERR_MTLS_CERTIFICATE_POLICY',
      ],
      [
        'a mapping to any policy',
        {issuing: {policyMappings: [{issuerDomain: GOLD, subjectDomain: ANY}]}},
        'ERR_MTLS_CERTIFICATE_POLICY',
      ],
    ]);
  });

  describe('with policies that an anchor requires', () => {
    const requires = {limits: {requiredPolicies: [GOLD]}};
    testTable([
      ['the required policy', policies([GOLD], [GOLD], requires), 'accept'],
      ['another policy', policies([SILVER], [SILVER], requires), 'ERR_MTLS_CERTIFICATE_POLICY'],
      ['no policy', requires, 'ERR_MTLS_CERTIFICATE_POLICY'],
      [
        'any policy below an anchor that requires none of all',
        policies([ANY], [ANY], {limits: {requiredPolicies: []}}),
        'ERR_MTLS_CERTIFICATE_POLICY',
      ],
      [
        'a required policy that the operator does not accept',
        policies([GOLD], [GOLD], {...requires, policy: {initialPolicies: [SILVER]}}),
        'ERR_MTLS_CERTIFICATE_POLICY',
      ],
    ]);
  });

  const survivors = (chain: Chain) => {
    const decision = judge(chain);
    assert.ok(decision.verdict === 'accept');
    return decision.peer.path.policies;
  };

  it('tells which policies survived, in the words of the anchor', () => {
    assert.deepEqual(survivors({}), []);
    assert.deepEqual(survivors(policies([GOLD, SILVER], [SILVER, GOLD])), [GOLD, SILVER]);
    assert.deepEqual(survivors(policies([GOLD, SILVER], [SILVER])), [SILVER]);
    assert.deepEqual(survivors(policies([ANY], [ANY])), [ANY]);
    assert.deepEqual(survivors(policies([ANY], [GOLD])), [GOLD]);
    assert.deepEqual(survivors(policies([GOLD], [SILVER], {issuing: goldToSilver})), [GOLD]);
    assert.deepEqual(survivors(policies([ANY], [ANY], {policy: {initialPolicies: [SILVER, GOLD]}})), [GOLD, SILVER]);
  });

  it('takes two mappings to one policy as two ways', () => {
    const mappings = [GOLD, SILVER].map(issuerDomain => ({issuerDomain, subjectDomain: '1.2.4'}));
    assert.deepEqual(survivors(policies([GOLD, SILVER], ['1.2.4'], {issuing: {policyMappings: mappings}})), [
      GOLD,
      SILVER,
    ]);
  });

  it('counts no self-issued certificate', () => {
    const root = createAuthority({subject: 'Root', policyConstraints: {requireExplicitPolicy: 2}}, clock);
    const trust = trustIn([anchorOf(root)]);
    const rollover = root.issueAuthority({subject: 'Root'});
    assert.equal(codeOf(decide(rollover.issueClient({subject: 'alice'}), trust)), 'accept');
    const other = root.issueAuthority({subject: 'Other'});
    assert.equal(codeOf(decide(other.issueClient({subject: 'alice'}), trust)), 'ERR_MTLS_CERTIFICATE_POLICY');
  });

  it('lets a self-issued CA assert any policy where it is inhibited', () => {
    const root = createAuthority({subject: 'Root', inhibitAnyPolicy: 0}, clock);
    const trust = trustIn([anchorOf(root)], explicit);
    const client = {subject: 'alice', certificatePolicies: [GOLD]};
    const rollover = root.issueAuthority({subject: 'Root', certificatePolicies: [ANY]});
    assert.equal(codeOf(decide(rollover.issueClient(client), trust)), 'accept');
    const other = root.issueAuthority({subject: 'Other', certificatePolicies: [ANY]});
    assert.equal(codeOf(decide(other.issueClient(client), trust)), 'ERR_MTLS_CERTIFICATE_POLICY');
  });
});
