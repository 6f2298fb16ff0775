import assert from 'node:assert/strict';
import {parseSignatureAlgorithm} from '../../src/x509/algorithm';
import {parseDer, Tag} from '../../src/x509/der';
import {codeOf} from './code-of';
import {hex, oid, sequence, tlv} from './der-writer';

const NULL = tlv(Tag.NULL);

describe('an algorithm identifier', () => {
  it('is read with its parameters', () => {
    const der = sequence(oid('1.2.840.113549.1.1.11'), NULL);
    assert.deepEqual(parseSignatureAlgorithm(parseDer(der)), {oid: '1.2.840.113549.1.1.11', der, parameters: NULL});
  });

  it('without parameters says so', () => {
    assert.equal('parameters' in parseSignatureAlgorithm(parseDer(sequence(oid('1.3.101.112')))), false);
  });

  it('is one value for one encoding, whatever becomes of the bytes', () => {
    const bytes = sequence(oid('1.2.3.4'), hex(Tag.OCTET_STRING, 'abcd'));
    const again = Buffer.from(bytes);
    const first = parseSignatureAlgorithm(parseDer(bytes));
    bytes.fill(0);
    const second = parseSignatureAlgorithm(parseDer(again));
    assert.equal(first, second);
    assert.deepEqual(second, {oid: '1.2.3.4', der: again, parameters: hex(Tag.OCTET_STRING, 'abcd')});
  });

  it('is held however many others came before', () => {
    for (let arc = 1; arc <= 100; arc++) parseSignatureAlgorithm(parseDer(sequence(oid(`1.2.3.5.${arc}`))));
    const der = sequence(oid('1.2.3.6'));
    assert.equal(parseSignatureAlgorithm(parseDer(der)), parseSignatureAlgorithm(parseDer(Buffer.from(der))));
  });

  it('too long to be held is read each time', () => {
    const der = sequence(oid('1.2.3.4'), hex(Tag.OCTET_STRING, 'ab'.repeat(200)));
    assert.deepEqual(parseSignatureAlgorithm(parseDer(der)).der, der);
    assert.notEqual(parseSignatureAlgorithm(parseDer(der)), parseSignatureAlgorithm(parseDer(der)));
  });

  it('with anything behind the parameters is refused', () => {
    const der = parseDer(sequence(oid('1.2.3.4'), NULL, NULL));
    assert.equal(
      codeOf(() => parseSignatureAlgorithm(der)),
      'ERR_MTLS_DER',
    );
  });
});
