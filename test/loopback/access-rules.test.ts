import assert from 'node:assert/strict';
import {compileRule} from '../../src/loopback/access-rules';
import type {EffectiveRule, RoleContext, WrittenRule} from '../../src/loopback/access-rules';

const context: RoleContext = {
  known: new Set(['nurse', 'admin', 'guest']),
  scopes: new Map([
    ['nurse', ['read']],
    ['guest', ['write']],
    ['admin', ['read', 'write']],
  ]),
};

function grant(rule: Partial<WrittenRule>, at = 'here'): WrittenRule {
  return {at, effect: 'grant', ...rule};
}

function ruleOf(...written: readonly WrittenRule[]): EffectiveRule {
  const outcome = compileRule(written, 'GET /x', context);
  assert.ok(outcome.kind === 'rule', JSON.stringify(outcome));
  return outcome.rule;
}

function faultOf(...written: readonly WrittenRule[]): string {
  const outcome = compileRule(written, 'GET /x', context);
  assert.ok(outcome.kind === 'unusable');
  return outcome.faults.map(({code, found, where}) => `${where}: ${code}: ${found}`).join('\n');
}

describe('access rules', () => {
  for (const [name, written, roles, allowed] of [
    ['one of the roles is enough', [grant({allowedRoles: ['nurse', 'admin']})], ['admin', 'guest'], true],
    ['a role that is not named is not enough', [grant({allowedRoles: ['nurse']})], ['admin'], false],
    ['no role at all is not enough', [grant({allowedRoles: ['nurse']})], [], false],
    ['$authenticated takes every role', [grant({allowedRoles: ['$authenticated']})], ['guest'], true],
    ['$authenticated takes who has no role', [grant({allowedRoles: ['$authenticated']})], [], true],
    [
      '$authenticated is neutral beside a list',
      [grant({allowedRoles: ['$authenticated']}), grant({allowedRoles: ['admin']})],
      ['nurse'],
      false,
    ],
    [
      'two lists leave what both name',
      [grant({allowedRoles: ['nurse', 'admin']}), grant({allowedRoles: ['admin', 'guest']})],
      ['nurse', 'guest'],
      false,
    ],
    ['a denied role wins', [grant({allowedRoles: ['nurse'], deniedRoles: ['guest']})], ['nurse', 'guest'], false],
    [
      'a denied role of another place wins',
      [grant({allowedRoles: ['$authenticated']}), grant({deniedRoles: ['guest']})],
      ['guest'],
      false,
    ],
    [
      '$unauthenticated denies nobody',
      [grant({allowedRoles: ['nurse'], deniedRoles: ['$unauthenticated']})],
      ['nurse'],
      true,
    ],
    ['all scopes are needed', [grant({allowedRoles: ['$authenticated'], scopes: ['read', 'write']})], ['nurse'], false],
    [
      'roles hold scopes together',
      [grant({allowedRoles: ['$authenticated'], scopes: ['read', 'write']})],
      ['nurse', 'guest'],
      true,
    ],
    ['denyAll closes', [grant({deniedRoles: ['$everyone']})], ['admin'], false],
    ['denying $authenticated closes', [grant({deniedRoles: ['$authenticated']})], ['admin'], false],
    [
      'what narrows applies too',
      [grant({allowedRoles: ['nurse', 'admin']}), {at: 'there', effect: 'narrow', allowedRoles: ['admin']}],
      ['nurse'],
      false,
    ],
  ] as const) {
    it(name, () => {
      const refusal = ruleOf(...written).refuseRoles(roles);
      assert.equal(refusal?.code, allowed ? undefined : 'ERR_MTLS_ACCESS_DENIED');
    });
  }

  for (const [name, written, expected] of [
    ['nothing written', [], /^GET \/x: ERR_MTLS_ROUTE_UNPROTECTED: none$/],
    ['only scopes', [grant({scopes: ['read']})], /ERR_MTLS_ROUTE_UNPROTECTED: only here$/],
    ['only denied roles', [grant({deniedRoles: ['guest']})], /ERR_MTLS_ROUTE_UNPROTECTED: only here$/],
    ['only what narrows', [{at: 'tree', effect: 'narrow', allowedRoles: ['admin']}], /ROUTE_UNPROTECTED: only tree$/],
    ['an empty list', [grant({allowedRoles: []})], /an empty list in here$/],
    ['a role with a strange name', [grant({allowedRoles: ['$owner']})], /"\$owner" in here$/],
    [
      'an unknown special role that is denied',
      [grant({allowedRoles: ['admin'], deniedRoles: ['$owner']})],
      /\$owner in here$/,
    ],
    [
      'lists that share nothing',
      [grant({allowedRoles: ['nurse']}), grant({allowedRoles: ['admin']}, 'there')],
      /none left of here and there$/,
    ],
    ['roles that are all denied', [grant({allowedRoles: ['nurse'], deniedRoles: ['nurse']})], /none left of here$/],
    ['roles that nobody has', [grant({allowedRoles: ['doctor']})], /doctor, which no identity rule gives$/],
    ['a scope nobody holds', [grant({allowedRoles: ['admin'], scopes: ['sign']})], /sign in here$/],
    [
      'denyAll beside allowed roles',
      [grant({allowedRoles: ['admin'], deniedRoles: ['$everyone']})],
      /denying everybody beside here/,
    ],
  ] as const) {
    it(`is unusable with ${name}`, () => {
      assert.match(faultOf(...written), expected);
    });
  }

  it('cannot know which roles a resolver gives', () => {
    const outcome = compileRule([grant({allowedRoles: ['doctor'], deniedRoles: ['visitor']})], 'GET /x', {
      ...context,
      known: undefined,
    });
    assert.equal(outcome.kind, 'rule');
  });

  it('is frozen', () => {
    const rule = ruleOf(grant({allowedRoles: ['admin']}));
    assert.ok(Object.isFrozen(rule) && Object.isFrozen(rule.allowedRoles));
  });
});
