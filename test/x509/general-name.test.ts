import assert from 'node:assert/strict';
import {contextTag, parseDer, Tag} from '../../src/x509/der';
import {NameTag, onlyChild, parseGeneralName, parseGeneralNames} from '../../src/x509/general-name';
import {commonName} from './certificate-parts';
import {codeOf} from './code-of';
import {hex, oid, sequence, small, text, tlv} from './der-writer';

const DER = 'ERR_MTLS_DER';
const MALFORMED = 'ERR_MTLS_CERTIFICATE_MALFORMED';
const FORBIDDEN = 'ERR_MTLS_NAME_FORBIDDEN_CHARACTER';

const UPN = '1.3.6.1.4.1.311.20.2.3';
const SMTP_UTF8_MAILBOX = '1.3.6.1.5.5.7.8.9';

function other(type: string, value: Buffer): Buffer {
  return tlv(NameTag.OTHER, oid(type), tlv(contextTag(0, 'constructed'), value));
}

function utf8(value: string): Buffer {
  return tlv(Tag.UTF8_STRING, Buffer.from(value));
}

describe('a general name', () => {
  const READ: readonly (readonly [string, Buffer, object])[] = [
    ['a DNS name as it stands', text(NameTag.DNS, 'API.Clinic.example'), {kind: 'dns', value: 'API.Clinic.example'}],
    ['a wildcard', text(NameTag.DNS, '*.clinic.example'), {kind: 'dns', value: '*.clinic.example'}],
    ['a mailbox', text(NameTag.EMAIL, 'Alice@clinic.example'), {kind: 'email', value: 'Alice@clinic.example'}],
    ['a URI', text(NameTag.URI, 'spiffe://clinic/a'), {kind: 'uri', value: 'spiffe://clinic/a'}],
    ['an IPv4 address', hex(NameTag.IP, '0a000001'), {kind: 'ip', value: '10.0.0.1', octets: Buffer.of(10, 0, 0, 1)}],
    ['a registered id', oid('1.2.3', NameTag.REGISTERED_ID), {kind: 'registeredId', value: '1.2.3'}],
    ['a principal name', other(UPN, utf8('alice@clinic.example')), {kind: 'upn', value: 'alice@clinic.example'}],
    [
      'another otherName as bytes',
      other(SMTP_UTF8_MAILBOX, utf8('ä@clinic.example')),
      {kind: 'other', type: SMTP_UTF8_MAILBOX, value: utf8('ä@clinic.example')},
    ],
    ['an otherName that is no string', other('1.2.3', small(1)), {kind: 'other', type: '1.2.3', value: small(1)}],
    ['an X.400 address as bytes', tlv(NameTag.X400, small(1)), {kind: 'unsupported', tag: 0xa3, value: small(1)}],
    ['an EDI party as bytes', tlv(NameTag.EDI_PARTY, small(1)), {kind: 'unsupported', tag: 0xa5, value: small(1)}],
  ];
  for (const [name, input, expected] of READ)
    it(`reads ${name}`, () => {
      const read = parseGeneralName(parseDer(input));
      assert.deepEqual(read, expected);
      assert.ok(Object.isFrozen(read));
    });

  it('reads a directory name', () => {
    const name = parseGeneralName(parseDer(tlv(NameTag.DIRECTORY, commonName('alice'))));
    assert.equal(name.kind === 'directory' && name.value.comparable, '2.5.4.3=alice\n');
  });

  const REFUSED: readonly (readonly [string, Buffer, string])[] = [
    ['an empty DNS name', text(NameTag.DNS, ''), MALFORMED],
    ['a space as DNS name', text(NameTag.DNS, ' '), MALFORMED],
    ['a trailing dot', text(NameTag.DNS, 'clinic.example.'), MALFORMED],
    ['a leading dot', text(NameTag.DNS, '.clinic.example'), MALFORMED],
    ['a wildcard alone', text(NameTag.DNS, '*'), MALFORMED],
    ['a wildcard in the middle', text(NameTag.DNS, 'a.*.example'), MALFORMED],
    ['two wildcards', text(NameTag.DNS, '*.*.example'), MALFORMED],
    ['a wildcard within a label', text(NameTag.DNS, 'a*.example'), MALFORMED],
    ['NUL in a DNS name', text(NameTag.DNS, 'clinic.example\0.evil.example'), FORBIDDEN],
    ['a DNS name beyond ASCII', tlv(NameTag.DNS, Buffer.from('müller.example')), MALFORMED],
    ['a constructed DNS name', tlv(contextTag(2, 'constructed'), text(Tag.IA5_STRING, 'a')), MALFORMED],
    ['a mailbox without at sign', text(NameTag.EMAIL, 'clinic.example'), MALFORMED],
    ['a display name', text(NameTag.EMAIL, 'Alice <a@clinic.example>'), MALFORMED],
    ['a line feed in a mailbox', text(NameTag.EMAIL, 'a@clinic.example\nb'), FORBIDDEN],
    ['a relative URI', text(NameTag.URI, '/patients'), MALFORMED],
    ['a space in a URI', text(NameTag.URI, 'https://a b/'), MALFORMED],
    ['an address of three octets', hex(NameTag.IP, '0a0000'), MALFORMED],
    ['a network instead of an address', hex(NameTag.IP, '0a000000ff000000'), MALFORMED],
    ['a malformed registered id', hex(NameTag.REGISTERED_ID, '2a80'), DER],
    ['a principal name in another string', other(UPN, text(Tag.IA5_STRING, 'alice')), DER],
    ['NUL in a principal name', other(UPN, utf8('alice@clinic.example\0')), FORBIDDEN],
    ['an overlong principal name', other(UPN, hex(Tag.UTF8_STRING, 'c1a1')), MALFORMED],
    ['NUL in another otherName', other(SMTP_UTF8_MAILBOX, utf8('a\0')), FORBIDDEN],
    ['an otherName without value', tlv(NameTag.OTHER, oid(UPN)), DER],
    ['an otherName with an empty value', tlv(NameTag.OTHER, oid(UPN), tlv(0xa0)), DER],
    ['an otherName with two values', tlv(NameTag.OTHER, oid(UPN), tlv(0xa0, utf8('a'), utf8('b'))), DER],
    ['an otherName with something behind it', tlv(NameTag.OTHER, oid(UPN), tlv(0xa0, utf8('a')), small(1)), DER],
    ['an otherName that is not DER all the way down', other('1.2.3', hex(Tag.SEQUENCE, '0480')), DER],
    ['an X.400 address that is not DER', hex(NameTag.X400, '0480'), DER],
    ['an implicitly tagged directory name', tlv(NameTag.DIRECTORY, ...[commonName('a').subarray(2)]), DER],
    ['two directory names in one', tlv(NameTag.DIRECTORY, commonName('a'), commonName('b')), DER],
    ['an unknown kind', hex(0x89, '00'), MALFORMED],
    ['a universal tag', text(Tag.IA5_STRING, 'a'), MALFORMED],
  ];
  for (const [name, input, code] of REFUSED)
    it(`refuses ${name}`, () => {
      assert.equal(
        codeOf(() => parseGeneralName(parseDer(input))),
        code,
      );
    });
});

