import {CoreBindings} from '@loopback/core';
import type {Constructor, Context} from '@loopback/core';
import {createRoutesForController, getControllerSpec} from '@loopback/rest';
import type {ConfigFault} from '../errors';
import type {AccessTable} from './access-table';
import type {GuardedRouter} from './guarded-router';

/**
 * Routes of a controller that another one took the place of: of two controllers with the same verb and path, LoopBack
 * serves the last and says nothing about the first.
 */
export function hiddenRouteFaults(server: Context, router: GuardedRouter, table: AccessTable): readonly ConfigFault[] {
  const controllers = server
    .find(`${CoreBindings.CONTROLLERS}.*`)
    .flatMap(({valueConstructor}) => valueConstructor ?? []);
  const served = router.entries.map(route => ({route, controller: table.ofRoute(route).controller}));
  return (controllers as Constructor<object>[]).flatMap(controller =>
    createRoutesForController(getControllerSpec(controller), controller).flatMap(hidden => {
      const serving = served.find(({route}) => route.verb === hidden.verb && route.path === hidden.path);
      if (serving?.controller?.controller === controller) return [];
      return [clashFault(hidden.describe(), serving?.route.describe() ?? 'another route')];
    }),
  );
}

/** A route that does not serve because another one means the same requests. */
export function clashFault(hidden: string, serving: string): ConfigFault {
  const remedy = 'remove one of the two, or change its path';
  return {
    code: 'ERR_MTLS_CONFIG',
    where: hidden,
    required: 'a path of its own',
    found: `the same as ${serving}`,
    remedy,
  };
}
