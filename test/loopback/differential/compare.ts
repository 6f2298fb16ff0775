import assert from 'node:assert/strict';
import {createBindingFromClass} from '@loopback/core';
import {MiddlewareSequence, ParseParamsMiddlewareProvider} from '@loopback/rest';
import type {RestApplication, RestServerConfig} from '@loopback/rest';
import type {MtlsComponentOptions} from '../../../src/loopback/options';
import type {MtlsRestServer} from '../../../src/loopback/rest-server';
import {Clinic} from '../support/clinic';
import {observe} from './observe';
import type {Observation, Sending} from './observe';
import type {Ask} from './requests';

/** A sequence of its own keeps an application on the stock path, whatever it does. */
export class OwnSequence extends MiddlewareSequence {}

export const PATHS = ['stock', 'compiled'] as const;

/** The original one is the stock path without the middleware that this library puts in the place of LoopBack's. */
export type Path = (typeof PATHS)[number] | 'original';

/** What an application needs beside its controllers. */
export interface Circumstances extends Sending {
  readonly rest?: RestServerConfig;
  readonly options?: Partial<MtlsComponentOptions>;
  /** Endpoints that LoopBack's own path serves in every application, and why. */
  readonly stock?: Readonly<Record<string, string>>;
}

/** Starts the same application on every path, asks all the same, and asserts that nothing tells them apart. */
export async function compare(
  setup: (app: RestApplication) => void,
  asks: readonly Ask[],
  {rest = {}, options = {}, stock = {}, ...sending}: Circumstances = {},
): Promise<Observation> {
  const on = (path: Path): Promise<Observation> =>
    onPath(path, setup, {rest, options}, async clinic => {
      await assertPath(clinic.server, path, stock);
      return observe(clinic.port, asks, sending);
    });
  const expected = await on('original');
  for (const path of PATHS) assertEqual(expected, await on(path), asks);
  return expected;
}

/** Starts an application on one of the paths, uses it, and stops it. */
export async function onPath<T>(
  path: Path,
  setup: (app: RestApplication) => void,
  {rest = {}, options = {}}: Pick<Circumstances, 'rest' | 'options'>,
  use: (clinic: Clinic) => Promise<T>,
): Promise<T> {
  const clinic = new Clinic({
    rest,
    options: {audit: {sink: 'none', allowed: 'record'}, ...options},
    setup: app => {
      setup(app);
      if (path !== 'compiled') app.sequence(OwnSequence);
      if (path === 'original') app.add(createBindingFromClass(ParseParamsMiddlewareProvider));
    },
  });
  try {
    await clinic.app.start();
    return await use(clinic);
  } finally {
    await clinic.stop();
  }
}

/** Asserts that every endpoint takes the path, besides those that LoopBack's own serves anyway. */
export async function assertPath(
  server: MtlsRestServer,
  path: Path,
  stock: Circumstances['stock'] = {},
): Promise<void> {
  const taken = await server.paths();
  assert.ok(taken.length > 0);
  for (const route of taken) {
    if (path !== 'compiled') assert.equal(route.how, 'a sequence or middleware of the application', route.endpoint);
    else if (route.path === 'stock') assert.equal(route.how, stock[route.endpoint], route.endpoint);
    else assert.ok(!(route.endpoint in stock), `${route.endpoint} is compiled: ${route.how}`);
  }
}

/** Compares everything that can be observed, naming the request at the first difference. */
export function assertEqual(expected: Observation, actual: Observation, asks: readonly Ask[]): void {
  for (const [index, outcome] of expected.outcomes.entries())
    assert.deepEqual({...actual.outcomes[index], ask: asks[index]}, {...outcome, ask: asks[index]});
  assertSameLines(actual.logged, expected.logged);
  assertSameLines(actual.audited, expected.audited);
}

/** Compares lines whatever their order, naming only those that one side has more of. */
export function assertSameLines(actual: readonly string[], expected: readonly string[]): void {
  assert.deepEqual({more: beyond(actual, expected), fewer: beyond(expected, actual)}, {more: [], fewer: []});
}

function beyond(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter(line => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}
