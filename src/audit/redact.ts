import {KeyObject, X509Certificate} from 'node:crypto';

/**
 * Makes a value safe to write down. What must not be printed is left out by its type, never by the name of the key
 * it stands under; what comes from a certificate is cut to a length that cannot flood a log.
 */

/** Longest text, in UTF-16 units; longer ones are cut and say so. */
const MAX_TEXT = 1024;
/** Most items of a list and properties of an object. */
const MAX_ITEMS = 128;
/** Deepest nesting: an event needs four levels. */
const MAX_DEPTH = 8;

/** What JSON can hold. */
export type Plain = string | number | boolean | null | readonly Plain[] | {readonly [key: string]: Plain};

/**
 * A copy of the value that holds nothing secret and nothing large: no bytes, no keys, no functions, no PEM. A value
 * that knows how to print itself (`Secret`, `Date`) is asked to.
 */
export function redact(value: unknown, depth = 0): Plain {
  switch (typeof value) {
    case 'string':
      return redactText(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      return value;
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? null : redactObject(value, depth);
    case 'undefined':
    case 'function':
    case 'symbol':
      return `[${typeof value}]`;
  }
}

/** One line of JSON in which every control, formatting and separator character is an escape, so that it can neither break the line nor drive a terminal. */
export function formatLine(value: unknown): string {
  return escapeUnprintable(JSON.stringify(redact(value)));
}

/** The text with every character that could break a line or drive a terminal as `\\uXXXX`. */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, escapeUnits);
}

/** Beyond what JSON escapes by itself: DEL and C1, bidirectional and zero-width characters, line separators, lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

function escapeUnits(character: string): string {
  return Array.from({length: character.length}, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }).join('');
}

function redactText(text: string): string {
  // No event field is meant to hold PEM; should one get here, not even its certificate is worth a log line.
  if (text.includes('-----BEGIN')) return '[PEM]';
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}[${text.length - MAX_TEXT} more]`;
}

function redactObject(value: object, depth: number): Plain {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof KeyObject) return `[${value.type} key]`;
  if (value instanceof X509Certificate) return '[certificate]';
  // The message and the stack of an exception are free text and may quote anything.
  if (value instanceof Error) return `[${value.name}]`;
  if (depth >= MAX_DEPTH) return '[deeper]';
  if (Array.isArray(value)) return redactList(value, depth);
  if (printsItself(value)) return redact(value.toJSON(), depth + 1);
  const entries = Object.entries(value).filter(([, property]) => property !== undefined);
  return Object.fromEntries(
    entries.slice(0, MAX_ITEMS).map(([key, property]) => [redactText(key), redact(property, depth + 1)]),
  );
}

function printsItself(value: object): value is {toJSON: () => unknown} {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

function redactList(list: readonly unknown[], depth: number): readonly Plain[] {
  const kept = list.slice(0, MAX_ITEMS).map(item => redact(item, depth + 1));
  return list.length <= MAX_ITEMS ? kept : [...kept, `[${list.length - MAX_ITEMS} more]`];
}
