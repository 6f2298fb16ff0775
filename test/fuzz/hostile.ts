import {Tag} from '../../src/x509/der';
import {NameTag} from '../../src/x509/general-name';
import {attribute, certificateWith, extension, extensions} from '../x509/certificate-parts';
import {hex, oid, sequence, set, text, tlv} from '../x509/der-writer';
import {MAX_BYTES} from './mutate';

/**
 * Certificates of nearly 64 KiB, each made to take as long as one kind of content can. No random mutation finds them
 * in reasonable time; they are tried before the mutations.
 */
export function makeHostileCertificates(): readonly (readonly [string, Buffer])[] {
  return [
    [
      '1024 DNS names',
      names(Buffer.concat(Array.from({length: 1024}, () => text(NameTag.DNS, 'a.b.c.d.e.f.example')))),
    ],
    ['many DNS names', full(text(NameTag.DNS, 'a'), names)],
    ['many mailboxes', full(text(NameTag.EMAIL, 'a@b'), names)],
    ['many IPv6 addresses', full(hex(NameTag.IP, '20010db8'.repeat(4)), names)],
    ['many directory names', full(tlv(NameTag.DIRECTORY, sequence(commonName('a'))), names)],
    ['many RDNs', full(commonName('a'), rdns => certificateWith({subject: sequence(rdns)}))],
    ['many RDNs beyond ASCII', full(commonName('ßıΣ'), rdns => certificateWith({subject: sequence(rdns)}))],
    [
      'many combining characters',
      full(commonName('\u0316\u0301'.repeat(256)), rdns => certificateWith({subject: sequence(rdns)})),
    ],
    [
      'many expanding ligatures',
      full(commonName('\ufdfa'.repeat(512)), rdns => certificateWith({subject: sequence(rdns)})),
    ],
    ['many extensions', certificateWith({extensions: extensions(...numbered(4000, type => extension(type, NULL)))})],
    ['many policies', known('2.5.29.32', sequence(...numbered(5000, type => sequence(oid(type)))))],
    ['many long arcs', full(hex(Tag.OID, `${'81'.repeat(63)}01`), list => known('2.5.29.37', sequence(list)))],
    ['many short arcs', full(hex(Tag.OID, '01'.repeat(64)), list => known('2.5.29.37', sequence(list)))],
    ['many subtrees', full(sequence(text(NameTag.DNS, 'a')), list => known('2.5.29.30', sequence(tlv(0xa0, list))))],
    ['many points', full(sequence(tlv(0xa2, text(NameTag.DNS, 'a'))), list => known('2.5.29.31', sequence(list)))],
    ['many named bits', known('2.5.29.15', tlv(Tag.BIT_STRING, Buffer.of(0), Buffer.alloc(60_000, 0xff)))],
    ['many values nobody reads', full(NULL, list => names(otherName(sequence(list))))],
    ['deep values nobody reads', full(nested(24), list => names(otherName(sequence(list))))],
    ['a bottomless value', nested(15_000)],
    ['a long serial number', certificateWith({serialNumber: tlv(Tag.INTEGER, Buffer.alloc(60_000, 0x81))})],
    ['a long RSA key', certificateWith({publicKey: rsaKey(30_000)})],
    ['a long common name', certificateWith({subject: sequence(commonName('\u0316\u0301'.repeat(15_000)))})],
    ['a long host name', names(text(NameTag.DNS, 'a.'.repeat(30_000)))],
    ['a long mailbox', names(text(NameTag.EMAIL, `${'a.'.repeat(30_000)}@b`))],
    ['a mailbox of at signs', names(text(NameTag.EMAIL, '@'.repeat(60_000)))],
    ['a long URI', names(text(NameTag.URI, `a:${'%41'.repeat(20_000)}%`))],
    ['a URI that is all scheme', names(text(NameTag.URI, 'a'.repeat(60_000)))],
  ];
}

const NULL = tlv(Tag.NULL);

/** As many copies of one value as fit. */
function full(value: Buffer, make: (values: Buffer) => Buffer): Buffer {
  const room = MAX_BYTES - 400;
  return make(Buffer.concat(Array.from({length: Math.floor(room / value.length)}, () => value)));
}

function numbered(count: number, make: (type: string) => Buffer): Buffer[] {
  return Array.from({length: count}, (_, index) => make(`1.2.${index}`));
}

function names(list: Buffer): Buffer {
  return known('2.5.29.17', sequence(list));
}

function known(type: string, value: Buffer): Buffer {
  return certificateWith({extensions: extensions(extension(type, value))});
}

function commonName(value: string): Buffer {
  return set(attribute('2.5.4.3', tlv(Tag.UTF8_STRING, Buffer.from(value))));
}

function otherName(value: Buffer): Buffer {
  return tlv(NameTag.OTHER, oid('1.2.3'), tlv(0xa0, value));
}

function nested(levels: number): Buffer {
  let value = NULL;
  for (let level = 0; level < levels; level++) value = sequence(value);
  return value;
}

function rsaKey(bytes: number): Buffer {
  const number = tlv(Tag.INTEGER, Buffer.alloc(bytes, 0x41));
  return sequence(
    sequence(oid('1.2.840.113549.1.1.1'), NULL),
    tlv(Tag.BIT_STRING, Buffer.of(0), sequence(number, number)),
  );
}
