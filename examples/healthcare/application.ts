import {join, resolve} from 'node:path';
import {BootMixin} from '@loopback/boot';
import type {ApplicationConfig} from '@loopback/core';
import {RepositoryMixin} from '@loopback/repository';
import {RestApplication} from '@loopback/rest';
import type {RestServerConfig} from '@loopback/rest';
import {MtlsBindings, MtlsComponent} from '../../src/index';
import {AccessLog} from './access-log';
import {CLINIC_FILE} from './datasources/clinic.datasource';
import {IDENTITY} from './roles';

/** Where the example finds its certificates and keeps its data. */
export interface HealthcareConfig extends ApplicationConfig {
  /** Folder that `mtls pki example` filled. */
  readonly certs: string;
  /** File that keeps patients, records and prescriptions. */
  readonly dataFile: string;
}

const ROOT = resolve(__dirname, '../../..');

/** Folder that `npm run certs` fills. */
export const CERTS = join(ROOT, 'certs');

/** Where `npm start` keeps the data. */
export const DATA = join(ROOT, 'examples/healthcare/data');

/** The application as `npm start` runs it, and as `mtls explain --app` and `mtls access --app` load it. */
export function createApplication(rest: RestServerConfig = {}): HealthcareApplication {
  return new HealthcareApplication({certs: CERTS, dataFile: join(DATA, 'clinic.json'), rest});
}

/** A clinic's API that only the clinic's own certificates can use. */
export class HealthcareApplication extends BootMixin(RepositoryMixin(RestApplication)) {
  constructor(config: HealthcareConfig) {
    super(config);
    this.configure(MtlsBindings.COMPONENT).to({
      server: {key: resolve(config.certs, 'server.key'), cert: resolve(config.certs, 'server.crt')},
      clients: {
        ca: resolve(config.certs, 'clients-ca.crt'),
        intermediates: resolve(config.certs, 'clients-issuing-ca.crt'),
        crl: resolve(config.certs, 'clients.crl'),
      },
      identity: IDENTITY,
      access: {'GET /openapi.json': {allowedRoles: ['auditor', 'admin']}},
      audit: {allowed: 'record'},
    });
    this.component(MtlsComponent);

    this.bind(CLINIC_FILE).to(config.dataFile);
    this.lifeCycleObserver(AccessLog);
    this.projectRoot = __dirname;
  }
}
