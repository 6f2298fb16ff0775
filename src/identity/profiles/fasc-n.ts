import {offProfile} from './refuse';

/** A Federal Agency Smart Credential Number, its fields as digits (TIG SCEPACS section 6). */
export interface FascN {
  readonly agencyCode: string;
  readonly systemCode: string;
  readonly credentialNumber: string;
  readonly credentialSeries: string;
  readonly individualCredentialIssue: string;
  /** In the Department of Defense, the EDIPI. */
  readonly personIdentifier: string;
  readonly organizationalCategory: string;
  readonly organizationalIdentifier: string;
  readonly associationCategory: string;
}

const BYTES = 25;
const CHARACTERS = 40;
/** Start sentinel `b`, field separators `d`, end sentinel `f`, then one check character. */
const LAYOUT = /^b\d{4}d\d{4}d\d{6}d\dd\dd\d{16}f.$/;

/**
 * Reads a FASC-N: 40 characters of five bits, least significant first, the fifth making parity odd, the last
 * character making the parity of each column even.
 *
 * @throws MtlsError `ERR_MTLS_IDENTITY_PROFILE`
 */
export function parseFascN(bytes: Buffer): FascN {
  if (bytes.length !== BYTES) throw offProfile(`a FASC-N of ${BYTES} bytes`, `${bytes.length} bytes`);
  const bits = Array.from(bytes, byte => byte.toString(2).padStart(8, '0')).join('');
  let text = '';
  let check = 0;
  for (let index = 0; index < CHARACTERS; index++) {
    const character = bits.slice(index * 5, index * 5 + 5);
    if (character.replaceAll('0', '').length % 2 === 0) throw offProfile('a FASC-N of odd parity', 'even parity');
    let value = 0;
    for (let bit = 0; bit < 4; bit++) if (character[bit] === '1') value |= 1 << bit;
    check ^= value;
    text += value.toString(16);
  }
  if (check !== 0) throw offProfile('a FASC-N whose check character agrees', 'another check character');
  if (!LAYOUT.test(text)) throw offProfile('the fields of a FASC-N', 'another layout');
  return Object.freeze({
    agencyCode: text.slice(1, 5),
    systemCode: text.slice(6, 10),
    credentialNumber: text.slice(11, 17),
    credentialSeries: text.slice(18, 19),
    individualCredentialIssue: text.slice(20, 21),
    personIdentifier: text.slice(22, 32),
    organizationalCategory: text.slice(32, 33),
    organizationalIdentifier: text.slice(33, 37),
    associationCategory: text.slice(37, 38),
  });
}
