import assert from 'node:assert/strict';
import {tlsAttributes} from '../../src/audit/opentelemetry';

const peer = {
  remoteAddress: '192.0.2.7',
  remotePort: 50_000,
  fingerprint: 'ab'.repeat(32),
  subject: 'CN=Alice',
  issuer: 'CN=Clinic CA',
  notAfter: '2030-01-01T00:00:00.000Z',
};

describe('audit/opentelemetry', () => {
  it('names a handshake in the words of the TLS conventions', () => {
    assert.deepEqual(
      tlsAttributes({
        family: 'handshake',
        peer,
        protocol: 'TLSv1.3',
        cipher: 'TLS_AES_256_GCM_SHA384',
        group: 'X25519',
        serverName: 'api.clinic.example',
        session: 'resumed',
        generation: 3,
      }),
      {
        'client.address': '192.0.2.7',
        'client.port': 50_000,
        'tls.client.hash.sha256': 'AB'.repeat(32),
        'tls.client.subject': 'CN=Alice',
        'tls.client.issuer': 'CN=Clinic CA',
        'tls.client.not_after': '2030-01-01T00:00:00.000Z',
        'mtls.snapshot.generation': 3,
        'tls.established': true,
        'tls.protocol.name': 'tls',
        'tls.protocol.version': '1.3',
        'tls.cipher': 'TLS_AES_256_GCM_SHA384',
        'tls.curve': 'X25519',
        'tls.resumed': true,
        'server.address': 'api.clinic.example',
      },
    );
  });

  const STAGES = [
    ['handshake', false],
    ['verification', true],
    ['identity', true],
    ['open', true],
  ] as const;
  for (const [stage, established] of STAGES) {
    it(`names a refusal at ${stage}, and leaves out what is not known`, () => {
      assert.deepEqual(
        tlsAttributes({
          family: 'refusal',
          peer: {remoteAddress: '192.0.2.7', remotePort: undefined},
          why: {code: 'ERR_MTLS_EXPIRED', required: 'a', found: 'b'},
          stage,
          generation: 3,
        }),
        {
          'client.address': '192.0.2.7',
          'mtls.snapshot.generation': 3,
          'tls.established': established,
          'error.type': 'ERR_MTLS_EXPIRED',
          'mtls.refusal.stage': stage,
          'mtls.refusal.sentence': 'a certificate of the chain is past its notAfter',
        },
      );
    });
  }

  it('does not invent a version for a protocol it does not know', () => {
    const attributes = tlsAttributes({
      family: 'handshake',
      peer,
      protocol: 'unknown',
      cipher: 'x',
      session: 'new',
      generation: 1,
    });
    assert.ok(!('tls.protocol.version' in attributes));
    assert.equal(attributes['tls.resumed'], false);
  });
});
