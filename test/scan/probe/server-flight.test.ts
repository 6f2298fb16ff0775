import assert from 'node:assert/strict';
import fc from 'fast-check';
import {clientHello, recordsOf} from '../../../src/scan/probe/client-hello';
import type {Offer} from '../../../src/scan/probe/client-hello';
import {handshakeDecryptor, keyAgreements} from '../../../src/scan/probe/key-schedule';
import {readServerHello} from '../../../src/scan/probe/handshake-messages';
import {readServerFlight} from '../../../src/scan/probe/server-flight';
import {uint16, vector} from '../../../src/scan/probe/wire';
import {exchangeHello} from '../../../src/scan/probe/hello-exchange';
import {PROTOCOLS, groupsOf, STRONG_SCHEMES} from '../../../src/scan/probe/registry';
import {suitesOf} from '../../../src/scan/probe/suites';
import {alertRecord, handshake, record, serverHello} from '../raw-server';
import {https, start, STRICT} from '../servers';

const NO_KEYS = {agreements: [], clientHello: Buffer.alloc(0)};
const read = (...parts: readonly Buffer[]) => readServerFlight(Buffer.concat(parts), NO_KEYS);
const HELLO = serverHello(0x0303, 0xc02b, {versions: [], suites: []});
const TLS_13_HELLO = serverHello(0x0304, 0x1301, {versions: [], suites: []});

/** A ServerHello of TLS 1.3 that is no retry request, with a share nobody can use. */
const FOREIGN_GROUP_HELLO = handshake(
  2,
  uint16(0x0303),
  Buffer.alloc(32, 1),
  vector(1),
  uint16(0x1301),
  Buffer.from([0]),
  vector(2, uint16(43), vector(2, uint16(0x0304)), uint16(51), vector(2, uint16(0x11ec), vector(2, Buffer.alloc(8)))),
);

describe('readServerFlight', () => {
  it('waits for the rest of a record, a message and a flight', () => {
    const bytes = record(22, Buffer.concat([HELLO, handshake(14)]));
    for (let end = 0; end < bytes.length; end++) {
      assert.equal(readServerFlight(bytes.subarray(0, end), NO_KEYS).progress, 'open');
    }
    assert.equal(readServerFlight(bytes, NO_KEYS).progress, 'finished');
    assert.equal(read(record(22, HELLO)).progress, 'open');
  });

  it('puts a message together that is spread over records', () => {
    const flight = read(record(22, HELLO.subarray(0, 10)), record(22, HELLO.subarray(10)), record(22, handshake(14)));
    assert.equal(flight.hello?.suite, 0xc02b);
  });

  it('ends at a fatal alert and names it', () => {
    assert.equal(read(alertRecord(40)).alert, 'handshake_failure');
    assert.equal(read(alertRecord(203)).alert, 'alert 203');
  });

  it('goes on after a warning, but not after close_notify', () => {
    assert.equal(read(alertRecord(112, 1), record(22, HELLO)).hello?.suite, 0xc02b);
    assert.equal(read(alertRecord(0, 1)).alert, 'close_notify');
  });

  it('says what is not TLS', () => {
    assert.match(read(Buffer.from('HTTP/1.1 400 Bad Request')).malformed ?? '', /not a TLS record/);
    assert.match(read(Buffer.from('SSH-2.0-x')).malformed ?? '', /not a TLS record/);
    assert.match(read(record(21, Buffer.from([2]))).malformed ?? '', /truncated alert/);
    assert.match(read(record(22, handshake(2, Buffer.alloc(3)))).malformed ?? '', /octets wanted/);
  });

  it('ends at data it cannot decrypt', () => {
    const sealed = record(23, Buffer.alloc(40));
    assert.equal(read(record(22, TLS_13_HELLO)).progress, 'finished');
    assert.equal(read(record(22, FOREIGN_GROUP_HELLO)).progress, 'open');
    assert.equal(read(record(22, FOREIGN_GROUP_HELLO), record(20, Buffer.from([1])), sealed).progress, 'finished');
  });

  it('passes over messages it has no use for', () => {
    assert.equal(read(record(22, Buffer.concat([handshake(4, Buffer.alloc(9)), HELLO]))).hello?.suite, 0xc02b);
  });

  it('reads no parameters from a ServerKeyExchange of another kind of suite', () => {
    const hello = serverHello(0x0303, 0x0003, {versions: [], suites: []});
    assert.equal(read(record(22, Buffer.concat([hello, handshake(12, Buffer.alloc(9))]))).keyExchange, undefined);
  });

  it('never throws and never reads beyond, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 300}), bytes => {
        readServerFlight(Buffer.concat([Buffer.from([22, 3, 3]), bytes]), NO_KEYS);
        readServerFlight(record(22, Buffer.concat([HELLO, Buffer.from(bytes)])), NO_KEYS);
        readServerFlight(Buffer.from(bytes), NO_KEYS);
      }),
    );
  });
});

