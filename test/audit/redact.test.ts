import assert from 'node:assert/strict';
import {createSecretKey, generateKeyPairSync, X509Certificate} from 'node:crypto';
import {formatLine, redact} from '../../src/audit/redact';
import {createAuthority} from '../../src/pki/authority';
import {Secret} from '../../src/tls/secret';
import {SAMPLES} from './samples';

const {privateKey, publicKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'});
const PEM = privateKey.export({type: 'pkcs8', format: 'pem'}).toString();

function nested(levels: number): unknown {
  return levels === 0 ? 'core' : {in: nested(levels - 1)};
}

const CASES: readonly (readonly [sentence: string, value: unknown, plain: unknown])[] = [
  ['a secret', new Secret('hunter2'), '[secret]'],
  ['a secret inside', {key: [new Secret('hunter2')]}, {key: ['[secret]']}],
  ['what prints itself badly', {toJSON: () => Buffer.from('hunter2')}, '[7 bytes]'],
  ['a private key', privateKey, '[private key]'],
  ['a public key', publicKey, '[public key]'],
  ['a symmetric key', createSecretKey(Buffer.from('hunter2')), '[secret key]'],
  ['a certificate', new X509Certificate(createAuthority({subject: 'CA'}).certificate), '[certificate]'],
  ['PEM text', `here: ${PEM}`, '[PEM]'],
  ['PEM as a property name', {[PEM]: 1}, {'[PEM]': 1}],
  ['a buffer', Buffer.from('hunter2'), '[7 bytes]'],
  ['a typed array', new Uint16Array(3), '[6 bytes]'],
  ['an array buffer', new ArrayBuffer(4), '[4 bytes]'],
  ['an exception, whose message may quote anything', new TypeError('hunter2'), '[TypeError]'],
  ['a function', () => 'hunter2', '[function]'],
  ['a symbol', Symbol('hunter2'), '[symbol]'],
  ['nothing', undefined, '[undefined]'],
  ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['null', null, null],
  ['a number', 1.5, 1.5],
  ['a number that JSON lacks', Infinity, 'Infinity'],
  ['a truth', true, true],
  ['a big integer', 2n ** 64n, '18446744073709551616'],
  ['a property that is called like a method', {toJSON: 1}, {toJSON: 1}],
  ['a property without value', {a: undefined, b: 1}, {b: 1}],
  ['text of just the limit', 'x'.repeat(1024), 'x'.repeat(1024)],
  ['text one longer', 'x'.repeat(1025), `${'x'.repeat(1024)}[1 more]`],
  ['a list of just the limit', Array<number>(128).fill(0), Array<number>(128).fill(0)],
  ['a list one longer', Array<number>(129).fill(0), [...Array<number>(128).fill(0), '[1 more]']],
  ['nesting of just the limit', nested(8), nested(8)],
];

describe('audit/redact', () => {
  for (const [sentence, value, plain] of CASES) {
    it(`writes ${sentence} safely`, () => {
      assert.deepEqual(redact(value), plain);
    });
  }

  it('cuts nesting one level deeper', () => {
    assert.match(JSON.stringify(redact(nested(9))), /"\[deeper\]"/);
  });

  it('ends on a cycle', () => {
    const cycle: {self?: unknown} = {};
    cycle.self = cycle;
    assert.match(JSON.stringify(redact(cycle)), /\[deeper\]/);
  });

  it('keeps at most 128 properties', () => {
    const many = Object.fromEntries(Array.from({length: 129}, (_, index) => [`p${index}`, index]));
    assert.equal(Object.keys(Object(redact(many)) as object).length, 128);
  });

  it('writes each event of this library whole', () => {
    for (const event of Object.values(SAMPLES)) assert.deepEqual(JSON.parse(formatLine(event)), event);
  });

  const HOSTILE = [
    ['a line feed', 'a\nb'],
    ['a carriage return', 'a\rb'],
    ['NUL', 'a\0b'],
    ['an escape sequence', '\u001b[2Jgone'],
    ['DEL', 'a\u007fb'],
    ['a C1 control sequence', '\u009b2J'],
    ['a bidirectional override', 'a\u202eb'],
    ['a bidirectional isolate', 'a\u2066b'],
    ['a zero-width space', 'a\u200bb'],
    ['a line separator', 'a\u2028b'],
    ['a soft hyphen', 'a\u00adb'],
    ['a lone surrogate', 'a\ud800b'],
    ['a tag character beyond the first plane', 'a\u{e0041}b'],
    ['quotes and backslashes', '","level":"info\\'],
  ] as const;
  for (const [sentence, text] of HOSTILE) {
    it(`escapes ${sentence}, and loses nothing`, () => {
      const line = formatLine({subject: text});
      assert.match(line, /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u);
      assert.deepEqual(JSON.parse(line), {subject: text});
    });
  }

  it('leaves letters of every script readable', () => {
    assert.equal(formatLine('Zoë 李 Ωmega'), '"Zoë 李 Ωmega"');
  });
});
