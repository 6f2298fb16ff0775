import assert from 'node:assert/strict';
import {isIP} from 'node:net';
import fc from 'fast-check';
import {ipText, isContiguousMask} from '../../src/x509/ip-address';

describe('the text of an IP address', () => {
  const VECTORS = [
    ['00000000', '0.0.0.0'],
    ['ffffffff', '255.255.255.255'],
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['00010000000000000000000000000000', '1::'],
    ['20010db8000000000000000000000001', '2001:db8::1'],
    ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['20010000000000010000000000000001', '2001:0:0:1::1'],
    ['fe800000000000000202b3fffe1e8329', 'fe80::202:b3ff:fe1e:8329'],
    ['00000000000000000000ffff0a000001', '::ffff:10.0.0.1'],
    ['00010002000300040005000600070008', '1:2:3:4:5:6:7:8'],
  ] as const;
  for (const [digits, expected] of VECTORS)
    it(`is ${expected} for ${digits}`, () => {
      assert.equal(ipText(Buffer.from(digits, 'hex')), expected);
    });

  it('is what the URL parser writes for any IPv6 address', () => {
    // Zeros are likely, so that runs of them occur.
    const octet = fc.oneof(fc.constant(0), fc.nat(255));
    fc.assert(
      fc.property(fc.array(octet, {minLength: 16, maxLength: 16}), octets => {
        const text = ipText(Buffer.from(octets));
        assert.equal(isIP(text), 6);
        if (!text.includes('.')) assert.equal(new URL(`http://[${text}]`).hostname, `[${text}]`);
      }),
    );
  });
});

describe('a network mask', () => {
  const VECTORS = [
    ['00000000', true],
    ['80000000', true],
    ['fffffe00', true],
    ['ffffffff', true],
    ['ff00ff00', false],
    ['7fffffff', false],
    ['fffffd00', false],
    [`${'ff'.repeat(8)}${'00'.repeat(8)}`, true],
    [`${'ff'.repeat(8)}${'00'.repeat(7)}01`, false],
  ] as const;
  for (const [digits, expected] of VECTORS)
    it(`${digits} is ${expected ? '' : 'not '}contiguous`, () => {
      assert.equal(isContiguousMask(Buffer.from(digits, 'hex')), expected);
    });
});