describe('the encrypted flight of TLS 1.3', () => {
  for (const suite of [0x1301, 0x1302, 0x1303]) {
    for (const index of [0, 1, 2, 3]) {
      it(`is read with suite ${suite.toString(16)} and key agreement ${index}`, async () => {
        const agreements = keyAgreements().slice(index, index + 1);
        const groups = agreements.map(({share}) => share.group);
        const running = await start(https({...STRICT, ecdhCurve: 'X25519:P-256:P-384:P-521'}));
        const target = {host: 'localhost', address: '127.0.0.1', port: running.port, path: '/', authority: 'localhost'};
        const offer = {...OFFER, suites: [suite], groups, keyShares: agreements.map(({share}) => share)};
        const flight = await exchangeHello(target, offer, agreements, 2000);
        await running.stop();
        assert.equal(flight.malformed, undefined);
        assert.equal(flight.certificateRequest?.authorities.length, 1);
        assert.ok(flight.certificates.length > 0);
      });
    }
  }

  it('is malformed when the record was changed', () => {
    const agreements = keyAgreements();
    const [first] = agreements;
    assert.ok(first);
    const hello = handshake(
      2,
      uint16(0x0303),
      Buffer.alloc(32, 1),
      vector(1),
      uint16(0x1301),
      Buffer.from([0]),
      vector(
        2,
        uint16(43),
        vector(2, uint16(0x0304)),
        uint16(51),
        vector(2, uint16(29), vector(2, first.share.publicKey)),
      ),
    );
    for (const length of [4, 40]) {
      const bytes = Buffer.concat([record(22, hello), record(23, Buffer.alloc(length))]);
      assert.notEqual(readServerFlight(bytes, {agreements, clientHello: Buffer.alloc(4)}).malformed, undefined);
    }
  });

  it('stays closed without a share, with a strange suite, or in a strange group', () => {
    const agreements = keyAgreements();
    const hello = readServerHello(FOREIGN_GROUP_HELLO.subarray(4));
    assert.equal(handshakeDecryptor(agreements, hello, Buffer.alloc(0)), undefined);
    assert.equal(handshakeDecryptor(agreements, {...hello, suite: 0x1304}, Buffer.alloc(0)), undefined);
    assert.equal(
      handshakeDecryptor(agreements, {...readServerHello(TLS_13_HELLO.subarray(4)), group: 29}, Buffer.alloc(0)),
      undefined,
    );
  });
});

const OFFER: Offer = {
  protocol: 'TLS 1.3',
  suites: suitesOf('tls13'),
  groups: groupsOf('strong'),
  signatureSchemes: STRONG_SCHEMES,
  keyShares: [],
  compression: [0],
};

describe('clientHello', () => {
  it('has the version of its protocol in the record and in the body', () => {
    for (const protocol of ['SSL 3.0', 'TLS 1.0', 'TLS 1.2'] as const) {
      const bytes = recordsOf(clientHello({...OFFER, protocol}), protocol);
      assert.equal(bytes.readUInt16BE(1), protocol === 'SSL 3.0' ? 0x0300 : 0x0301);
      assert.equal(bytes.readUInt16BE(9), PROTOCOLS[protocol]);
    }
  });

  it('has no extensions in SSL 3.0, and no supported_groups without a group', () => {
    assert.ok(
      clientHello({...OFFER, protocol: 'SSL 3.0'}).length < clientHello({...OFFER, protocol: 'TLS 1.0'}).length,
    );
    const without = clientHello({...OFFER, protocol: 'TLS 1.2', groups: []});
    assert.ok(!without.includes(Buffer.from([0, 10, 0])));
  });

  it('is split into records of at most 16384 octets', () => {
    const message = clientHello({...OFFER, protocol: 'TLS 1.2', suites: Array.from({length: 20_000}, (_, id) => id)});
    const bytes = recordsOf(message, 'TLS 1.2');
    assert.equal(bytes.readUInt16BE(3), 0x4000);
    assert.equal(bytes.length, message.length + 5 * Math.ceil(message.length / 0x4000));
  });
});
