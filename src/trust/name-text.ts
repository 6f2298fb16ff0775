import type {GeneralName} from '../x509/names';
import {formatDistinguishedName} from '../x509/rfc4514';

/** A name as evidence in a refusal. */
export function describeName(name: GeneralName): string {
  switch (name.kind) {
    case 'directory':
      return formatDistinguishedName(name.value);
    case 'other':
      return `otherName ${name.type}`;
    case 'unsupported':
      return 'a kind of name this library does not read';
    case 'dns':
    case 'email':
    case 'uri':
    case 'ip':
    case 'upn':
    case 'registeredId':
      return name.value;
  }
}
