import assert from 'node:assert/strict';
import type {ConfigFault} from '../../src/errors';
import {readAccess, readAccessRule, readScopes} from '../../src/loopback/access-config';
import {readAccessSettings} from '../../src/loopback/options';
import {Folder} from '../server/harness';

function faultsOf(read: (faults: ConfigFault[]) => unknown): readonly (readonly [string, string])[] {
  const faults: ConfigFault[] = [];
  read(faults);
  return faults.map(({where, found}) => [where, found]);
}

describe('access configuration', () => {
  for (const [name, access, expected] of [
    ['nothing', undefined, []],
    ['a list', ['GET /x'], [['access', "[ 'GET /x' ]"]]],
    ['an unknown key', {'get x': {}}, [['access["get x"]', "'get x'"]]],
    ['a rule that is none', {X: 'admin'}, [['access["X"]', "'admin'"]]],
    ['a misspelt field', {X: {allowedRole: ['a']}}, [['access["X"]', "'allowedRole'"]]],
    ['a role that is no list', {X: {allowedRoles: 'admin'}}, [['access["X"].allowedRoles', "'admin'"]]],
    ['a role that is no text', {X: {deniedRoles: [7]}}, [['access["X"].deniedRoles', '[ 7 ]']]],
    ['an empty scope', {X: {scopes: ['']}}, [['access["X"].scopes', "[ '' ]"]]],
    ['an unknown requirement', {X: {certificate: {age: 1}}}, [['access["X"].certificate', "'age'"]]],
  ] as const) {
    it(`reports ${name}`, () => {
      assert.deepEqual(
        faultsOf(faults => readAccess(access, faults)),
        expected,
      );
    });
  }

  it('lets a whole tree narrow and everything else grant', () => {
    const read = readAccess({'/x/**': {}, '/x': {}, X: {}}, []);
    assert.deepEqual(
      read.map(({rule}) => rule.effect),
      ['narrow', 'grant', 'grant'],
    );
  });

  it('reads all fields of a rule', () => {
    const faults: ConfigFault[] = [];
    const certificate = {dns: 'a.example', maxAgeHours: 1};
    const rule = readAccessRule({allowedRoles: ['a'], deniedRoles: ['b'], scopes: ['c'], certificate}, 'x', faults);
    assert.deepEqual(faults, []);
    assert.deepEqual([rule.allowedRoles, rule.deniedRoles, rule.scopes], [['a'], ['b'], ['c']]);
    assert.deepEqual(
      rule.checks?.map(({description}) => description),
      ['dns a.example', 'issued within 1 hours'],
    );
  });

  for (const [name, scopes, expected] of [
    ['scopes that are no object', 'all', [['scopes', "'all'"]]],
    ['scopes of a role that are no list', {nurse: 'read'}, [['scopes.nurse', "'read'"]]],
    ['nothing', undefined, []],
  ] as const) {
    it(`reports ${name}`, () => {
      assert.deepEqual(
        faultsOf(faults => readScopes(scopes, faults)),
        expected,
      );
    });
  }

  it('comes from the file that MTLS_CONFIG names, where the code says nothing', async () => {
    const folder = new Folder();
    const file = {
      access: {'GET /x': {allowedRoles: ['admin']}},
      scopes: {admin: ['write']},
      audit: {allowed: 'record'},
      identity: {rules: [{roles: ['admin', 7]}, {roles: 'nurse'}, 'nobody']},
    };
    process.env['MTLS_CONFIG'] = folder.write('mtls.json', JSON.stringify(file));
    try {
      const {settings, faults} = await readAccessSettings({});
      assert.deepEqual(faults, []);
      assert.deepEqual(
        settings.configured.map(({text}) => text),
        ['GET /x'],
      );
      assert.deepEqual([...(settings.context.known ?? [])], ['admin']);
      assert.deepEqual(settings.context.scopes.get('admin'), ['write']);
      assert.equal(settings.allowed, 'record');
      const own = await readAccessSettings({access: {}});
      assert.deepEqual(own.settings.configured, []);
    } finally {
      delete process.env['MTLS_CONFIG'];
      folder.remove();
    }
  });

  it('knows no roles where a resolver decides', async () => {
    const {settings} = await readAccessSettings({identity: {resolver: () => undefined}});
    assert.equal(settings.context.known, undefined);
    assert.equal(settings.allowed, 'omit');
  });
});
