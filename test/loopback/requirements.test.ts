import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import type {ConfigFault} from '../../src/errors';
import {compileRequirement} from '../../src/loopback/requirements';
import type {PeerState} from '../../src/server/peer';
import {authorize} from '@loopback/authorization';
import {get} from '@loopback/rest';
import {peerOf} from '../../src/server/peer';
import {fingerprintOf} from '../../src/x509/fingerprint';
import {clientRoot} from '../server/harness';
import {nurse, serving} from './support/clinic';

const HOUR_MS = 3_600_000;

/** The state of a real connection of the nurse. */
async function connectedNurse(): Promise<PeerState> {
  let state: PeerState | undefined;
  class StateController {
    @authorize({allowedRoles: ['nurse']})
    @get('/state')
    read(): string {
      return 'seen';
    }
  }
  await serving(
    {
      setup: app => {
        app.controller(StateController);
        app.middleware(async (context, next) => {
          state = peerOf(context.request.socket);
          return next();
        });
      },
    },
    clinic => clinic.get(nurse, '/state'),
  );
  assert.ok(state);
  return state;
}

describe('certificate requirements', () => {
  let caller: PeerState;
  before(async () => {
    caller = await connectedNurse();
  });

  for (const [requirement, met] of [
    [{uri: 'spiffe://clinic.example/nora'}, true],
    [{uri: 'spiffe://clinic.example/*'}, true],
    [{uri: 'spiffe://clinic.example/nor'}, false],
    [{uri: ['spiffe://other.example/x', 'spiffe://clinic.example/nora']}, true],
    [{organizationalUnit: 'Nurses'}, true],
    [{organizationalUnit: 'nurses'}, false],
    [{organizationalUnit: 'Nurses', dns: 'nora.clinic.example'}, false],
    [{extendedKeyUsage: '1.3.6.1.4.1.99999.1'}, false],
    [{issuer: 'nobody'}, false],
    [{issuer: 'CN=Client Root'}, true],
    [{issuer: fingerprintOf(clientRoot.certificate)}, true],
    [{issuer: fingerprintOf(nurse.certificate)}, false],
    [{minVersion: 'TLSv1.3'}, true],
    [{minVersion: 'TLSv1.2'}, true],
  ] as const) {
    it(`${JSON.stringify(requirement)} is ${met ? 'met' : 'not met'}`, () => {
      const faults: ConfigFault[] = [];
      const checks = compileRequirement(requirement, 'here', faults);
      assert.deepEqual(faults, []);
      const codes = checks.flatMap(check => check.refuse(caller, Date.now())?.code ?? []);
      assert.deepEqual(codes, met ? [] : ['ERR_MTLS_REQUIREMENT']);
    });
  }

  it('an age is met to the millisecond', () => {
    const [check] = compileRequirement({maxAgeHours: 2}, 'here', []);
    const notBefore = new Date(new X509Certificate(nurse.pem).validFrom).getTime();
    assert.equal(check?.refuse(caller, notBefore + 2 * HOUR_MS), undefined);
    assert.equal(check?.refuse(caller, notBefore + 2 * HOUR_MS + 1)?.code, 'ERR_MTLS_REQUIREMENT');
  });

  for (const [name, requirement, found] of [
    ['nothing', undefined, 'undefined'],
    ['a text', 'TLSv1.3', "'TLSv1.3'"],
    ['an empty object', {}, '{}'],
    ['an unknown field', {subject: 'x'}, "'subject'"],
    ['an age of zero', {maxAgeHours: 0}, '0'],
    ['an age without end', {maxAgeHours: Infinity}, 'Infinity'],
    ['an age as text', {maxAgeHours: '1'}, "'1'"],
    ['an old version', {minVersion: 'TLSv1.1'}, "'TLSv1.1'"],
    ['a pattern in the middle of a name', {uri: 'spiffe://clinic.example/n*'}, "'spiffe://clinic.example/n*'"],
    ['an empty list', {dns: []}, '[]'],
    ['a number too large for JSON', {maxAgeHours: 1n}, '1n'],
    ['a number', {dns: 7}, '7'],
    ['a function', {dns: () => 'x'}, '[Function: dns]'],
  ] as const) {
    it(`reports ${name}`, () => {
      const faults: ConfigFault[] = [];
      compileRequirement(requirement, 'here', faults);
      assert.deepEqual(
        faults.map(fault => [fault.where, fault.found]),
        [['here', found]],
      );
    });
  }
});
