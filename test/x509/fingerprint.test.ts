import assert from 'node:assert/strict';
import {fingerprintOf, parseFingerprint} from '../../src/x509/fingerprint';

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('a fingerprint', () => {
  it('is SHA-256 in lower-case hex', () => {
    assert.equal(fingerprintOf(Buffer.alloc(0)), EMPTY);
  });

  const VECTORS = [
    ['64 digits', EMPTY, EMPTY],
    ['capitals', EMPTY.toUpperCase(), EMPTY],
    ['colons', EMPTY.replace(/..(?=.)/g, '$&:'), EMPTY],
    ['63 digits', EMPTY.slice(1), undefined],
    ['65 digits', `${EMPTY}0`, undefined],
    ['another character', EMPTY.replace('e', 'g'), undefined],
    ['a line feed at the end', `${EMPTY}\n`, undefined],
    ['SHA-1', EMPTY.slice(0, 40), undefined],
  ] as const;
  for (const [name, input, expected] of VECTORS)
    it(`${expected === undefined ? 'is not' : 'may be'} written with ${name}`, () => {
      assert.equal(parseFingerprint(input), expected);
    });
});
