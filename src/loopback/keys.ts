import {BindingKey, CoreBindings} from '@loopback/core';
import type {Component} from '@loopback/core';
import type {MtlsServer} from '../server/mtls-server';
import type {AccessMatrix} from './matrix';
import type {MtlsPrincipal} from './principal';

/** Name of the authentication strategy, for `@authenticate('mtls')`. */
export const STRATEGY_NAME = 'mtls';

/** Where `AuthorizationComponent` binds its interceptor, and this library its own. */
export const AUTHORIZATION_INTERCEPTOR = 'globalInterceptors.AuthorizationInterceptor';

/** Where an application finds what the component provides. */
export const MtlsBindings = Object.freeze({
  /** The component; its configuration is `MtlsComponentOptions`. */
  COMPONENT: BindingKey.create<Component>(`${CoreBindings.COMPONENTS}.MtlsComponent`),
  /** Who the caller of the current request is. */
  PRINCIPAL: BindingKey.create<MtlsPrincipal>('mtls.principal'),
  /** The mutual-TLS server, made on first use from the configuration. */
  SERVER: BindingKey.create<MtlsServer>('mtls.server'),
  /** Which role reaches which endpoint. */
  ACCESS: BindingKey.create<AccessMatrix>('mtls.access'),
});

/** Extension point for audit sinks: bindings tagged `extensionFor(AUDIT_SINKS)` receive every event. */
export const AUDIT_SINKS = 'mtls.audit.sinks';
