import {MtlsError} from '../../../src/errors';
import {oid, sequence, utf8String} from '../../../src/pki/der';
import type {RawExtension} from '../../../src/x509/extensions';

/** Encodes 39 characters as a FASC-N and adds the check character. */
export function encodeFascN(text: string): Buffer {
  const values = Array.from(text, character => Number.parseInt(character, 16));
  const check = values.reduce((sum, value) => sum ^ value, 0);
  const bits = [...values, check].map(value => {
    const data = [1, 2, 4, 8].map(bit => ((value & bit) === 0 ? '0' : '1'));
    const ones = data.filter(bit => bit === '1').length;
    return data.join('') + (ones % 2 === 0 ? '1' : '0');
  });
  return Buffer.from(
    BigInt(`0b${bits.join('')}`)
      .toString(16)
      .padStart(50, '0'),
    'hex',
  );
}

/** A QCStatements extension with the given statements. */
export function qcStatements(...statements: readonly Buffer[]): RawExtension {
  return {oid: '1.3.6.1.5.5.7.1.3', critical: false, value: sequence(...statements)};
}

/** The PSD2 statement of ETSI TS 119 495; roles as OID and name. */
export function psd2Statement(
  roles: readonly (readonly [string, string])[],
  authorityName: string,
  authorityId: string,
): Buffer {
  const encoded = roles.map(([dotted, name]) => sequence(oid(dotted), utf8String(name)));
  return sequence(
    oid('0.4.0.19495.2'),
    sequence(sequence(...encoded), utf8String(authorityName), utf8String(authorityId)),
  );
}

/** The code of what `act` throws. */
export function codeThrownBy(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof MtlsError ? error.code : 'another error';
  }
  return 'nothing';
}
