import type {Context} from '@loopback/core';
import type {ConfigFault} from '../errors';
import type {ConfiguredRule} from './access-config';
import type {PathKey} from './access-key';
import {AccessTable} from './access-table';
import type {RouteAccess} from './access-table';
import type {GuardedRouter} from './guarded-router';
import {clashFault, hiddenRouteFaults} from './hidden-routes';
import {accessMatrixOf, accessRow} from './matrix';
import type {AccessMatrix, AccessRow, EndpointKind} from './matrix';
import {MountKeys, pathsOf} from './mounts';
import type {Mount} from './mounts';
import type {AccessSettings} from './options';

/** Everything that an application serves, with what is wrong about it. */
export interface Inspection {
  readonly table: AccessTable;
  readonly matrix: AccessMatrix;
  readonly faults: readonly ConfigFault[];
}

/** What there is to inspect. */
export interface Inventory {
  /** Where controllers are bound. */
  readonly server: Context;
  readonly router: GuardedRouter;
  readonly mounts: readonly Mount[];
  /** Whether the application has a sequence or middleware of its own, which may serve any path. */
  readonly middleware: 'own' | 'stock';
  /** Whether authorizers are bound, which have a vote at every controller method. */
  readonly authorizers: 'some' | 'none';
}

/** Compiles the rule of every endpoint and collects what is wrong. */
export function inspectAccess(inventory: Inventory, {configured, context}: AccessSettings): Inspection {
  const {router, mounts, authorizers} = inventory;
  const table = new AccessTable(configured, context);
  const routes = router.entries.map(route => table.ofRoute(route));
  const unused = table.unused();
  const keys = new MountKeys(mounts, configured, unused);
  // Without a key the OpenAPI document is off; a folder or a router without one is a mistake.
  const unprotected = keys.unreached().filter(({kind}) => kind !== 'openapi');
  const inspected = configured.map(entry => inspectKey(entry, keys.mountOf(entry), unused, inventory, table));
  const rows = [
    ...routes.map(route => routeRow(route, authorizers)),
    ...unprotected.map(mount => accessRow({...mount, verb: 'ANY', path: String(mount.at), voters: 'none'}, undefined)),
    ...inspected.flatMap(({row}) => row ?? []),
  ];
  const faults = [
    ...routes.flatMap(({outcome}) => (outcome.kind === 'unusable' ? outcome.faults : [])),
    ...hiddenRouteFaults(inventory.server, router, table),
    ...router.clashes.map(([hidden, serving]) => clashFault(hidden.describe(), serving.describe())),
    ...unprotected.map(mountFault),
    ...inspected.flatMap(key => key.faults),
  ];
  return {table, matrix: accessMatrixOf(rows, context.known ?? []), faults: Object.freeze(faults)};
}

function routeRow({kind, endpoint, target, outcome, controller}: RouteAccess, authorizers: 'some' | 'none'): AccessRow {
  const [verb = '', path = ''] = endpoint.split(' ');
  const own = controller?.metadata.voters?.length ?? 0;
  const voters = controller === undefined ? 'none' : own > 0 ? 'some' : authorizers;
  return accessRow({kind, verb, path, target, voters}, outcome);
}

interface InspectedKey {
  readonly row?: AccessRow;
  readonly faults: readonly ConfigFault[];
}

/** A key is for LoopBack routes, a mount, an upgrade, or middleware of the application; otherwise it is a mistake. */
function inspectKey(
  entry: ConfiguredRule,
  mount: Mount | undefined,
  unused: readonly ConfiguredRule[],
  {middleware}: Inventory,
  table: AccessTable,
): InspectedKey {
  const {key, text} = entry;
  const forRoutes = !unused.includes(entry);
  const kind = key.kind === 'path' ? kindOf(key, mount, forRoutes ? 'stock' : middleware) : undefined;
  if (key.kind !== 'path' || kind === undefined) return {faults: forRoutes ? [] : [uselessFault(text)]};
  const path = `/${key.segments.join('/')}`;
  const shown = key.reach === 'exact' ? path : `${path === '/' ? '' : path}/**`;
  const outcome = table.ofPath(key.verb, path);
  const row = accessRow({kind, verb: key.verb, path: shown, target: mount?.target ?? '', voters: 'none'}, outcome);
  return {row, faults: outcome?.kind === 'unusable' ? outcome.faults : []};
}

function kindOf(key: PathKey, mount: Mount | undefined, middleware: Inventory['middleware']): EndpointKind | undefined {
  if (key.verb === 'UPGRADE') return 'upgrade';
  if (mount !== undefined) return mount.kind;
  return middleware === 'own' ? 'path' : undefined;
}

function mountFault(mount: Mount): ConfigFault {
  const {kind, at} = mount;
  const [path] = pathsOf(mount) ?? [];
  if (path === undefined) {
    const remedy = 'mount it at a literal path, so that a rule can be written for it';
    return {
      code: 'ERR_MTLS_CONFIG',
      where: `${kind} mount ${String(at)}`,
      required: 'a literal path',
      found: 'a pattern',
      remedy,
    };
  }
  const remedy = `add "${path === '/' ? '' : path}/**": {"allowedRoles": [...]} under access`;
  return {
    code: 'ERR_MTLS_ROUTE_UNPROTECTED',
    where: `${kind} mount ${String(at)}`,
    required: 'a rule',
    found: 'none',
    remedy,
  };
}

function uselessFault(text: string): ConfigFault {
  const remedy = 'correct the class name or path, or remove the line';
  const where = `access[${JSON.stringify(text)}]`;
  return {code: 'ERR_MTLS_CONFIG', where, required: 'something that the application serves', found: 'nothing', remedy};
}
