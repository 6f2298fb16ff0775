import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {dirname, join, relative} from 'node:path';

const ROOT = join(__dirname, '../..');
const {scripts} = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** Every document of the repository, with its text outside of code blocks apart. */
const DOCUMENTS = execFileSync('git', ['ls-files', '*.md'], {cwd: ROOT, encoding: 'utf8'})
  .split('\n')
  .filter(Boolean)
  .map(file => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    return {file, text, prose: text.replaceAll(/^```.*?^```$/gms, '')};
  });

describe('the documents', () => {
  for (const {file, text, prose} of DOCUMENTS) {
    it(`${file} links to files and headings that exist`, () => {
      const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? '');
      assert.deepEqual(
        links.filter(link => !/^https?:/.test(link) && !leadsSomewhere(file, link)),
        [],
      );
    });

    it(`${file} names npm scripts that exist`, () => {
      const named = [...text.matchAll(/\bnpm run (?:-s )?([a-z][a-z:]*)/g)].map(([, script]) => script ?? '');
      assert.deepEqual(
        named.filter(script => !Object.hasOwn(scripts, script)),
        [],
      );
    });
  }

  it('README.md names every npm script', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const hooks = new Set(['prepack']);
    const missing = Object.keys(scripts).filter(
      script => !hooks.has(script) && !new RegExp(`\`npm (run )?${script}[ \`]`).test(readme),
    );
    assert.deepEqual(missing, []);
  });

  it('README.md links to every document of docs/', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const documents = DOCUMENTS.filter(({file}) => file.startsWith('docs/')).map(({file}) => file);
    assert.deepEqual(
      documents.filter(file => !readme.includes(`](${file})`)),
      [],
    );
  });
});

function leadsSomewhere(from: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const target = path === '' ? from : relative(ROOT, join(ROOT, dirname(from), path));
  if (!existsSync(join(ROOT, target))) return false;
  return heading === undefined || headingsOf(readFileSync(join(ROOT, target), 'utf8')).includes(heading);
}

/** Headings as anchors: lower case, words joined by hyphens. */
function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}
