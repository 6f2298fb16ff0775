import {ready} from './answer';
import {startBare} from './bare';
import {serverTls} from './tls';

/** LoopBack without any security: HTTPS, nobody is asked who they are. */
void startBare({protocol: 'https', ...serverTls()}).then(ready);
