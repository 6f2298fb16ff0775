import assert from 'node:assert/strict';
import {createAuthority} from '../../src/pki/authority';
import {MtlsError} from '../../src/errors';
import {verifyPeer} from '../../src/trust/verify-peer';
import {parseCertificate} from '../../src/x509/certificate';
import {anchorOf, clock, codeOf, NOW, trustIn} from './fixture';

describe('a chain of which one bit was changed', () => {
  const root = createAuthority({subject: 'Root'}, clock);
  const issuing = root.issueAuthority({subject: 'Issuing', key: 'ed25519'});
  const client = issuing.issueClient({subject: 'alice', subjectAltNames: ['uri:spiffe://clinic.example/alice']});
  const trust = trustIn([anchorOf(root)]);

  const codeWith = (leaf: Buffer, intermediate: Buffer): string => {
    try {
      return codeOf(verifyPeer({leaf: parseCertificate(leaf), sent: [parseCertificate(intermediate)]}, trust, NOW));
    } catch (error) {
      // Nothing but a refusal of the parser may come out.
      if (error instanceof MtlsError) return error.code;
      throw error;
    }
  };

  it('is accepted as long as no bit is changed', () => {
    assert.equal(codeWith(client.certificate, issuing.certificate), 'accept');
  });

  it('is never accepted when the bit is in the leaf', () => {
    for (const [place, mutant] of mutants(client.certificate))
      assert.notEqual(codeWith(mutant, issuing.certificate), 'accept', place);
  });

  it('is never accepted when the bit is in the intermediate', () => {
    for (const [place, mutant] of mutants(issuing.certificate))
      assert.notEqual(codeWith(client.certificate, mutant), 'accept', place);
  });
});

/** Every byte once, each time with another of its bits changed. */
function* mutants(bytes: Buffer): Generator<readonly [place: string, mutant: Buffer]> {
  for (let offset = 0; offset < bytes.length; offset++) {
    const mutant = Buffer.from(bytes);
    mutant.writeUInt8(mutant.readUInt8(offset) ^ (1 << (offset % 8)), offset);
    yield [`bit ${offset % 8} of byte ${offset}`, mutant];
  }
}
