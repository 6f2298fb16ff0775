import assert from 'node:assert/strict';
import {parseDer, Tag} from '../../src/x509/der';
import {parseNameConstraints} from '../../src/x509/name-constraints';
import {commonName} from './certificate-parts';
import {codeOf} from './code-of';
import {hex, oid, sequence, small, text, tlv} from './der-writer';

const DER = 'ERR_MTLS_DER';
const MALFORMED = 'ERR_MTLS_CERTIFICATE_MALFORMED';

function permitted(...subtrees: readonly Buffer[]): Buffer {
  return tlv(0xa0, ...subtrees);
}

function excluded(...subtrees: readonly Buffer[]): Buffer {
  return tlv(0xa1, ...subtrees);
}

const DNS = sequence(text(0x82, 'clinic.example'));

describe('name constraints', () => {
  it('hold permitted and excluded subtrees', () => {
    const read = parseNameConstraints(
      parseDer(sequence(permitted(DNS), excluded(DNS, sequence(text(0x81, '.clinic.example'))))),
    );
    assert.deepEqual(read, {
      permitted: [{kind: 'dns', value: 'clinic.example'}],
      excluded: [
        {kind: 'dns', value: 'clinic.example'},
        {kind: 'email', value: '.clinic.example'},
      ],
    });
    for (const value of [read, read.permitted, read.permitted[0]]) assert.ok(Object.isFrozen(value));
  });

  const VECTORS: readonly (readonly [string, Buffer, string | undefined])[] = [
    ['accept permitted subtrees alone', sequence(permitted(DNS)), undefined],
    ['accept excluded subtrees alone', sequence(excluded(DNS)), undefined],
    ['refuse neither', sequence(), MALFORMED],
    ['refuse an empty list beside a full one', sequence(permitted(DNS), excluded()), MALFORMED],
    ['refuse an empty list', sequence(permitted()), MALFORMED],
    ['accept 1024 subtrees', sequence(permitted(...Array.from({length: 1024}, () => DNS))), undefined],
    ['refuse 1025 subtrees', sequence(permitted(...Array.from({length: 1025}, () => DNS))), MALFORMED],
    ['refuse another order', sequence(excluded(DNS), permitted(DNS)), DER],
    ['refuse a third list', sequence(permitted(DNS), excluded(DNS), tlv(0xa2)), DER],
    ['refuse another tag', tlv(Tag.SET, permitted(DNS)), DER],
    ['refuse a subtree without base', sequence(permitted(sequence())), DER],
    ['refuse a minimum of 0 written out', sequence(permitted(sequence(text(0x82, 'a'), hex(0x80, '00')))), MALFORMED],
    ['refuse a minimum of 1', sequence(permitted(sequence(text(0x82, 'a'), hex(0x80, '01')))), MALFORMED],
    ['refuse a maximum', sequence(permitted(sequence(text(0x82, 'a'), hex(0x81, '01')))), MALFORMED],
  ];
  for (const [name, input, code] of VECTORS)
    it(name, () => {
      assert.equal(
        codeOf(() => parseNameConstraints(parseDer(input))),
        code,
      );
    });
});

describe('the base of a subtree', () => {
  const READ: readonly (readonly [string, Buffer, object])[] = [
    ['a DNS name', text(0x82, 'a.example'), {kind: 'dns', value: 'a.example'}],
    ['a DNS name with a leading dot', text(0x82, '.a.example'), {kind: 'dns', value: '.a.example'}],
    ['every DNS name', text(0x82, ''), {kind: 'dns', value: ''}],
    ['a mailbox', text(0x81, 'a@b.example'), {kind: 'email', value: 'a@b.example'}],
    ['a mail host', text(0x81, 'b.example'), {kind: 'email', value: 'b.example'}],
    ['a mail domain', text(0x81, '.b.example'), {kind: 'email', value: '.b.example'}],
    ['every mailbox', text(0x81, ''), {kind: 'email', value: ''}],
    ['a URI host', text(0x86, 'b.example'), {kind: 'uri', value: 'b.example'}],
    ['a URI domain', text(0x86, '.b.example'), {kind: 'uri', value: '.b.example'}],
    ['every URI', text(0x86, ''), {kind: 'uri', value: ''}],
    [
      'an IPv4 network',
      hex(0x87, '0a000000ff000000'),
      {kind: 'ip', address: Buffer.of(10, 0, 0, 0), mask: Buffer.of(255, 0, 0, 0)},
    ],
    [
      'an IPv4 network whose address has host bits',
      hex(0x87, '0a000001ff000000'),
      {kind: 'ip', address: Buffer.of(10, 0, 0, 1), mask: Buffer.of(255, 0, 0, 0)},
    ],
    ['every IPv4 address', hex(0x87, '00'.repeat(8)), {kind: 'ip', address: Buffer.alloc(4), mask: Buffer.alloc(4)}],
    ['every IPv6 address', hex(0x87, '00'.repeat(32)), {kind: 'ip', address: Buffer.alloc(16), mask: Buffer.alloc(16)}],
    ['a registered id', oid('1.2.3', 0x88), {kind: 'registeredId', value: '1.2.3'}],
    [
      'another otherName',
      tlv(0xa0, oid('1.2.3'), tlv(0xa0, small(1))),
      {kind: 'other', type: '1.2.3', value: small(1)},
    ],
  ];
  for (const [name, base, expected] of READ)
    it(`may be ${name}`, () => {
      assert.deepEqual(parseNameConstraints(parseDer(sequence(permitted(sequence(base))))).permitted, [expected]);
    });

  it('may be a directory name', () => {
    const read = parseNameConstraints(parseDer(sequence(permitted(sequence(tlv(0xa4, commonName('Clinic')))))));
    const [base] = read.permitted;
    assert.equal(base?.kind === 'directory' && base.value.comparable, '2.5.4.3=clinic\n');
  });

  const REFUSED: readonly (readonly [string, Buffer])[] = [
    ['a wildcard', text(0x82, '*.example')],
    ['a trailing dot', text(0x82, 'a.example.')],
    ['a dot alone', text(0x82, '.')],
    ['two leading dots', text(0x82, '..example')],
    ['a mailbox with a domain with a leading dot', text(0x81, 'a@.b')],
    ['a URI', text(0x86, 'https://a.example/')],
    ['a URI host with a port', text(0x86, 'a.example:443')],
    ['an address without mask', hex(0x87, '0a000001')],
    ['a mask with a hole', hex(0x87, '0a000000ff00ff00')],
    ['an odd number of octets', hex(0x87, '0a000000ff0000')],
    ['no octets', hex(0x87, '')],
    ['an IPv6 address without mask', hex(0x87, '00'.repeat(16))],
    ['24 octets', hex(0x87, '00'.repeat(24))],
    ['an unknown kind', hex(0x89, '00')],
  ];
  for (const [name, base] of REFUSED)
    it(`is never ${name}`, () => {
      assert.equal(
        codeOf(() => parseNameConstraints(parseDer(sequence(permitted(sequence(base)))))),
        MALFORMED,
      );
    });
});
