import assert from 'node:assert/strict';
import {parseFascN} from '../../../src/identity/profiles/fasc-n';
import {codeThrownBy, encodeFascN} from './encodings';

/** The worked example of TIG SCEPACS 2.3 and of the PIV test cards. */
const EXAMPLE = Buffer.from('d0439458210c2c19a0846d83685a1082108ce73984108ca3fc', 'hex');

const FIELDS = {
  agencyCode: '0032',
  systemCode: '0001',
  credentialNumber: '092446',
  credentialSeries: '0',
  individualCredentialIssue: '1',
  personIdentifier: '1112223333',
  organizationalCategory: '1',
  organizationalIdentifier: '1223',
  associationCategory: '2',
};

describe('identity/profiles/fasc-n', () => {
  it('reads the published example', () => {
    assert.deepEqual(parseFascN(EXAMPLE), FIELDS);
  });

  it('agrees with an encoder written from the definition', () => {
    assert.deepEqual(encodeFascN('b0032d0001d092446d0d1d1112223333112232f'), EXAMPLE);
  });

  it('refuses every flipped bit', () => {
    for (let bit = 0; bit < EXAMPLE.length * 8; bit++) {
      const flipped = Buffer.from(EXAMPLE);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
      assert.equal(
        codeThrownBy(() => parseFascN(flipped)),
        'ERR_MTLS_IDENTITY_PROFILE',
      );
    }
  });

  it('refuses two flipped bits of one character, which parity does not see', () => {
    for (let character = 0; character < 40; character++) {
      const flipped = Buffer.from(EXAMPLE);
      for (const bit of [character * 5, character * 5 + 1])
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
      assert.equal(
        codeThrownBy(() => parseFascN(flipped)),
        'ERR_MTLS_IDENTITY_PROFILE',
      );
    }
  });

  const LAYOUTS = [
    ['another start sentinel', 'f0032d0001d092446d0d1d1112223333112232f'],
    ['another end sentinel', 'b0032d0001d092446d0d1d1112223333112232b'],
    ['a separator among the digits', 'b003dd0001d092446d0d1d1112223333112232f'],
    ['a digit for a separator', 'b003200001d092446d0d1d1112223333112232f'],
    ['a letter among the digits', 'b0032d0001d09244ad0d1d1112223333112232f'],
  ] as const;
  for (const [sentence, text] of LAYOUTS) {
    it(`refuses ${sentence}`, () => {
      assert.equal(
        codeThrownBy(() => parseFascN(encodeFascN(text))),
        'ERR_MTLS_IDENTITY_PROFILE',
      );
    });
  }

  for (const length of [0, 24, 26]) {
    it(`refuses ${length} bytes`, () => {
      const bytes = Buffer.concat([EXAMPLE, EXAMPLE]).subarray(0, length);
      assert.equal(
        codeThrownBy(() => parseFascN(bytes)),
        'ERR_MTLS_IDENTITY_PROFILE',
      );
    });
  }
});
