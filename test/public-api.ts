import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import ts from 'typescript';

/**
 * The list of everything that the three doors export, from their types. It is reviewed like code: what is on it, others
 * build on. Run this file to write it anew.
 */

const ROOT = join(__dirname, '../..');
export const LIST = join(ROOT, 'test/public-api.txt');

const DOORS = {
  'loopback4-mtls': 'src/index.ts',
  'loopback4-mtls/core': 'src/core.ts',
  'loopback4-mtls/danger': 'src/danger.ts',
} as const;

/** The list as it should be: under each door, what it exports with its kind, sorted by name. */
export function currentList(): string {
  const config = ts.readConfigFile(join(ROOT, 'tsconfig.json'), path => readFileSync(path, 'utf8'));
  const {options} = ts.parseJsonConfigFileContent(config.config, ts.sys, ROOT);
  const program = ts.createProgram(
    Object.values(DOORS).map(file => join(ROOT, file)),
    {...options, noEmit: true, incremental: false},
  );
  return Object.entries(DOORS)
    .map(([door, file]) => `${door}\n${exportsOf(program, join(ROOT, file)).join('')}`)
    .join('\n');
}

function exportsOf(program: ts.Program, file: string): readonly string[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  assert.ok(module, file);
  return checker
    .getExportsOfModule(module)
    .map(symbol => {
      const origin = (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
      return `  ${kindOf(origin, isTypeOnly(symbol))} ${symbol.name}\n`;
    })
    .sort();
}

/** `export type {X}` of a class gives its type and not the class. */
function isTypeOnly(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some(
    declaration => ts.isExportSpecifier(declaration) && ts.isTypeOnlyExportDeclaration(declaration),
  );
}

function kindOf({flags}: ts.Symbol, typeOnly: boolean): string {
  if (typeOnly || (flags & ts.SymbolFlags.Value) === 0) return 'type';
  if ((flags & ts.SymbolFlags.Class) !== 0) return 'class';
  return (flags & ts.SymbolFlags.Function) !== 0 ? 'function' : 'const';
}

if (require.main === module) writeFileSync(LIST, currentList());
