import assert from 'node:assert/strict';
import {matchesName, parseNamePattern} from '../../src/trust/name-pattern';
import type {GeneralName} from '../../src/x509/names';

const dns = (value: string): GeneralName => ({kind: 'dns', value});
const uri = (value: string): GeneralName => ({kind: 'uri', value});
const email = (value: string): GeneralName => ({kind: 'email', value});
const upn = (value: string): GeneralName => ({kind: 'upn', value});
const ip = (value: string, ...octets: number[]): GeneralName => ({kind: 'ip', value, octets: Buffer.from(octets)});

const MATCHES: readonly (readonly [string, GeneralName])[] = [
  ['dns:api.clinic.example', dns('api.clinic.example')],
  ['dns:api.clinic.example', dns('API.Clinic.Example')],
  ['dns:API.clinic.example', dns('api.clinic.example')],
  ['dns:*.clinic.example', dns('api.clinic.example')],
  ['dns:a.*.example', dns('a.b.example')],
  ['uri:spiffe://clinic.example/ward/a', uri('spiffe://clinic.example/ward/a')],
  ['uri:spiffe://clinic.example/ward/*', uri('spiffe://clinic.example/ward/a')],
  ['uri:spiffe://clinic.example/*/a', uri('spiffe://clinic.example/ward/a')],
  ['uri:spiffe://clinic.example/**', uri('spiffe://clinic.example/ward')],
  ['uri:spiffe://clinic.example/**', uri('spiffe://clinic.example/ward/a/b')],
  ['uri:spiffe://clinic.example/ward/**', uri('spiffe://clinic.example/ward/a')],
  ['uri:https://clinic.example', uri('https://clinic.example')],
  ['uri:https://clinic.example/', uri('https://clinic.example/')],
  ['uri:urn:uuid:f81d4fae', uri('urn:uuid:f81d4fae')],
  ['email:alice@clinic.example', email('alice@CLINIC.example')],
  ['email:*@clinic.example', email('alice@clinic.example')],
  ['upn:alice@clinic.example', upn('alice@clinic.example')],
  ['upn:*@clinic.example', upn('alice@clinic.example')],
  ['ip:192.0.2.7', ip('192.0.2.7', 192, 0, 2, 7)],
  ['ip:2001:DB8::7', ip('2001:db8::7', 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7)],
  ['ip:::1', ip('::1', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)],
  ['ip:1:2:3:4:5:6:7:8', ip('1:2:3:4:5:6:7:8', 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8)],
  ['ip:::ffff:192.0.2.7', ip('mapped', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7)],
];

