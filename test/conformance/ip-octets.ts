import {parseNamePattern} from '../../src/trust/name-pattern';

/** The octets of an IP address in text, or undefined when it is none. */
export function ipOctets(text: string): Buffer | undefined {
  const pattern = parseNamePattern(`ip:${text}`);
  return pattern?.kind === 'ip' ? pattern.octets : undefined;
}
