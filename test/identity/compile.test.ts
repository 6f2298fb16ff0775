import assert from 'node:assert/strict';
import {compileRules} from '../../src/identity/compile';
import type {IdentityRule} from '../../src/identity/rules';

const GOOD: IdentityRule = {when: {organizationalUnit: 'Clinicians'}, roles: ['clinician'], id: 'san.uri'};
const CONTEXT = {anchors: ['Clinic CA']};
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/** Where the faults are, for one rule that differs from a good one. */
function faultsOf(difference: Readonly<Record<string, unknown>>): readonly string[] {
  return compileRules([{...GOOD, ...difference}], CONTEXT).faults.map(({where}) => where);
}

const SOUND: readonly (readonly [sentence: string, difference: Readonly<Record<string, unknown>>])[] = [
  ['as it stands', {}],
  ['with a name', {name: 'clinicians (ward 7) v1.2'}],
  ['with a name of 64 characters', {name: 'n'.repeat(64)}],
  ['with several values', {when: {organizationalUnit: ['Clinicians', 'Nurses']}}],
  ['with several conditions', {when: {organization: 'Clinic', commonName: 'Alice'}}],
  ['with letters of any script', {when: {organization: 'Zoë 李'}}],
  ['with a DNS pattern', {when: {dns: '*.clinic.example'}}],
  ['with a URI pattern', {when: {uri: 'spiffe://clinic.example/ward/*'}}],
  ['with a URI pattern of any depth', {when: {uri: 'spiffe://clinic.example/**'}}],
  ['with a mailbox', {when: {email: 'alice@clinic.example'}}],
  ['with every mailbox of a domain', {when: {email: '*@clinic.example'}}],
  ['with a UPN', {when: {upn: 'alice@clinic.example'}}],
  ['with an IPv4 address', {when: {ip: '192.0.2.7'}}],
  ['with an IPv6 address', {when: {ip: '2001:db8::7'}}],
  ['with an EKU', {when: {extendedKeyUsage: '1.3.6.1.4.1.311.20.2.2'}}],
  ['with a policy', {when: {policy: '2.16.840.1.101.3.2.1.3.13'}}],
  ['with OIDs below every root', {when: {policy: ['0.4.0.19495.2', '1.0.10118', '2.999.0']}}],
  ['with the name of an anchor', {when: {issuer: 'Clinic CA'}}],
  ['with the hash of an issuer', {when: {issuer: 'AB:'.repeat(31) + 'AB'}}],
  ['with a role of 64 characters', {roles: ['r'.repeat(64)]}],
  ['with roles of every permitted character', {roles: ['urn:role_1.a-b', '7']}],
  ...(['san.uri', 'san.dns', 'san.email', 'san.upn', 'san.ip', 'subject.commonName', 'fingerprint'] as const).map(
    id => [`with its id from ${id}`, {id}] as const,
  ),
];

const FAULTY: readonly (readonly [sentence: string, difference: Readonly<Record<string, unknown>>, where: string])[] = [
  ['an empty `when`', {when: {}}, 'when'],
  ['no `when`', {when: undefined}, 'when'],
  ['a list as `when`', {when: []}, 'when'],
  ['an unknown key', {role: 'clinician'}, 'role'],
  ['an unknown condition', {when: {OU: 'Clinicians'}}, 'when.OU'],
  ['an inherited property as condition', {when: {toString: 'x'}}, 'when.toString'],
  ['an empty value', {when: {organizationalUnit: ''}}, 'when.organizationalUnit'],
  ['an empty list of values', {when: {organizationalUnit: []}}, 'when.organizationalUnit'],
  ['a value that is no text', {when: {organizationalUnit: [7]}}, 'when.organizationalUnit'],
  ['a value with NUL', {when: {organizationalUnit: 'Admins\0'}}, 'when.organizationalUnit'],
  ['a value with a bidirectional override', {when: {commonName: '\u202eAdmins'}}, 'when.commonName'],
  ['a value with a lone surrogate', {when: {commonName: '\ud800'}}, 'when.commonName'],
  ['a pattern of half a label', {when: {dns: 'api*.clinic.example'}}, 'when.dns'],
  ['an empty label', {when: {dns: 'clinic.example.'}}, 'when.dns'],
  ['a URI without scheme', {when: {uri: 'clinic.example/alice'}}, 'when.uri'],
  ['a pattern of half a segment', {when: {uri: 'spiffe://clinic.example/al*'}}, 'when.uri'],
  ['`**` before the end', {when: {uri: 'spiffe://clinic.example/**/alice'}}, 'when.uri'],
  ['a wildcard authority', {when: {uri: 'spiffe://*/alice'}}, 'when.uri'],
  ['a mailbox without domain', {when: {email: 'alice'}}, 'when.email'],
  ['a wildcard domain', {when: {upn: 'alice@*'}}, 'when.upn'],
  ['an IPv4 address with leading zeros', {when: {ip: '192.0.2.07'}}, 'when.ip'],
  ['a network', {when: {ip: '192.0.2.0/24'}}, 'when.ip'],
  ['an OID of one arc', {when: {extendedKeyUsage: '1'}}, 'when.extendedKeyUsage'],
  ['an OID with a padded arc', {when: {extendedKeyUsage: '1.03.6'}}, 'when.extendedKeyUsage'],
  ['an OID below no root', {when: {policy: '3.1'}}, 'when.policy'],
  ['an OID by name', {when: {extendedKeyUsage: 'clientAuth'}}, 'when.extendedKeyUsage'],
  ['clientAuth, which everybody carries', {when: {extendedKeyUsage: CLIENT_AUTH}}, 'when.extendedKeyUsage'],
  ['anyPolicy, which says nothing', {when: {policy: '2.5.29.32.0'}}, 'when.policy'],
  ['an issuer that is no anchor', {when: {issuer: 'Other CA'}}, 'when.issuer'],
  ['an issuer hash that is too short', {when: {issuer: 'ab'.repeat(31)}}, 'when.issuer'],
  ['no roles', {roles: undefined}, 'roles'],
  ['empty roles', {roles: []}, 'roles'],
  ['roles as text', {roles: 'clinician'}, 'roles'],
  ['a LoopBack role that means anybody', {roles: ['$everyone']}, 'roles'],
  ['a role of 65 characters', {roles: ['r'.repeat(65)]}, 'roles'],
  ['a role with a space', {roles: ['clinic admin']}, 'roles'],
  ['a role with a line feed at its end', {roles: ['clinician\n']}, 'roles'],
  ['an empty role', {roles: ['']}, 'roles'],
  ['no id', {id: undefined}, 'id'],
  ['an id from an unknown source', {id: 'cn'}, 'id'],
  ['an id from an inherited property', {id: 'constructor'}, 'id'],
  ['a name of 65 characters', {name: 'n'.repeat(65)}, 'name'],
  ['an empty name', {name: ''}, 'name'],
  ['a name that breaks lines', {name: 'a\nb'}, 'name'],
];

