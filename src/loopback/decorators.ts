import {MetadataAccessor, MetadataInspector} from '@loopback/core';
import type {CertificateRequirement} from './requirements';

/** What is written on one class: on the class itself under the empty name, and on its methods by theirs. */
type Requirements = ReadonlyMap<string, readonly CertificateRequirement[]>;

const KEY = MetadataAccessor.create<Requirements, ClassDecorator>('mtls:certificate');
const WHOLE_CLASS = '';

/**
 * Asks for more than a role: what the certificate must show, how old it may be, which TLS version carries it.
 * Requirements of base classes, of the class and of the method all apply, and so do several on one method.
 *
 * ```ts
 * @authorize({allowedRoles: ['pharmacist']})
 * @requireCertificate({issuer: 'staff-ca', maxAgeHours: 24, minVersion: 'TLSv1.3'})
 * @post('/prescriptions/{id}/dispense')
 * ```
 *
 * @throws TypeError on a static method or a property, where LoopBack would never look
 */
export function requireCertificate(requirement: CertificateRequirement): ClassDecorator & MethodDecorator {
  return (target: object, method?: string | symbol, descriptor?: unknown): void => {
    const onClass = typeof target === 'function' && method === undefined;
    const onMethod = typeof target !== 'function' && typeof method === 'string' && descriptor !== undefined;
    if (!onClass && !onMethod) throw new TypeError('@requireCertificate goes on a controller class or instance method');
    const owner = onClass ? target : target.constructor;
    const name = typeof method === 'string' ? method : WHOLE_CLASS;
    const written = new Map(requirementsOn(owner));
    written.set(name, [...(written.get(name) ?? []), requirement]);
    MetadataInspector.defineMetadata(KEY, written, owner);
  };
}

/** What is required by one class of a chain, for a method: written on it, not on its base classes. */
export function ownRequirements(
  owner: NewableFunction,
  method: string,
): {readonly ofClass: readonly CertificateRequirement[]; readonly ofMethod: readonly CertificateRequirement[]} {
  const written = requirementsOn(owner);
  return {ofClass: written.get(WHOLE_CLASS) ?? [], ofMethod: written.get(method) ?? []};
}

function requirementsOn(owner: object): Requirements {
  if (typeof owner !== 'function') return new Map();
  return MetadataInspector.getClassMetadata(KEY, owner, {ownMetadataOnly: true}) ?? new Map();
}