const MISSES: readonly (readonly [string, GeneralName])[] = [
  ['dns:clinic.example', dns('notclinic.example')],
  ['dns:clinic.example', dns('clinic.example.evil.example')],
  ['dns:clinic.example', dns('clinic.example.')],
  ['dns:*.clinic.example', dns('clinic.example')],
  ['dns:*.clinic.example', dns('a.b.clinic.example')],
  ['dns:*.clinic.example', dns('*.clinic.example')],
  ['dns:*.clinic.example', dns('.clinic.example')],
  ['dns:k.example', dns('\u212a.example')],
  ['dns:clinic.example', uri('clinic.example')],
  ['dns:clinic.example', email('clinic.example')],
  ['uri:spiffe://clinic.example/ward/a', uri('spiffe://clinic.example/ward/A')],
  ['uri:spiffe://clinic.example/ward/a', uri('spiffe://CLINIC.example/ward/a')],
  ['uri:spiffe://clinic.example/ward/*', uri('spiffe://clinic.example/ward')],
  ['uri:spiffe://clinic.example/ward/*', uri('spiffe://clinic.example/ward/')],
  ['uri:spiffe://clinic.example/ward/*', uri('spiffe://clinic.example/ward/a/b')],
  ['uri:spiffe://clinic.example/ward/*', uri('spiffe://clinic.example/ward/..')],
  ['uri:spiffe://clinic.example/ward/*', uri('spiffe://clinic.example/ward/a%2fb')],
  ['uri:spiffe://clinic.example/ward/*', uri('spiffe://clinic.example/ward/a?x=1')],
  ['uri:spiffe://clinic.example/ward/*', uri('spiffe://clinic.example/ward/a#b')],
  ['uri:spiffe://clinic.example/**', uri('spiffe://clinic.example')],
  ['uri:spiffe://clinic.example/**', uri('spiffe://clinic.example/')],
  ['uri:spiffe://clinic.example/**', uri('spiffe://clinic.example/a//b')],
  ['uri:spiffe://clinic.example/**', uri('spiffe://clinic.example.evil.example/a')],
  ['uri:spiffe://clinic.example/**', uri('spiffe://clinic.example@evil.example/a')],
  ['uri:spiffe://clinic.example/**', uri('spiffe://clinic.example/a/../b')],
  ['uri:https://clinic.example', uri('https://clinic.example/')],
  ['uri:urn:uuid:f81d4fae', uri('urn:uuid:F81D4FAE')],
  ['uri:urn:uuid:f81d4fae', dns('urn:uuid:f81d4fae')],
  ['email:alice@clinic.example', email('Alice@clinic.example')],
  ['email:alice@clinic.example', email('alice@clinic.example.evil.example')],
  ['email:alice@clinic.example', email('evil@x@clinic.example')],
  ['email:*@clinic.example', email('evil@x@clinic.example')],
  ['email:*@clinic.example', email('@clinic.example')],
  ['email:*@clinic.example', email('clinic.example')],
  ['email:*@clinic.example', upn('alice@clinic.example')],
  ['email:a@k.example', email('a@\u212a.example')],
  ['upn:*@clinic.example', email('alice@clinic.example')],
  ['ip:192.0.2.7', ip('192.0.2.8', 192, 0, 2, 8)],
  ['ip:192.0.2.7', dns('192.0.2.7')],
  ['ip:192.0.2.7', ip('mapped', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7)],
];

const NOT_PATTERNS = [
  '',
  'clinic.example',
  ':clinic.example',
  'dns:',
  'dns:clinic..example',
  'dns:clinic.example.',
  'dns:a*.clinic.example',
  'dns:**.clinic.example',
  'dns:clïnic.example',
  'DNS:clinic.example',
  'uri:',
  'uri:/ward/a',
  'uri:spiffe://*/ward',
  'uri:spiffe://*.clinic.example/ward',
  'uri:spiffe://clinic.example/wa*',
  'uri:spiffe://clinic.example/**/a',
  'uri:spiffe://clinic.example/a b',
  'uri:urn:*',
  'email:clinic.example',
  'email:@clinic.example',
  'email:a*@clinic.example',
  'email:alice@*.example',
  'email:alice@',
  'upn:alice',
  'ip:192.0.2',
  'ip:192.0.2.256',
  'ip:192.0.02.1',
  'ip:192.0.2.0/24',
  'ip:2001:db8::/32',
  'ip:2001:db8:::1',
  'ip:1:2:3:4:5:6:7:8:9',
  'ip:fe80::1%eth0',
  'directory:CN=x',
  'other:1.2.3',
];

describe('a name pattern', () => {
  for (const [text, name] of MATCHES)
    it(`${text} matches ${textOf(name)}`, () => {
      assert.equal(matches(text, name), true);
    });
  for (const [text, name] of MISSES)
    it(`${text} does not match ${name.kind} ${textOf(name)}`, () => {
      assert.equal(matches(text, name), false);
    });
  for (const text of NOT_PATTERNS)
    it(`cannot be written as "${text}"`, () => {
      assert.equal(parseNamePattern(text), undefined);
    });
});

function matches(text: string, name: GeneralName): boolean {
  const pattern = parseNamePattern(text);
  assert.ok(pattern, `${text} is a pattern`);
  return matchesName(pattern, name);
}

function textOf(name: GeneralName): string {
  return 'value' in name && typeof name.value === 'string' ? name.value : name.kind;
}
