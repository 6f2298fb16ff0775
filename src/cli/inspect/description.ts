import {styleText} from 'node:util';

/** What one thing says about itself, and what is doubtful about it. */
export interface Description {
  readonly title: string;
  /** Label and value; a list has one line each. */
  readonly facts: readonly (readonly [label: string, value: string | readonly string[]])[];
  readonly warnings: readonly string[];
}

/** Descriptions for a person: labels aligned, warnings last. */
export function renderDescriptions(descriptions: readonly Description[], colour: 'colour' | 'plain'): string {
  return descriptions.map(description => renderOne(description, colour)).join('\n');
}

function renderOne({title, facts, warnings}: Description, colour: 'colour' | 'plain'): string {
  const paint = (style: 'bold' | 'yellow', text: string) =>
    colour === 'colour' ? styleText(style, text, {validateStream: false}) : text;
  const width = Math.max(0, ...facts.map(([label]) => label.length));
  const lines = facts.flatMap(([label, value]) =>
    [value].flat().map((line, index) => `  ${(index === 0 ? label : '').padEnd(width)}  ${line}`),
  );
  const warned = warnings.map(warning => `  ${paint('yellow', 'warning:')} ${warning}`);
  return `${[paint('bold', title), ...lines, ...warned].join('\n')}\n`;
}

/** The same for programs. */
export function descriptionsAsJson(descriptions: readonly Description[]): string {
  const plain = descriptions.map(({title, facts, warnings}) => ({title, facts: Object.fromEntries(facts), warnings}));
  return `${JSON.stringify(plain, null, 2)}\n`;
}
