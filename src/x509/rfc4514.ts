import type {DistinguishedName, NameAttribute} from './names';

/** RFC 4514 section 3: the attribute types that have a short name in the text form. */
const SHORT_NAMES: Readonly<Record<string, string>> = Object.freeze({
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
});

/**
 * A distinguished name as RFC 4514 text, for display only: last RDN first, special and unprintable characters escaped.
 * Of a type without short name the value stands as text, where the RFC would print the hexadecimal encoding.
 */
export function formatDistinguishedName(name: DistinguishedName): string {
  return name.rdns
    .map(rdn => rdn.map(formatAttribute).join('+'))
    .reverse()
    .join(',');
}

function formatAttribute({type, value}: NameAttribute): string {
  return `${SHORT_NAMES[type] ?? type}=${escapeValue(value)}`;
}

/** RFC 4514 section 2.4; beyond it, every control, formatting and separator character is written as hexadecimal pairs. */
function escapeValue(value: string): string {
  return value.replace(/^[ #]|["+,;<>\\]| $/g, '\\$&').replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, hexPairs);
}

function hexPairs(character: string): string {
  return Buffer.from(character).toString('hex').replace(/../g, '\\$&');
}
