import {randomBytes} from 'node:crypto';
import {MtlsError} from '../errors';

/** A serial number as a number, or in hex as `CertificateFacts` and Node write it, with a leading `-` when negative. */
export type SerialNumber = bigint | string;

/** The number behind either form. */
export function serialValue(serialNumber: SerialNumber): bigint {
  if (typeof serialNumber === 'bigint') return serialNumber;
  const [, sign, digits] = /^(-?)([0-9a-f]+)$/i.exec(serialNumber) ?? [];
  if (digits === undefined)
    throw new MtlsError({
      code: 'ERR_MTLS_PKI',
      required: 'a serial number in hex',
      found: JSON.stringify(serialNumber),
    });
  return BigInt(`0x${digits}`) * (sign === '-' ? -1n : 1n);
}

/** 127 random bits: positive, not zero, and below the 20 octets that RFC 5280 section 4.1.2.2 allows. */
export function randomSerialNumber(): bigint {
  const octets = randomBytes(16);
  octets.writeUInt8((octets.readUInt8(0) & 0x7f) | 0x40, 0);
  return BigInt(`0x${octets.toString('hex')}`);
}
