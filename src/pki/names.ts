import {Tag} from '../x509/der';
import {encode, oid, sequence, setOf} from './der';

/** Attribute types by the name RFC 4519 or RFC 5280 gives them. */
const ATTRIBUTE_TYPES = {
  commonName: '2.5.4.3',
  surname: '2.5.4.4',
  serialNumber: '2.5.4.5',
  country: '2.5.4.6',
  locality: '2.5.4.7',
  state: '2.5.4.8',
  organization: '2.5.4.10',
  organizationalUnit: '2.5.4.11',
  title: '2.5.4.12',
  givenName: '2.5.4.42',
  distinguishedNameQualifier: '2.5.4.46',
  pseudonym: '2.5.4.65',
  organizationIdentifier: '2.5.4.97',
  userId: '0.9.2342.19200300.100.1.1',
  domainComponent: '0.9.2342.19200300.100.1.25',
  emailAddress: '1.2.840.113549.1.9.1',
} as const;

export type AttributeName = keyof typeof ATTRIBUTE_TYPES;

/** The string types of RFC 5280 section 4.1.2.4, and IA5String. */
const STRING_TAGS = {
  utf8: Tag.UTF8_STRING,
  printable: Tag.PRINTABLE_STRING,
  ia5: Tag.IA5_STRING,
  teletex: Tag.TELETEX_STRING,
  bmp: Tag.BMP_STRING,
  universal: Tag.UNIVERSAL_STRING,
} as const;

/** Attribute types whose definition names another string type than UTF8String (RFC 5280 appendix A). */
const STRING_TYPE_OF: Readonly<Record<string, keyof typeof STRING_TAGS>> = {
  [ATTRIBUTE_TYPES.country]: 'printable',
  [ATTRIBUTE_TYPES.serialNumber]: 'printable',
  [ATTRIBUTE_TYPES.distinguishedNameQualifier]: 'printable',
  [ATTRIBUTE_TYPES.domainComponent]: 'ia5',
  [ATTRIBUTE_TYPES.emailAddress]: 'ia5',
};

/** One attribute in full. A Buffer value goes into the string as it is, whatever the string type allows. */
export interface AttributeSpec {
  /** A name of {@link ATTRIBUTE_TYPES} or a dotted OID. */
  readonly type: string;
  readonly value: string | Buffer;
  /** Default: what the definition of the attribute says, else UTF8String. */
  readonly string?: keyof typeof STRING_TAGS;
}

/**
 * A distinguished name: a common name; attributes by name, a list standing for one RDN per value; or the RDNs in
 * full, where a list of attributes is one multi-valued RDN; or the DER of a whole name.
 */
export type NameSpec =
  | string
  | Buffer
  | Readonly<Partial<Record<AttributeName, string | readonly string[]>>>
  | readonly (AttributeSpec | readonly AttributeSpec[])[];

/** DER of a Name. */
export function encodeName(spec: NameSpec): Buffer {
  return Buffer.isBuffer(spec) ? spec : sequence(...rdnsOf(spec).map(encodeRdn));
}

function rdnsOf(spec: Exclude<NameSpec, Buffer>): readonly (readonly AttributeSpec[])[] {
  if (typeof spec === 'string') return [[{type: 'commonName', value: spec}]];
  if (isRdnList(spec)) return spec.map(rdn => ('type' in rdn ? [rdn] : rdn));
  return Object.entries(spec).flatMap(([type, values]) => [values].flat().map(value => [{type, value}]));
}

function isRdnList(spec: Exclude<NameSpec, Buffer | string>): spec is Extract<NameSpec, readonly unknown[]> {
  return Array.isArray(spec);
}

/** DER of one RelativeDistinguishedName. */
export function encodeRdn(attributes: readonly AttributeSpec[]): Buffer {
  return setOf(...attributes.map(encodeAttribute));
}

function encodeAttribute({type, value, string}: AttributeSpec): Buffer {
  const dotted = isAttributeName(type) ? ATTRIBUTE_TYPES[type] : type;
  const kind = string ?? STRING_TYPE_OF[dotted] ?? 'utf8';
  const content = Buffer.isBuffer(value) ? value : encodeText(value, kind);
  return sequence(oid(dotted), encode(STRING_TAGS[kind], content));
}

function isAttributeName(type: string): type is AttributeName {
  return Object.hasOwn(ATTRIBUTE_TYPES, type);
}

function encodeText(text: string, kind: keyof typeof STRING_TAGS): Buffer {
  switch (kind) {
    case 'utf8':
      return Buffer.from(text, 'utf8');
    case 'bmp':
      return Buffer.from(text, 'utf16le').swap16();
    case 'universal':
      return Buffer.concat(Array.from(text, character => uint32(character.codePointAt(0) ?? 0)));
    case 'printable':
    case 'ia5':
    case 'teletex':
      return Buffer.from(text, 'latin1');
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
