import assert from 'node:assert/strict';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {basename, dirname, join, relative, resolve} from 'node:path';
import ts from 'typescript';

/** From the inside out: a folder imports only from itself and from what stands before it. */
const ORDER = [
  'errors',
  'danger',
  'x509',
  'pki',
  'trust',
  'tls',
  'identity',
  'audit',
  'server',
  'rehearsal',
  'loopback',
  'scan',
  'cli',
] as const;

/** Neighbours that would pass the order and still must never meet. */
const APART = new Set([
  'tls>trust',
  'trust>pki',
  'tls>pki',
  'identity>tls',
  'server>pki',
  'loopback>pki',
  'scan>loopback',
]);

/** The doors stand outside the order: they re-export by name and are imported by nobody inside. */
const DOORS = new Set(['index', 'core']);

/** Packages and Node modules that only some folders may import. */
const RESERVED: readonly {readonly module: RegExp; readonly folders: readonly string[]}[] = [
  {module: /^node:(tls|https|http2)$/, folders: ['tls', 'server', 'rehearsal', 'scan']},
  {module: /^@loopback\//, folders: ['loopback']},
  {module: /^node-forge$/, folders: ['pki']},
];

/** Folders that decide by their arguments alone: the clock, the network and the file system are handed to them. */
const PURE = new Set(['x509', 'trust', 'identity']);
const OUTSIDE_WORLD =
  /^node:(fs|fs\/promises|net|dns|http|https|tls|child_process|os|worker_threads|timers|timers\/promises)$/;

const ROOT = resolve(__dirname, '../..');
const SRC = join(ROOT, 'src');

interface Source {
  readonly file: string;
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const SOURCES: readonly Source[] = readdirSync(SRC, {recursive: true, encoding: 'utf8'})
  .filter(file => file.endsWith('.ts'))
  .map(file => {
    const path = join(SRC, file);
    const text = readFileSync(path, 'utf8');
    const imports = ts.preProcessFile(text, true, true).importedFiles.map(imported => imported.fileName);
    return {file, path, folder: folderOf(path), text, imports};
  });

describe('architecture', () => {
  it('knows every folder of src', () => {
    const unknown = SOURCES.map(source => source.folder).filter(folder => !isRanked(folder) && !DOORS.has(folder));
    assert.deepEqual([...new Set(unknown)], []);
  });

  it('imports point inward only', () => {
    const outward = crossings().filter(({from, to}) => !DOORS.has(from) && rankOf(to) > rankOf(from));
    assert.deepEqual(outward.map(describeCrossing), []);
  });

  it('nobody inside imports a door', () => {
    assert.deepEqual(
      crossings()
        .filter(({to}) => DOORS.has(to))
        .map(describeCrossing),
      [],
    );
  });

  it('keeps apart what must not meet', () => {
    assert.deepEqual(
      crossings()
        .filter(({from, to}) => APART.has(`${from}>${to}`))
        .map(describeCrossing),
      [],
    );
  });

  it('reserves TLS, LoopBack and node-forge to the folders that own them', () => {
    const trespassing = SOURCES.filter(source => !DOORS.has(source.folder)).flatMap(source =>
      source.imports
        .filter(name => RESERVED.some(rule => rule.module.test(name) && !rule.folders.includes(source.folder)))
        .map(name => `${source.file} imports ${name}`),
    );
    assert.deepEqual(trespassing, []);
  });

  it('names Node modules with their prefix', () => {
    const bare = SOURCES.flatMap(source =>
      source.imports
        .filter(name => /^(fs|net|tls|https?|crypto|path|util|events|stream|os)(\/|$)/.test(name))
        .map(name => `${source.file} imports ${name}`),
    );
    assert.deepEqual(bare, []);
  });

  it('hands clock, network and file system to x509, trust and identity as arguments', () => {
    const impure = SOURCES.filter(source => PURE.has(source.folder)).flatMap(source => [
      ...source.imports.filter(name => OUTSIDE_WORLD.test(name)).map(name => `${source.file} imports ${name}`),
      ...readsClock(source).map(call => `${source.file} calls ${call}`),
    ]);
    assert.deepEqual(impure, []);
  });

  it('has no barrels: only the doors re-export, and they do it by name', () => {
    const stars = SOURCES.filter(source => /^export \* /m.test(source.text)).map(source => source.file);
    const indexes = SOURCES.filter(source => basename(source.file) === 'index.ts' && source.folder !== 'index').map(
      source => source.file,
    );
    assert.deepEqual([...stars, ...indexes], []);
  });

  it('has no import cycle between files', () => {
    assert.deepEqual(findCycle(), []);
  });
});

function folderOf(path: string): string {
  const [first = ''] = relative(SRC, path).split(/[\\/]/);
  return first.replace(/\.ts$/, '');
}

function isRanked(folder: string): boolean {
  return rankOf(folder) >= 0;
}

function rankOf(folder: string): number {
  return (ORDER as readonly string[]).indexOf(folder);
}

function targetOf(source: Source, name: string): string | undefined {
  if (!name.startsWith('.')) return undefined;
  const path = `${resolve(dirname(source.path), name.replace(/\.js$/, ''))}.ts`;
  return existsSync(path) ? path : undefined;
}

function crossings(): readonly {
  readonly file: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
}[] {
  return SOURCES.flatMap(source =>
    source.imports.flatMap(name => {
      const target = targetOf(source, name);
      if (target === undefined)
        return name.startsWith('.') ? [{file: source.file, name, from: source.folder, to: `missing ${name}`}] : [];
      const to = folderOf(target);
      return to === source.folder ? [] : [{file: source.file, name, from: source.folder, to}];
    }),
  );
}

function describeCrossing({file, name}: {readonly file: string; readonly name: string}): string {
  return `${file} imports ${name}`;
}

/** `Date.now()`, `new Date()` without an argument, `performance.now()` and timers, found in the syntax tree. */
function readsClock(source: Source): readonly string[] {
  const found: string[] = [];
  const tree = ts.createSourceFile(source.file, source.text, ts.ScriptTarget.ES2022, true);
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && (node.arguments?.length ?? 0) === 0)
      found.push(node.getText());
    if (
      ts.isCallExpression(node) &&
      /^(Date\.now|performance\.now|setTimeout|setInterval|setImmediate|fetch|Date)$/.test(node.expression.getText())
    ) {
      found.push(node.expression.getText());
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** The first cycle found, as a list of files, or an empty list. Type-only imports count: they make reading as hard. */
function findCycle(): readonly string[] {
  const byPath = new Map(SOURCES.map(source => [source.path, source]));
  const finished = new Set<string>();
  const walk = (source: Source, trail: readonly string[]): readonly string[] => {
    if (trail.includes(source.file)) return [...trail.slice(trail.indexOf(source.file)), source.file];
    if (finished.has(source.file)) return [];
    for (const name of source.imports) {
      const next = byPath.get(targetOf(source, name) ?? '');
      const cycle = next === undefined ? [] : walk(next, [...trail, source.file]);
      if (cycle.length > 0) return cycle;
    }
    finished.add(source.file);
    return [];
  };
  for (const source of SOURCES) {
    const cycle = walk(source, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
