import assert from 'node:assert/strict';
import {isHostName, isMailbox, isUri, isWildcardOrHostName} from '../../src/x509/host-name';

type Row = readonly [string, boolean];

function table(title: string, follows: (text: string) => boolean, rows: readonly Row[]): void {
  describe(title, () => {
    for (const [text, expected] of rows) {
      const shown = text.length > 40 ? `${text.slice(0, 20)}… (${text.length} characters)` : JSON.stringify(text);
      it(`${expected ? 'accepts' : 'refuses'} ${shown}`, () => {
        assert.equal(follows(text), expected);
      });
    }
  });
}

const LABEL_63 = 'a'.repeat(63);
const NAME_253 = `${LABEL_63}.${LABEL_63}.${LABEL_63}.${'a'.repeat(61)}`;

table('the syntax of a host name', isHostName, [
  ['localhost', true],
  ['a', true],
  ['3com.example', true],
  ['xn--mller-kva.example', true],
  ['my_service.example', true],
  ['_dmarc.example', true],
  ['10.0.0.1', true],
  [LABEL_63, true],
  [`${LABEL_63}a`, false],
  [NAME_253, true],
  [`${NAME_253}a`, false],
  ['', false],
  ['.', false],
  ['a..b', false],
  ['a.', false],
  ['-a.example', false],
  ['a-.example', false],
  ['*.example', false],
  ['a b', false],
  ['a\n', false],
  ['ſ.example', false],
  ['\u212a.example', false],
]);

table('the syntax of a host name or wildcard', isWildcardOrHostName, [
  ['a.example', true],
  ['*.example', true],
  ['*', false],
  ['*.', false],
  ['*a.example', false],
  ['*.*.example', false],
]);

table('the syntax of a mailbox', isMailbox, [
  ['a@b', true],
  ["o'hara+x.y@clinic.example", true],
  [`${'a'.repeat(64)}@b`, true],
  [`${'a'.repeat(65)}@b`, false],
  ['@clinic.example', false],
  ['a@', false],
  ['a', false],
  ['', false],
  ['a@b@c', false],
  ['.a@b', false],
  ['a.@b', false],
  ['a..b@c', false],
  ['"a b"@c', false],
  ['a@[10.0.0.1]', false],
  ['a@.b', false],
  ['a b@c', false],
]);

table('the syntax of an absolute URI', isUri, [
  ['spiffe://clinic.example/alice', true],
  ['urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6', true],
  ['https://[2001:db8::1]:8443/a?b=c#d', true],
  ['ldap:///cn=a%20b,dc=c?certificateRevocationList?base', true],
  ['a:b', true],
  ['', false],
  ['https:', false],
  ['//clinic.example/', false],
  ['1a:b', false],
  ['https://a b', false],
  ['https://a/%2', false],
  ['https://a/%zz', false],
  ['https://a/"', false],
  ['https://a/\\', false],
  ['https://a/<b>', false],
  ['https://ä/', false],
]);