describe('a list of general names', () => {
  it('keeps every name in order', () => {
    const names = parseGeneralNames(parseDer(sequence(text(NameTag.DNS, 'b'), text(NameTag.DNS, 'a'))));
    assert.deepEqual(
      names.map(name => name.kind === 'dns' && name.value),
      ['b', 'a'],
    );
    assert.ok(Object.isFrozen(names));
  });

  it('may not be empty', () => {
    assert.equal(
      codeOf(() => parseGeneralNames(parseDer(sequence()))),
      MALFORMED,
    );
  });

  it('holds 1024 names and no more', () => {
    const list = (count: number): Buffer => sequence(...Array.from({length: count}, () => text(NameTag.DNS, 'a')));
    assert.equal(parseGeneralNames(parseDer(list(1024))).length, 1024);
    assert.equal(
      codeOf(() => parseGeneralNames(parseDer(list(1025)))),
      MALFORMED,
    );
  });

  it('carries the tag it is told to', () => {
    const node = parseDer(tlv(0xa1, text(NameTag.DNS, 'a')));
    assert.equal(parseGeneralNames(node, 0xa1).length, 1);
    assert.equal(
      codeOf(() => parseGeneralNames(node)),
      DER,
    );
  });
});

describe('the only child', () => {
  it('is there, once, with its tag', () => {
    assert.equal(onlyChild(parseDer(sequence(small(1))), Tag.INTEGER).tag, Tag.INTEGER);
    for (const input of [sequence(), sequence(small(1), small(2)), sequence(oid('1.2'))])
      assert.equal(
        codeOf(() => onlyChild(parseDer(input), Tag.INTEGER)),
        DER,
      );
  });
});
