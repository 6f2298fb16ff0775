import assert from 'node:assert/strict';
import {revokeBob} from '../../examples/healthcare/revoke-demo';
import {Recorder} from '../server/harness';

describe('examples/healthcare/revoke-demo', function () {
  this.timeout(60_000);

  for (const sessions of ['off', 'on'] as const) {
    it(`ends what a revoked client has open, and lets them in no more, with sessions ${sessions}`, async () => {
      const recorder = new Recorder('refusal');
      const lines: string[] = [];
      try {
        const {answered, session, again, resumed} = await revokeBob(line => void lines.push(line), sessions);
        assert.ok(answered > 0);
        assert.equal(session, sessions === 'on' ? 'resumed' : 'new');
        assert.deepEqual({again, resumed}, {again: 'refused', resumed: 'refused'});
        assert.equal(lines.length, 6);
        const refusals = recorder.of('refusal').map(({why, stage}) => `${stage} ${why.code}`);
        assert.equal(refusals.filter(refusal => refusal === 'open ERR_MTLS_REVOKED').length, 2, refusals.join(', '));
        assert.ok(
          refusals.every(refusal => refusal.endsWith('ERR_MTLS_REVOKED')),
          refusals.join(', '),
        );
      } finally {
        recorder.stop();
      }
    });
  }
});
