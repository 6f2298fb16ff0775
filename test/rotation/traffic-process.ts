import {fork} from 'node:child_process';
import {join} from 'node:path';
import {issueClient, serverRoot} from '../server/harness';
import type {Tally, TrafficPlan} from './traffic';

/** Names of the clients; the server trusts them whatever rotates. */
const NAMES = ['ann', 'ben', 'cem', 'dee'];

/** Clients that ask until they are stopped. */
export interface RunningTraffic {
  /** Waits for what is under way, and tells what came of all requests. */
  stop(): Promise<Tally>;
}

/** Starts a process of four clients that ask the server at this port so often a second, over kept and fresh connections. */
export function startTraffic(port: number, perSecond: number): RunningTraffic {
  const clients = NAMES.map(name => {
    const client = issueClient({subjectAltNames: [`uri:spiffe://clinic.example/${name}`]});
    return {key: client.exportKeyPem(), cert: client.chainPem};
  });
  const child = fork(join(__dirname, 'traffic-main.js'), {execArgv: []});
  const plan: TrafficPlan = {port, ca: serverRoot.pem, clients, perSecond};
  child.send(plan);
  const tally = new Promise<Tally>((resolve, reject) => {
    child.once('message', message => {
      resolve(message as Tally);
    });
    child.once('exit', code => {
      reject(new Error(`the clients ended with ${String(code)}`));
    });
  });
  return {
    stop: () => {
      child.send('stop');
      return tally;
    },
  };
}
