import {BootMixin} from '@loopback/boot';
import {ApplicationConfig} from '@loopback/core';
import {RepositoryMixin} from '@loopback/repository';
import {RestApplication} from '@loopback/rest';
import {RestExplorerBindings, RestExplorerComponent} from '@loopback/rest-explorer';
import {ServiceMixin} from '@loopback/service-proxy';
import {MtlsComponent} from 'loopback4-mtls';
import path from 'path';
import {MySequence} from './sequence';

/** What `lb4 app` writes, with one line added. Where the line stands is chosen by the test. */
export class StockApplication extends BootMixin(ServiceMixin(RepositoryMixin(RestApplication))) {
  constructor(options: ApplicationConfig = {}) {
    super(options);
    if (process.env.LINE !== 'late') this.component(MtlsComponent);

    this.sequence(MySequence);
    this.static('/', path.join(__dirname, '../public'));
    this.configure(RestExplorerBindings.COMPONENT).to({path: '/explorer'});
    this.component(RestExplorerComponent);
    if (process.env.LINE === 'late') this.component(MtlsComponent);

    this.projectRoot = __dirname;
    this.bootOptions = {controllers: {dirs: ['controllers'], extensions: ['.controller.js'], nested: true}};
  }
}
