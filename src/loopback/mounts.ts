import type {ConfiguredRule} from './access-config';
import {placementOf} from './access-key';
import type {EndpointKind} from './matrix';

/** Something LoopBack serves beside its routes: a folder, an Express router, the OpenAPI document. */
export interface Mount {
  readonly kind: Extract<EndpointKind, 'static' | 'express' | 'openapi'>;
  /** As it was given: a path, an Express pattern, a list of them. */
  readonly at: unknown;
  readonly target: string;
}

/** The literal paths of a mount; undefined where it is given by a pattern. */
export function pathsOf({at}: Mount): readonly string[] | undefined {
  const paths: readonly unknown[] = Array.isArray(at) ? at : [at];
  return paths.every(isLiteral) ? paths : undefined;
}

/** Which mount a key is for. Keys for LoopBack routes are for no mount unless they lie around it. */
export class MountKeys {
  readonly #mounts: readonly Mount[];
  readonly #keys = new Map<ConfiguredRule, Mount>();
  readonly #reached = new Set<Mount>();

  constructor(mounts: readonly Mount[], configured: readonly ConfiguredRule[], unused: readonly ConfiguredRule[]) {
    this.#mounts = mounts;
    for (const entry of configured) {
      const mount = this.#assign(entry, unused.includes(entry) ? 'no route' : 'a route');
      if (mount !== undefined) this.#keys.set(entry, mount);
    }
  }

  /** The mount that a key is for: the deepest it lies in, or the outermost it lies around. */
  mountOf(entry: ConfiguredRule): Mount | undefined {
    return this.#keys.get(entry);
  }

  /** Mounts that no key reaches. */
  unreached(): readonly Mount[] {
    return this.#mounts.filter(mount => !this.#reached.has(mount));
  }

  #assign({key}: ConfiguredRule, usedBy: 'a route' | 'no route'): Mount | undefined {
    if (key.kind !== 'path' || key.verb === 'UPGRADE') return undefined;
    const placed = this.#mounts.flatMap(mount =>
      (pathsOf(mount) ?? []).map(path => ({mount, path, placement: placementOf(key, path)})),
    );
    const around = placed.filter(({placement}) => placement === 'around');
    for (const {mount} of around) this.#reached.add(mount);
    const inside = usedBy === 'a route' ? [] : placed.filter(({placement}) => placement === 'inside');
    const [deepest] = inside.sort((a, b) => b.path.length - a.path.length);
    if (deepest !== undefined && around.length === 0) this.#reached.add(deepest.mount);
    const [outermost] = around.sort((a, b) => a.path.length - b.path.length);
    return outermost?.mount ?? deepest?.mount;
  }
}

function isLiteral(path: unknown): path is string {
  return typeof path === 'string' && /^\/[\w./~-]*$/.test(path);
}
