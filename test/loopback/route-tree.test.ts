import assert from 'node:assert/strict';
import {Route, Trie} from '@loopback/rest';
import type {RouteEntry} from '@loopback/rest';
import {branchesOf, findRoute} from '../../src/loopback/route-tree';

const PATHS = [
  '/patients/{id}',
  '/patients/{id}/notes/{note}',
  '/patients/{patient}/labs',
  '/files/{name}.json',
  '/files/{name}-{version}',
  '/wards/{ward}/beds',
];

const trie = new Trie<RouteEntry>();
for (const path of PATHS) trie.create(`/get${path}`, new Route('get', path, {responses: {}}, () => undefined));
const branches = branchesOf(trie.root);

/** What is found, and the values of its variables; undefined where nothing is. */
function found(path: string, verb = 'GET'): readonly [string, object] | undefined {
  const branch = branches.get(verb);
  const params = {};
  const route = branch && findRoute(branch, path, 0, params);
  return route && [route.path, params];
}

const CASES: readonly (readonly [string, string, readonly [string, object] | undefined])[] = [
  ['a variable', '/patients/7', ['/patients/{id}', {id: '7'}]],
  ['two variables', '/patients/7/notes/9', ['/patients/{id}/notes/{note}', {id: '7', note: '9'}]],
  ['another name of the same variable', '/patients/7/labs', ['/patients/{patient}/labs', {patient: '7'}]],
  ['a slash at the end', '/patients/7/', ['/patients/{id}', {id: '7'}]],
  ['empty segments', '//patients//7', ['/patients/{id}', {id: '7'}]],
  ['an escape', '/patients/a%20b', ['/patients/{id}', {id: 'a b'}]],
  ['a segment that looks like the variable', '/patients/{id}', ['/patients/{id}', {id: '{id}'}]],
  ['a name that every object has', '/patients/constructor', ['/patients/{id}', {id: 'constructor'}]],
  ['a variable before a literal', '/files/report.json', ['/files/{name}.json', {name: 'report'}]],
  ['two variables in one segment', '/files/report-2', ['/files/{name}-{version}', {name: 'report', version: '2'}]],
  ['a segment that fits no template', '/files/report', undefined],
  ['a path that ends early', '/patients', undefined],
  ['a path that goes on', '/patients/7/notes/9/more', undefined],
  ['a branch without a route', '/wards/3', undefined],
  ['another literal', '/constructor/7', undefined],
  ['nothing', '/', undefined],
];

describe('the tree of routes', () => {
  for (const [what, path, expected] of CASES) {
    it(`${expected === undefined ? 'finds nothing for' : 'finds the route of'} ${what}`, () => {
      assert.deepEqual(found(path), expected);
    });
  }

  it('finds nothing for a verb without routes', () => {
    assert.equal(found('/patients/7', 'POST'), undefined);
    assert.equal(found('/patients/7', 'CONSTRUCTOR'), undefined);
  });

  it('throws on an escape that is no UTF-8', () => {
    assert.throws(() => found('/patients/%ff'), URIError);
  });
});
