import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import ts from 'typescript';
import {EVENTS} from '../../src/audit/names';

/**
 * The table of docs/events.md, from the names in src/audit/names.ts and the types in src/audit/events.ts. Run this
 * file to write it anew.
 */

const ROOT = join(__dirname, '../../..');
export const DOCUMENT = join(ROOT, 'docs/events.md');
const BEGIN = '<!-- events: begin -->';
const END = '<!-- events: end -->';

/** The document with the table as it should be. */
export function withCurrentTable(document: string): string {
  const [before, rest] = document.split(BEGIN);
  const [, after] = rest?.split(END) ?? [];
  assert.ok(before !== undefined && after !== undefined, 'the markers of the table are there');
  return `${before}${BEGIN}\n\n${renderTable()}\n\n${END}${after}`;
}

function renderTable(): string {
  const fields = fieldsByName();
  const rows = Object.entries(EVENTS).map(([name, {level, when}]) => {
    const channel = `mtls:${name.split('.')[1] ?? ''}`;
    const own = fields.get(name);
    assert.ok(own, `${name} has a type`);
    return `| \`${name}\` | ${level} | \`${channel}\` | ${when} | ${own.map(field => `\`${field}\``).join(', ')} |`;
  });
  return ['| Event | Level | Channel | When | Fields |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

/** The fields of each event, an optional one with a question mark, in the order of the type. */
function fieldsByName(): ReadonlyMap<string, readonly string[]> {
  const file = join(ROOT, 'src/audit/events.ts');
  const program = ts.createProgram([file], {noLib: true, types: [], strict: true});
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const union = source?.statements.find(isAuditEvent);
  assert.ok(union);
  const names = new Map<string, readonly string[]>();
  const type = checker.getTypeAtLocation(union);
  for (const member of type.isUnion() ? type.types : []) {
    const properties = member.getProperties();
    const literals = (name: string): readonly string[] => {
      const property = properties.find(candidate => candidate.name === name);
      if (property === undefined) return [];
      const of = checker.getTypeOfSymbol(property);
      return (of.isUnion() ? of.types : [of]).flatMap(literal => (literal.isStringLiteral() ? [literal.value] : []));
    };
    const [family = ''] = literals('family');
    const kinds = [...literals('phase'), ...literals('stage'), ...literals('verdict')];
    const fields = properties
      .filter(({name}) => name !== 'family')
      .map(({name, flags}) => ((flags & ts.SymbolFlags.Optional) === 0 ? name : `${name}?`));
    for (const kind of kinds.length > 0 ? kinds : [family === 'handshake' ? 'accepted' : 'succeeded'])
      names.set(`mtls.${family}.${kind}`, fields);
  }
  return names;
}

function isAuditEvent(statement: ts.Statement): statement is ts.TypeAliasDeclaration {
  return ts.isTypeAliasDeclaration(statement) && statement.name.text === 'AuditEvent';
}

if (require.main === module) writeFileSync(DOCUMENT, withCurrentTable(readFileSync(DOCUMENT, 'utf8')));
