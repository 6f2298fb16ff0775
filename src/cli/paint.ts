import {styleText} from 'node:util';
import type {Io, Output} from './command';

type Style = Parameters<typeof styleText>[0];

/** Colours text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/** Colours for a terminal that wants them: none in a file or a pipe, none where `NO_COLOR` is set. */
export function paintFor(output: Output, io: Pick<Io, 'env'>): Paint {
  const colour = colourFor(output, io);
  // styleText would look at the terminal of the process, which need not be where this goes.
  return (style, text) => (colour === 'colour' ? styleText(style, text, {validateStream: false}) : text);
}

/** Whether the output takes colours. */
export function colourFor(output: Output, {env}: Pick<Io, 'env'>): 'colour' | 'plain' {
  return output.isTTY === true && !env['NO_COLOR'] ? 'colour' : 'plain';
}
