import {connect} from 'node:tls';
import type {Target} from '../target';
import type {HttpProbe} from './http-exchange';
import {tlsOptions} from './http-exchange';

/** What a TLS 1.2 server does when the client asks for a second handshake on the same connection. */
export type RenegotiationOutcome = 'accepted' | 'refused' | 'no-connection';

/** Connects with TLS 1.2 and asks for one renegotiation (RFC 5246 section 7.4.1.1). */
export function tryRenegotiation(target: Target, probe: HttpProbe, timeoutMs: number): Promise<RenegotiationOutcome> {
  return new Promise(resolve => {
    let connected = false;
    const socket = connect(tlsOptions(target, {...probe, version: 'TLSv1.2'}));
    const finish = (outcome: RenegotiationOutcome) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const end = () => {
      finish(connected ? 'refused' : 'no-connection');
    };
    const timer = setTimeout(end, timeoutMs);
    socket.on('error', end);
    socket.on('close', end);
    socket.on('secureConnect', () => {
      connected = true;
      const started = socket.renegotiate({rejectUnauthorized: false}, error => {
        finish(error === null ? 'accepted' : 'refused');
      });
      if (started === false) finish('refused');
    });
  });
}