describe('identity/compile', () => {
  for (const [sentence, difference] of SOUND) {
    it(`takes a rule ${sentence}`, () => {
      assert.deepEqual(faultsOf(difference), []);
    });
  }

  for (const [sentence, difference, where] of FAULTY) {
    it(`reports ${sentence}`, () => {
      assert.deepEqual(faultsOf(difference), [`identity.rules[0].${where}`]);
    });
  }

  for (const [sentence, rules] of [
    ['nothing', undefined],
    ['an empty list', []],
    ['one rule without a list', GOOD],
  ] as const) {
    it(`reports ${sentence} instead of rules`, () => {
      const {mapping, faults} = compileRules(rules, CONTEXT);
      assert.deepEqual(
        faults.map(({where}) => where),
        ['identity.rules'],
      );
      assert.deepEqual(mapping, {kind: 'rules', rules: []});
    });
  }

  for (const rule of [undefined, null, 'text', ['list']]) {
    it(`reports ${String(rule)} instead of a rule`, () => {
      const {faults} = compileRules([rule], CONTEXT);
      assert.deepEqual(
        faults.map(({where}) => where),
        ['identity.rules[0]'],
      );
    });
  }

  it('reports all faults of all rules together, each with code and remedy', () => {
    const {faults} = compileRules([GOOD, {when: {}, roles: [], id: 'cn', extra: 1}, 7], CONTEXT);
    assert.deepEqual(
      faults.map(({where}) => where),
      [
        'identity.rules[1].extra',
        'identity.rules[1].when',
        'identity.rules[1].roles',
        'identity.rules[1].id',
        'identity.rules[2]',
      ],
    );
    for (const {code, required, remedy} of faults) {
      assert.equal(code, 'ERR_MTLS_CONFIG');
      assert.ok(required.length > 0 && remedy.length > 0);
    }
  });

  const SHOWN = [
    [undefined, 'nothing'],
    ['clinic admin\n', String.raw`"clinic admin\n"`],
    [7, 'number'],
    [['a'], 'a list'],
    [[], 'an empty list'],
    [{}, 'an object'],
    [null, 'nothing'],
  ] as const;
  for (const [role, found] of SHOWN) {
    it(`shows the operator ${found} where it was found`, () => {
      const {faults} = compileRules([{...GOOD, roles: [role]}], CONTEXT);
      assert.deepEqual(
        faults.map(fault => fault.found),
        [found],
      );
    });
  }

  it('reports a name that is used twice', () => {
    const {faults} = compileRules([{...GOOD, name: 'a'}, GOOD, {...GOOD, name: 'a'}], CONTEXT);
    assert.deepEqual(
      faults.map(({where}) => where),
      ['identity.rules[2].name'],
    );
  });

  it('reports a name that another rule has by its position', () => {
    const {faults} = compileRules([{...GOOD, name: 'rules[1]'}, GOOD], CONTEXT);
    assert.deepEqual(
      faults.map(({where}) => where),
      ['identity.rules[1].name'],
    );
  });

  it('maps nobody as soon as one rule has a fault', () => {
    const {mapping} = compileRules([GOOD, {...GOOD, id: 'cn'}], CONTEXT);
    assert.deepEqual(mapping, {kind: 'rules', rules: []});
  });

  it('freezes what it compiled, and takes a role once', () => {
    const {mapping} = compileRules([{...GOOD, roles: ['a', 'b', 'a']}], CONTEXT);
    assert.ok(mapping.kind === 'rules');
    const [rule] = mapping.rules;
    assert.ok(rule);
    assert.deepEqual(rule.roles, ['a', 'b']);
    for (const value of [mapping, mapping.rules, rule, rule.roles, rule.conditions, ...rule.conditions])
      assert.ok(Object.isFrozen(value));
  });

  it('does not follow its input when that changes later', () => {
    const rule = {...GOOD, roles: ['clinician'], when: {organizationalUnit: ['Clinicians']}};
    const {mapping} = compileRules([rule], CONTEXT);
    rule.roles.push('admin');
    rule.when.organizationalUnit.push('Visitors');
    assert.ok(mapping.kind === 'rules');
    assert.deepEqual(mapping.rules[0]?.roles, ['clinician']);
    assert.deepEqual(mapping.rules[0].conditions[0]?.anyOf, ['Clinicians']);
  });
});
