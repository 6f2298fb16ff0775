import {inject, injectable, BindingScope} from '@loopback/core';
import {juggler} from '@loopback/repository';

/** Key of the path of the file that keeps the data across restarts. */
export const CLINIC_FILE = 'clinic.file';

/** LoopBack's memory connector with a file behind it: a real repository layer with nothing to install. */
@injectable({scope: BindingScope.SINGLETON})
export class ClinicDataSource extends juggler.DataSource {
  static readonly dataSourceName = 'clinic';

  constructor(@inject(CLINIC_FILE) file: string) {
    super({name: ClinicDataSource.dataSourceName, connector: 'memory', file});
  }
}
