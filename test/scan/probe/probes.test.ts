import assert from 'node:assert/strict';
import {createServer} from 'node:net';
import {encode, integer, sequence} from '../../../src/pki/der';
import {readCertificateRequest, readKeyExchange} from '../../../src/scan/probe/handshake-messages';
import {exchangeBytes} from '../../../src/scan/probe/hello-exchange';
import {exchangeHttp} from '../../../src/scan/probe/http-exchange';
import {groupName, isBrokenScheme, schemeName} from '../../../src/scan/probe/registry';
import {tryRenegotiation} from '../../../src/scan/probe/renegotiation';
import {readSession} from '../../../src/scan/probe/session-facts';
import {sessionDer, sessionUnder} from '../../../src/scan/probe/session-name';
import {classOf, suiteName, SUITES} from '../../../src/scan/probe/suites';
import {mint} from '../../../src/scan/probe/wrong-certificates';
import {uint16, vector, WireReader} from '../../../src/scan/probe/wire';
import type {Target} from '../../../src/scan/target';
import {createAuthority} from '../../../src/pki/authority';
import {parseCertificates} from '../../../src/x509/pem';
import {answeringServer} from '../raw-server';
import {CA, https, NAIVE, start} from '../servers';

const at = (port: number): Target => ({
  host: 'localhost',
  address: '127.0.0.1',
  port,
  servername: 'localhost',
  path: '/',
  authority: `localhost:${port}`,
});

