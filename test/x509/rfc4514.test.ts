import assert from 'node:assert/strict';
import {encodeName} from '../../src/pki/names';
import type {NameSpec} from '../../src/pki/names';
import {parseDer} from '../../src/x509/der';
import {parseDistinguishedName} from '../../src/x509/names';
import type {DistinguishedName} from '../../src/x509/names';
import {formatDistinguishedName} from '../../src/x509/rfc4514';

function format(spec: NameSpec): string {
  return formatDistinguishedName(parseDistinguishedName(parseDer(encodeName(spec))));
}

/** A name with a value that the parser would refuse, as it could come from elsewhere. */
function formatValue(value: string): string {
  const name: DistinguishedName = {der: Buffer.alloc(0), comparable: '', rdns: [[{type: '2.5.4.3', value}]]};
  return formatDistinguishedName(name);
}

const NAMES: readonly (readonly [sentence: string, spec: NameSpec, text: string])[] = [
  ['nothing', {}, ''],
  ['one attribute', 'Alice', 'CN=Alice'],
  ['the last RDN first', {country: 'CH', organization: 'Clinic', commonName: 'Alice'}, 'CN=Alice,O=Clinic,C=CH'],
  [
    'a multi-valued RDN',
    [
      [
        {type: 'commonName', value: 'A'},
        {type: 'userId', value: 'b'},
      ],
    ],
    'CN=A+UID=b',
  ],
  ['domain components', {domainComponent: ['example', 'clinic']}, 'DC=clinic,DC=example'],
  ['a type without short name', [{type: '2.5.4.5', value: '7'}], '2.5.4.5=7'],
  ['an injected attribute', 'Mallory,OU=Admins', 'CN=Mallory\\,OU=Admins'],
  ['an injected value', 'Mallory+UID=root', 'CN=Mallory\\+UID=root'],
];

const VALUES = [
  ['a number sign in front', '#1', '\\#1'],
  ['a number sign inside', 'a#1', 'a#1'],
  ['spaces around', ' a b ', '\\ a b\\ '],
  ['a single space', ' ', '\\ '],
  ['two spaces', '  ', '\\ \\ '],
  ['a backslash before a space', 'a\\ ', 'a\\\\\\ '],
  ['every special character', '"+,;<>\\', '\\"\\+\\,\\;\\<\\>\\\\'],
  ['NUL', 'a\0b', 'a\\00b'],
  ['a line feed', 'a\nb', 'a\\0ab'],
  ['a bidirectional override', '\u202ea', '\\e2\\80\\aea'],
  ['a line separator', '\u2028', '\\e2\\80\\a8'],
  ['letters of any script', 'Zoë 李', 'Zoë 李'],
] as const;

describe('x509/rfc4514', () => {
  for (const [sentence, spec, text] of NAMES) {
    it(`writes ${sentence}`, () => {
      assert.equal(format(spec), text);
    });
  }

  for (const [sentence, value, text] of VALUES) {
    it(`escapes ${sentence}`, () => {
      assert.equal(formatValue(value), `CN=${text}`);
    });
  }
});
