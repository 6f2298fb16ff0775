/** Names and numbers of TLS protocol versions, groups, signature schemes and alerts (IANA registries). */

/** A protocol version that a probe can offer as the highest. */
export type ProtocolName = 'SSL 3.0' | 'TLS 1.0' | 'TLS 1.1' | 'TLS 1.2' | 'TLS 1.3';

/** Version numbers as they travel. */
export const PROTOCOLS: Readonly<Record<ProtocolName, number>> = Object.freeze({
  'SSL 3.0': 0x0300,
  'TLS 1.0': 0x0301,
  'TLS 1.1': 0x0302,
  'TLS 1.2': 0x0303,
  'TLS 1.3': 0x0304,
});

/** How good a group is: hybrid with a post-quantum KEM, good, or a curve of less than 256 bits. */
export type GroupStrength = 'post-quantum' | 'strong' | 'weak';

interface NamedGroup {
  readonly id: number;
  readonly name: string;
  readonly strength: GroupStrength;
}

function groups(strength: GroupStrength, rows: Readonly<Record<string, number>>): NamedGroup[] {
  return Object.entries(rows).map(([name, id]) => ({id, name, strength}));
}

/** RFC 8422, RFC 7919, RFC 7027 and the hybrid groups. */
export const GROUPS: readonly NamedGroup[] = [
  ...groups('post-quantum', {
    X25519MLKEM768: 0x11ec,
    SecP256r1MLKEM768: 0x11eb,
    SecP384r1MLKEM1024: 0x11ed,
    MLKEM768: 0x0201,
    MLKEM1024: 0x0202,
  }),
  ...groups('strong', {
    x25519: 29,
    secp256r1: 23,
    x448: 30,
    secp384r1: 24,
    secp521r1: 25,
    ffdhe2048: 256,
    ffdhe3072: 257,
    ffdhe4096: 258,
    ffdhe6144: 259,
    ffdhe8192: 260,
    brainpoolP256r1: 26,
    brainpoolP384r1: 27,
    brainpoolP512r1: 28,
    brainpoolP256r1tls13: 31,
    brainpoolP384r1tls13: 32,
    brainpoolP512r1tls13: 33,
  }),
  ...groups('weak', {
    sect163k1: 1,
    sect163r1: 2,
    sect163r2: 3,
    sect193r1: 4,
    sect193r2: 5,
    sect233k1: 6,
    sect233r1: 7,
    sect239k1: 8,
    secp160k1: 15,
    secp160r1: 16,
    secp160r2: 17,
    secp192k1: 18,
    secp192r1: 19,
    secp224k1: 20,
    secp224r1: 21,
  }),
];

const GROUP_NAMES = new Map(GROUPS.map(group => [group.id, group.name]));

/** The registry name of a group, or its number. */
export function groupName(id: number): string {
  return GROUP_NAMES.get(id) ?? `group 0x${id.toString(16)}`;
}

/** The numbers of all groups of one strength. */
export function groupsOf(...strengths: readonly GroupStrength[]): readonly number[] {
  return GROUPS.filter(group => strengths.includes(group.strength)).map(group => group.id);
}

const SCHEME_NAMES: Readonly<Record<number, string>> = {
  0x0403: 'ecdsa_secp256r1_sha256',
  0x0503: 'ecdsa_secp384r1_sha384',
  0x0603: 'ecdsa_secp521r1_sha512',
  0x0807: 'ed25519',
  0x0808: 'ed448',
  0x0804: 'rsa_pss_rsae_sha256',
  0x0805: 'rsa_pss_rsae_sha384',
  0x0806: 'rsa_pss_rsae_sha512',
  0x0809: 'rsa_pss_pss_sha256',
  0x080a: 'rsa_pss_pss_sha384',
  0x080b: 'rsa_pss_pss_sha512',
  0x0401: 'rsa_pkcs1_sha256',
  0x0501: 'rsa_pkcs1_sha384',
  0x0601: 'rsa_pkcs1_sha512',
  0x0402: 'dsa_sha256',
  0x0303: 'ecdsa_sha224',
  0x0301: 'rsa_pkcs1_sha224',
  0x0203: 'ecdsa_sha1',
  0x0201: 'rsa_pkcs1_sha1',
  0x0202: 'dsa_sha1',
  0x0101: 'rsa_pkcs1_md5',
};

/** The registry name of a signature scheme, or its number. */
export function schemeName(id: number): string {
  return SCHEME_NAMES[id] ?? `scheme 0x${id.toString(16).padStart(4, '0')}`;
}

/** Schemes of RFC 8446 section 4.2.3 that a server should sign with. */
export const STRONG_SCHEMES: readonly number[] = [
  0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601,
];

/** Schemes over MD5 and SHA-1, which RFC 9155 forbids in TLS 1.2. */
export const BROKEN_SCHEMES: readonly number[] = [0x0203, 0x0201, 0x0202, 0x0101];

/** Whether a scheme of TLS 1.2 hashes with MD5 or SHA-1: the first octet of a SignatureAndHashAlgorithm is 1 or 2. */
export function isBrokenScheme(id: number): boolean {
  return id >> 8 === 1 || id >> 8 === 2;
}

const ALERTS: Readonly<Record<number, string>> = {
  0: 'close_notify',
  10: 'unexpected_message',
  20: 'bad_record_mac',
  22: 'record_overflow',
  40: 'handshake_failure',
  42: 'bad_certificate',
  46: 'certificate_unknown',
  47: 'illegal_parameter',
  50: 'decode_error',
  70: 'protocol_version',
  71: 'insufficient_security',
  80: 'internal_error',
  86: 'inappropriate_fallback',
  100: 'no_renegotiation',
  109: 'missing_extension',
  112: 'unrecognized_name',
  116: 'certificate_required',
};

/** The name of an alert description (RFC 8446 section 6), or its number. */
export function alertName(description: number): string {
  return ALERTS[description] ?? `alert ${description}`;
}
