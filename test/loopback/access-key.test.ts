import assert from 'node:assert/strict';
import {coversRequest, overlapWithRoute, parseAccessKey, placementOf} from '../../src/loopback/access-key';
import type {PathKey} from '../../src/loopback/access-key';

function pathKey(text: string): PathKey {
  const key = parseAccessKey(text);
  assert.ok(key?.kind === 'path', text);
  return key;
}

describe('access keys', () => {
  for (const text of ['Explorer', '$Odd_1', 'Explorer.index']) {
    it(`reads ${text} as a controller`, () => {
      assert.equal(parseAccessKey(text)?.kind, 'controller');
    });
  }

  for (const text of [
    '',
    'get /x',
    'GET  /x',
    'GET x',
    'TRACE /x',
    'ANY /x',
    '/a b',
    '/a/**/b',
    '/a*',
    '/{a}.json',
    '/a%20b',
    '/a?b=1',
    '/a#b',
    'A.b.c',
    '1A',
    '/é',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(parseAccessKey(text), undefined);
    });
  }

  for (const [text, verb, path, covered] of [
    ['/x', 'GET', '/x', true],
    ['/x', 'DELETE', '/x/', true],
    ['/x', 'UPGRADE', '/x', false],
    ['UPGRADE /x', 'UPGRADE', '/x', true],
    ['UPGRADE /x', 'GET', '/x', false],
    ['GET /x', 'HEAD', '/x', true],
    ['HEAD /x', 'GET', '/x', false],
    ['GET /x', 'POST', '/x', false],
    ['GET /X', 'GET', '/x', true],
    ['GET /x', 'GET', '/%78', true],
    ['GET /x', 'GET', '/xy', false],
    ['GET /x', 'GET', '/x/y', false],
    ['GET /x', 'GET', '/%', false],
    ['/x/*', 'GET', '/x/y', true],
    ['/x/{id}', 'GET', '/x/y', true],
    ['/x/*', 'GET', '/x', false],
    ['/x/*', 'GET', '/x/y/z', false],
    ['/x/**', 'GET', '/x', true],
    ['/x/**', 'GET', '/x/y/z', true],
    ['/x/**', 'GET', '/xy', false],
    ['/**', 'GET', '/', true],
    ['/', 'GET', '/', true],
    ['/', 'GET', '/x', false],
  ] as const) {
    it(`${text} ${covered ? 'covers' : 'does not cover'} ${verb} ${path}`, () => {
      assert.equal(coversRequest(pathKey(text), verb, path), covered);
    });
  }

  for (const [text, template, overlap] of [
    ['GET /x/{id}', '/x/{patient}', 'all'],
    ['GET /x/*', '/x/y', 'all'],
    ['GET /x/y', '/x/{id}', 'some'],
    ['GET /x/y', '/x/{id}.json', 'some'],
    ['GET /x/y', '/z/{id}', 'none'],
    ['GET /x/y', '/{a}/z', 'none'],
    ['POST /x/y', '/x/y', 'none'],
    ['/x/**', '/x/{id}/z', 'all'],
    ['/x/y/**', '/x/{id}/z', 'some'],
  ] as const) {
    it(`${text} covers ${overlap} of GET ${template}`, () => {
      assert.equal(overlapWithRoute(pathKey(text), 'get', template), overlap);
    });
  }

  for (const [text, mount, placement] of [
    ['/**', '/', 'around'],
    ['/**', '/static', 'around'],
    ['/static/**', '/static', 'around'],
    ['/static', '/static', 'inside'],
    ['/static/a', '/static', 'inside'],
    ['/static/a/**', '/static', 'inside'],
    ['/x', '/', 'inside'],
    ['/other', '/static', 'apart'],
    ['/', '/static', 'apart'],
  ] as const) {
    it(`${text} lies ${placement} ${mount}`, () => {
      assert.equal(placementOf(pathKey(text), mount), placement);
    });
  }
});