describe('names of numbers', () => {
  it('are those of the registry, or the number', () => {
    assert.equal(suiteName(0xc02b), 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256');
    assert.equal(suiteName(0x00fe), '0x00fe');
    assert.equal(groupName(0x11ec), 'X25519MLKEM768');
    assert.equal(groupName(0x7777), 'group 0x7777');
    assert.equal(schemeName(0x0807), 'ed25519');
    assert.equal(schemeName(0x0999), 'scheme 0x0999');
  });

  it('put every suite into one class', () => {
    const classes = new Map(SUITES.map(suite => [suite.name, classOf(suite)]));
    const expected = {
      TLS_AES_128_GCM_SHA256: 'tls13',
      TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ecdhe-aead',
      TLS_DHE_RSA_WITH_AES_128_CCM: 'dhe-aead',
      TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'cbc',
      TLS_RSA_WITH_AES_128_GCM_SHA256: 'static-aead',
      TLS_ECDH_RSA_WITH_AES_128_CBC_SHA: 'static-cbc',
      TLS_RSA_WITH_3DES_EDE_CBC_SHA: 'small-block',
      TLS_RSA_WITH_RC4_128_SHA: 'rc4',
      TLS_DH_anon_WITH_AES_128_GCM_SHA256: 'anonymous',
      TLS_ECDH_anon_WITH_NULL_SHA: 'null',
      TLS_DH_anon_EXPORT_WITH_RC4_40_MD5: 'export',
    };
    for (const [name, expectedClass] of Object.entries(expected)) assert.equal(classes.get(name), expectedClass, name);
  });

  it('know MD5 and SHA-1 by the first octet', () => {
    assert.deepEqual([0x0101, 0x0201, 0x0203].map(isBrokenScheme), [true, true, true]);
    assert.deepEqual([0x0301, 0x0401, 0x0804].map(isBrokenScheme), [false, false, false]);
  });
});

describe('handshake messages', () => {
  it('have no signature algorithm in a ServerKeyExchange before TLS 1.2 or of an anonymous suite', () => {
    const curve = Buffer.concat([Buffer.from([3]), uint16(23), vector(1, Buffer.alloc(65))]);
    const signed = Buffer.concat([curve, uint16(0x0401), vector(2)]);
    assert.deepEqual(readKeyExchange(signed, 'ecdhe', 0x0303), {group: 23, signatureScheme: 0x0401});
    assert.deepEqual(readKeyExchange(signed, 'ecdhe', 0x0302), {group: 23});
    assert.deepEqual(readKeyExchange(curve, 'ecdhe', 0x0303), {group: 23});
  });

  it('count the bits of a prime without leading zeros', () => {
    const prime = (hex: string) => Buffer.concat([vector(2, Buffer.from(hex, 'hex')), vector(2), vector(2)]);
    assert.equal(readKeyExchange(prime('00ff'), 'dhe', 0x0302).primeBits, 8);
    assert.equal(readKeyExchange(prime('0100'), 'dhe', 0x0302).primeBits, 9);
    assert.equal(readKeyExchange(prime(''), 'dhe', 0x0302).primeBits, 0);
  });

  it('hold no CA names in a TLS 1.3 CertificateRequest without extensions', () => {
    const request = Buffer.concat([vector(1), vector(2)]);
    assert.deepEqual(readCertificateRequest(request, 0x0304), {authorities: [], signatureSchemes: []});
  });

  it('hold no signature algorithms in a CertificateRequest before TLS 1.2', () => {
    const request = Buffer.concat([vector(1, Buffer.from([1])), vector(2, vector(2, Buffer.from('3000', 'hex')))]);
    assert.deepEqual(readCertificateRequest(request, 0x0302), {
      authorities: [Buffer.from('3000', 'hex')],
      signatureSchemes: [],
    });
  });

  it('give everything that is left', () => {
    const reader = new WireReader(Buffer.from([1, 2, 3]));
    reader.uint(1);
    assert.deepEqual([...reader.rest()], [2, 3]);
    assert.ok(reader.done);
  });
});

describe('sessions', () => {
  const wrapped = (name: string, der: Buffer) =>
    Buffer.concat([Buffer.from('\0nodejs:tls:session:1\0'), uint16(name.length), Buffer.from(name), der]);
  const der = sequence(integer(1), integer(772));

  it('are put under another name where Node.js writes one', () => {
    assert.deepEqual(sessionUnder(wrapped('a.test', der), 'other.test'), wrapped('other.test', der));
    assert.deepEqual(sessionUnder(der, 'other.test'), der);
    assert.deepEqual(sessionDer(wrapped('a.test', der)), der);
    assert.deepEqual(sessionDer(der), der);
  });

  it('tell lifetime and early data', () => {
    const field = (number: number, value: number) => encode(0xa0 | number, integer(value));
    const session = sequence(integer(1), integer(772), field(9, 300), field(15, 16384));
    assert.deepEqual(readSession(session), {lifetimeSeconds: 300, maxEarlyDataBytes: 16384});
    assert.deepEqual(readSession(der), {lifetimeSeconds: 0, maxEarlyDataBytes: 0});
    assert.equal(readSession(Buffer.from('no session')), undefined);
  });
});

describe('plaintext exchange', () => {
  const ended = async (server: ReturnType<typeof answeringServer>, maxBytes = 100) => {
    const running = await start(server);
    const answer = await exchangeBytes(at(running.port), Buffer.from('hello'), {
      timeoutMs: 300,
      maxBytes,
      isComplete: received => received.includes('!'),
    });
    await running.stop();
    return answer.ended;
  };

  it('ends when the answer is complete, too large, late, or the connection closed', async () => {
    assert.equal(await ended(answeringServer(() => Buffer.from('answer!'))), 'answered');
    assert.equal(await ended(answeringServer(() => Buffer.alloc(200))), 'too-large');
    assert.equal(await ended(answeringServer(() => Buffer.from('answer'))), 'timeout');
    assert.equal(await ended(createServer(socket => socket.once('data', () => socket.end()))), 'closed');
    assert.equal(await ended(createServer(socket => socket.once('data', () => socket.resetAndDestroy()))), 'closed');
  });

  it('tells an address nobody answers at', async () => {
    const limits = {timeoutMs: 300, maxBytes: 10, isComplete: () => false};
    const running = await start(createServer());
    await running.stop();
    assert.equal((await exchangeBytes(at(running.port), Buffer.alloc(1), limits)).ended, 'unreachable');
    // TEST-NET-1 (RFC 5737) is routed nowhere: either refused at once or silent until the time is over.
    assert.equal(
      (await exchangeBytes({...at(443), address: '192.0.2.1'}, Buffer.alloc(1), limits)).ended,
      'unreachable',
    );
  });
});

describe('HTTP exchange', () => {
  it('keeps what came of an answer that breaks off', async () => {
    const server = https(NAIVE, (_request, response) => {
      response.writeHead(200, {'Content-Length': 1000});
      response.write('half');
      setTimeout(() => response.destroy(), 50);
    });
    const running = await start(server);
    const outcome = await exchangeHttp(at(running.port), {}, 2000);
    await running.stop();
    assert.ok(outcome.kind === 'answered' && outcome.body === 'half');
  });

  it('stops reading a body without end', async () => {
    const server = https(NAIVE, (_request, response) => {
      const more = () => {
        while (response.write(Buffer.alloc(16_384, 'x')));
        response.once('drain', more);
      };
      more();
    });
    const running = await start(server);
    const outcome = await exchangeHttp(at(running.port), {}, 5000);
    await running.stop();
    assert.ok(outcome.kind === 'answered' && outcome.body.length < 400_000);
  });

  it('calls an answer that is not HTTP a refusal', async () => {
    const running = await start(
      https(NAIVE, (request, response) => {
        response.socket?.end('not http\r\n\r\n');
        request.resume();
      }),
    );
    const outcome = await exchangeHttp(at(running.port), {}, 2000);
    await running.stop();
    assert.equal(outcome.kind, 'refused');
  });

  it('says no name when told so', async () => {
    const names: unknown[] = [];
    const server = https(NAIVE, (request, response) => {
      names.push('servername' in request.socket ? request.socket.servername : undefined);
      response.end();
    });
    const running = await start(server);
    await exchangeHttp(at(running.port), {servername: 'none'}, 2000);
    await exchangeHttp(at(running.port), {}, 2000);
    await running.stop();
    assert.deepEqual(names, [false, 'localhost']);
  });
});

describe('renegotiation', () => {
  it('is no question where no connection comes about', async () => {
    const silent = await start(answeringServer(() => Buffer.alloc(0)));
    assert.equal(await tryRenegotiation(at(silent.port), {}, 100), 'no-connection');
    await silent.stop();
    assert.equal(await tryRenegotiation(at(silent.port), {}, 1000), 'no-connection');
  });
});

describe('wrong certificates', () => {
  const now = new Date();

  it('take the weak signature of the kind of key their issuer has', () => {
    const oidOf = (issuer: typeof CA) =>
      parseCertificates(Buffer.from(mint('weak-signature', {issuer, now}).chain))[0]?.signatureAlgorithm.oid;
    assert.equal(oidOf(CA), '1.2.840.10045.4.1');
    assert.equal(oidOf(createAuthority({subject: 'RSA', key: 'rsa-2048'})), '1.2.840.113549.1.1.5');
    assert.equal(oidOf(createAuthority({subject: 'Ed25519', key: 'ed25519'})), '1.3.101.112');
  });

  it('claim the name they are told to claim', () => {
    const [leaf] = parseCertificates(Buffer.from(mint('wrong-chain', {impersonate: CA.name, now}).chain));
    assert.deepEqual(leaf?.issuer.der, CA.name);
    const [other] = parseCertificates(Buffer.from(mint('wrong-chain', {now}).chain));
    assert.notDeepEqual(other?.issuer.der, CA.name);
  });

  it('have the defect they are named after', () => {
    const leafOf = (...arguments_: Parameters<typeof mint>) =>
      parseCertificates(Buffer.from(mint(...arguments_).chain))[0];
    assert.ok((leafOf('expired', {issuer: CA, now})?.notAfter ?? now) < now);
    assert.ok((leafOf('not-yet-valid', {issuer: CA, now})?.notBefore ?? now) > now);
    assert.equal(leafOf('weak-key', {issuer: CA, now})?.publicKey.bits, 1024);
    assert.equal(leafOf('ca-as-leaf', {issuer: CA, now})?.extensions.basicConstraints?.ca, true);
    assert.deepEqual(leafOf('server-purpose', {issuer: CA, now})?.extensions.extendedKeyUsage, ['1.3.6.1.5.5.7.3.1']);
    assert.equal(mint('oversized-chain', {issuer: CA, now}).chain.split('BEGIN CERTIFICATE').length, 26);
    assert.throws(() => leafOf('nul-in-name', {issuer: CA, now}));
  });
});
