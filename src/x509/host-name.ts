/**
 * The syntax of names inside certificates. Nothing is normalised. The patterns have no nested repetition, so that
 * they take linear time.
 */

/**
 * One label of a host name (RFC 1034 section 3.5 as RFC 1123 section 2.1 relaxes it). The underscore is not in the
 * RFC: private CAs issue service names with it all the time, and no comparison is confused by it.
 */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/** Dot-separated labels, at most 253 characters, without a trailing dot. Dotted decimals pass: type, not look, makes an IP address. */
export function isHostName(text: string): boolean {
  return text.length <= 253 && text.split('.').every(label => LABEL.test(label));
}

/** A host name whose first label may be `*`, with at least one label behind it. */
export function isWildcardOrHostName(text: string): boolean {
  return isHostName(text.startsWith('*.') ? text.slice(2) : text);
}

const DOT_ATOM = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+$/i;

/**
 * Mailbox of RFC 2821 section 4.1.2 in the form `dot-string@domain`. Quoted local parts and address literals are
 * refused: they give one mailbox several spellings.
 */
export function isMailbox(text: string): boolean {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(at, 0));
  return local.length <= 64 && local.split('.').every(atom => DOT_ATOM.test(atom)) && isHostName(text.slice(at + 1));
}

/** Scheme and scheme-specific part in the characters of RFC 3986, percent signs only before two hexadecimal digits. */
const URI = /^[a-z][a-z0-9+.-]*:(?:[a-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9a-f]{2})+$/i;

/** An absolute URI, as RFC 5280 section 4.2.1.6 asks for. */
export function isUri(text: string): boolean {
  return URI.test(text);
}
