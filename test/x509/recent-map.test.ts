import assert from 'node:assert/strict';
import {RecentMap} from '../../src/x509/recent-map';

function full(): RecentMap<number> {
  const map = new RecentMap<number>(2);
  map.set('a', 1);
  map.set('b', 2);
  return map;
}

describe('map of recent entries', () => {
  it('keeps as many as it may', () => {
    assert.deepEqual([...full().values()], [1, 2]);
  });

  it('drops the oldest for one more', () => {
    const map = full();
    map.set('c', 3);
    assert.equal(map.get('a'), undefined);
    assert.deepEqual([...map.values()], [2, 3]);
    assert.equal(map.size, 2);
  });

  it('takes what is set again for the newest', () => {
    const map = full();
    map.set('a', 4);
    map.set('c', 3);
    assert.equal(map.get('b'), undefined);
    assert.equal(map.get('a'), 4);
  });

  it('has room again after a deletion', () => {
    const map = full();
    map.delete('a');
    map.set('c', 3);
    assert.deepEqual([...map.values()], [2, 3]);
  });

  it('is empty when cleared', () => {
    const map = full();
    map.clear();
    assert.equal(map.size, 0);
  });
});
