import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describeChain} from '../../src/cli/inspect/certificate';
import {encodeCrl} from '../../src/pki/crl';
import type {CrlSpec} from '../../src/pki/crl';
import {context, encode, integer, oid, sequence, setOf} from '../../src/pki/der';
import {encodeExtension, encodeExtensions} from '../../src/pki/extensions';
import {generateKey, spkiOf} from '../../src/pki/keys';
import {encodeName} from '../../src/pki/names';
import {encodeOcspError, encodeOcspResponse} from '../../src/pki/ocsp';
import type {OcspSpec} from '../../src/pki/ocsp';
import {signed} from '../../src/pki/signed';
import {parseCertificate} from '../../src/x509/certificate';
import {encodePem} from '../../src/x509/pem';
import {CA, credentialOptions, https, OTHER_CA, start, STRICT} from '../scan/servers';
import {answeringServer} from '../scan/raw-server';
import {mtls} from './terminal';

const NOW = new Date();
const DAY_MS = 86_400_000;
const at = (days: number) => new Date(NOW.getTime() + days * DAY_MS);
const days = (from: number, to: number) => ({notBefore: at(from), notAfter: at(to)});

const folder = mkdtempSync(join(tmpdir(), 'mtls-inspect-'));
after(() => {
  rmSync(folder, {recursive: true});
});

/** What `mtls inspect` prints about these bytes. */
async function inspecting(content: Buffer | string, ...more: readonly string[]): Promise<string> {
  writeFileSync(join(folder, 'file'), content);
  const {code, out, err} = await mtls(['inspect', 'file', ...more], {cwd: folder, now: NOW});
  assert.equal(code, 0, err);
  return out;
}

async function refusing(content: Buffer | string, ...more: readonly string[]): Promise<string> {
  writeFileSync(join(folder, 'file'), content);
  const {code, err} = await mtls(['inspect', 'file', ...more], {cwd: folder, now: NOW});
  assert.equal(code, 1, err);
  return err;
}

describe('mtls inspect of certificates', () => {
  it('tells every fact of a good one, and warns of nothing', async () => {
    const credential = CA.issueClient({
      subject: 'alice',
      subjectAltNames: [
        'dns:alice.example',
        'ip:192.0.2.1',
        'uri:spiffe://clinic.example/alice',
        'email:alice@clinic.example',
        'upn:alice@clinic.example',
        'registeredId:1.2.3',
        {kind: 'directory', value: 'alice'},
        {kind: 'other', type: '1.2.3', value: integer(7)},
        {kind: 'raw', value: context(3, sequence())},
      ],
      extendedKeyUsage: ['clientAuth', '1.3.6.1.4.1.32473.1'],
      certificatePolicies: ['2.5.29.32.0'],
      crlDistributionPoints: ['http://crl.example/ca.crl'],
      authorityInfoAccess: {ocsp: ['http://ocsp.example/'], caIssuers: ['http://ca.example/']},
      tlsFeatures: [5],
      validity: days(-10, 80),
    });
    const text = await inspecting(credential.pem);
    for (const line of [
      /^Certificate\n/,
      /subject +CN=alice\n/,
      /issuer +CN=Scan Test CA\n/,
      /not before .* \(10 days ago\)/,
      /not after .* \(in 80 days\)/,
      /key +EC, P-256/,
      /signature +ECDSA with SHA-256/,
      /names +DNS alice\.example\n +IP 192\.0\.2\.1\n +URI spiffe:\/\/clinic\.example\/alice\n +email alice@clinic\.example\n +UPN alice@clinic\.example\n +registered ID 1\.2\.3\n +directory CN=alice\n +other name 1\.2\.3, 3 octets\n +name of an obsolete kind, \d octets\n/,
      /for +clientAuth\n +1\.3\.6\.1\.4\.1\.32473\.1\n/,
      /policies +anyPolicy/,
      /CRL +URI http:\/\/crl\.example\/ca\.crl/,
      /OCSP +URI http:\/\/ocsp\.example\/\n/,
      /must staple +yes/,
      /SHA-256 +[0-9a-f]{64}\n/,
    ]) {
      assert.match(text, line);
    }
    assert.ok(!text.includes('warning'), text);
  });

  const issue = (spec: Partial<Parameters<typeof CA.issueClient>[0]>) =>
    CA.issueClient({
      subject: 'alice',
      subjectAltNames: ['dns:alice.example'],
      noRevocationAvailable: true,
      validity: days(-1, 60),
      ...spec,
    }).certificate;

  const WARNINGS: readonly (readonly [string, RegExp, () => Buffer])[] = [
    ['an expired one', /it has expired/, () => issue({validity: days(-9, -1)})],
    ['one from the future', /not valid yet/, () => issue({validity: days(1, 9)})],
    ['one that ends soon', /expires soon/, () => issue({validity: days(-80, 13)})],
    ['a long life', /lives 500 days/, () => issue({validity: days(-100, 400)})],
    ['a small RSA key', /RSA needs at least 2048/, () => issue({key: 'rsa-1024'})],
    ['a weak curve', /none of P-256/, () => issue({key: 'ecdsa-p224'})],
    ['SHA-1', /ECDSA with SHA-1 is weak/, () => issue({scheme: 'ecdsa-sha1'})],
    ['a serial number of zero', /serial number is not/, () => issue({serialNumber: 0n})],
    ['a negative serial number', /serial number is not/, () => issue({serialNumber: -5n})],
    ['a serial number of 21 octets', /serial number is not/, () => issue({serialNumber: 1n << 160n})],
    ['no alternative name', /no subject alternative name/, () => issue({without: ['subjectAltNames']})],
    ['no purpose', /does not say what it is for/, () => issue({without: ['extendedKeyUsage']})],
    ['any purpose', /allows it to be anything/, () => issue({extendedKeyUsage: ['any']})],
    ['no way to revoke it', /no CRL and no OCSP/, () => issue({without: ['noRevocationAvailable']})],
    [
      'an unknown critical extension',
      /critical extension 1\.2\.3\.4 is not/,
      () => issue({otherExtensions: [{oid: '1.2.3.4', critical: true, value: integer(1)}]}),
    ],
    ['a CA that may not sign', /without the key usage keyCertSign/, () => issue({basicConstraints: {ca: true}})],
    ['a CA without end', /without end/, () => CA.issueAuthority({subject: 'sub'}).certificate],
  ];
  for (const [name, warning, make] of WARNINGS) {
    it(`warns of ${name}`, async () => {
      assert.match(await inspecting(make()), new RegExp(`warning: .*${warning.source}`));
    });
  }

  it('warns of nothing just inside the limits', async () => {
    assert.ok(!(await inspecting(issue({validity: days(-1, 397)}))).includes('warning'));
    assert.ok(!(await inspecting(issue({validity: days(-80, 15)}))).includes('warning'));
    assert.ok(!(await inspecting(issue({serialNumber: (1n << 159n) - 1n}))).includes('warning'));
    assert.ok(!(await inspecting(issue({validity: days(-2, 3)}))).includes('warning'));
  });

  for (const [kind, text] of [
    ['ed25519', 'Ed25519'],
    ['ed448', 'Ed448'],
    ['rsa-2048', 'RSA, 2048 bits'],
    ['rsa-pss-2048', 'RSA for PSS only, 2048 bits'],
    ['ecdsa-p384', 'EC, P-384'],
  ] as const) {
    it(`names a key of the kind ${kind}`, async () => {
      assert.match(await inspecting(issue({key: kind})), new RegExp(`key +${text}\n`));
    });
  }

  it('warns of a key that is too large, and of one of an unknown kind', async () => {
    assert.match(
      await inspecting(withKeyOid(issue({key: 'ed25519'}))),
      /key +unknown algorithm 1\.3\.101\.110[^]*not known here/,
    );
  });

  it('says that a root issued itself and how many CAs may follow', async () => {
    const text = await inspecting(CA.issueAuthority({subject: 'sub', pathLength: 0}).certificate);
    assert.match(text, /CA +yes, with at most 0 CAs below/);
    assert.match(await inspecting(CA.certificate), /issuer +itself/);
  });

  it('says that a subject is empty and nothing about revocation is published', async () => {
    const text = await inspecting(issue({subject: []}));
    assert.match(text, /subject +\(empty\)/);
    assert.match(text, /revocation +none is published/);
  });

  it('numbers the certificates of a bundle and says where the chain breaks', async () => {
    const chain = await inspecting(CA.issueAuthority({subject: 'sub'}).issueClient({subject: 'x'}).chainPem + CA.pem);
    assert.match(chain, /Certificate 1 of 3[^]*Certificate 2 of 3[^]*Certificate 3 of 3/);
    assert.ok(!chain.includes('not issued by'));
    assert.match(
      await inspecting(CA.issueClient({subject: 'x'}).pem + OTHER_CA.pem),
      /1 of 2[^]*not issued by the certificate that follows[^]*2 of 2/,
    );
  });

  it('shows the rest of a bundle when one of them cannot be read', async () => {
    const text = await inspecting(nulInName().pem + CA.pem);
    assert.match(
      text,
      /1 of 2\n +warning: it will be refused: .*ERR_MTLS_NAME_FORBIDDEN_CHARACTER[^]*2 of 2\n +subject/,
    );
  });

  it('refuses one that cannot be read, with the reason', async () => {
    assert.match(await refusing(nulInName().pem), /^error: .*ERR_MTLS_NAME_FORBIDDEN_CHARACTER/);
  });
});

describe('mtls inspect of certification requests', () => {
  const key = generateKey('ecdsa-p256');
  const request = (asked: Parameters<typeof encodeExtensions>[0], signingKey = key) => {
    const extensions = sequence(...encodeExtensions(asked).map(encodeExtension));
    const attribute = sequence(oid('1.2.840.113549.1.9.14'), setOf(extensions));
    const name = encodeName('alice');
    return signed({name, key: signingKey}, {}, () => sequence(integer(0), name, spkiOf(key), context(0, attribute)));
  };
  const good = {subjectAltNames: ['dns:alice.example']} as const;

  it('tells what is asked for', async () => {
    for (const content of [request(good), encodePem(request(good), 'CERTIFICATE REQUEST')]) {
      const text = await inspecting(content);
      assert.match(text, /^Certification request\n +subject +CN=alice\n[^]*names +DNS alice\.example\n$/);
    }
  });

  it('warns of a signature by another key, of no name and of a would-be CA', async () => {
    assert.match(
      await inspecting(request(good, generateKey('ecdsa-p256'))),
      /warning: the signature is not by the key/,
    );
    assert.match(
      await inspecting(request({basicConstraints: {ca: true}})),
      /no subject alternative name\n.*asks to be a CA/,
    );
  });
});

describe('mtls inspect of CRLs', () => {
  it('tells scope, numbers and the first entries', async () => {
    const entries = Array.from({length: 12}, (_, index) => ({
      serialNumber: BigInt(index + 1),
      revokedAt: at(-index),
      ...(index === 0 ? {reason: 'keyCompromise' as const} : {}),
    }));
    const crl = encodeCrl({entries, number: 7}, CA, NOW);
    for (const content of [crl, encodePem(crl, 'X509 CRL')]) {
      const text = await inspecting(content);
      assert.match(text, /^Certificate revocation list\n +issuer +CN=Scan Test CA\n +number +7\n/);
      assert.match(text, /revoked +12 certificates\n +1 since .*Z, keyCompromise\n[^]*and so on\n/);
      assert.ok(!text.includes('warning'), text);
    }
    assert.match(await inspecting(encodeCrl({}, CA, NOW)), /revoked +0 certificates\n$/);
    assert.ok(!(await inspecting(encodeCrl({entries: entries.slice(0, 2)}, CA, NOW))).includes('and so on'));
  });

  it('tells what a delta builds on and what a partition covers', async () => {
    assert.match(await inspecting(encodeCrl({deltaOf: 3, number: 4}, CA, NOW)), /^Delta [^]*on top of number +3/);
    const issuingDistributionPoint: NonNullable<CrlSpec['issuingDistributionPoint']> = {
      name: {fullName: ['uri:http://crl.example/1.crl']},
      covers: 'user certificates',
      onlySomeReasons: ['keyCompromise'],
      indirect: true,
    };
    assert.match(
      await inspecting(encodeCrl({issuingDistributionPoint}, CA, NOW)),
      /covers +user certificates\n +only some reasons\n +certificates of other CAs too \(indirect\)\n +URI http:\/\/crl\.example\/1\.crl\n/,
    );
  });

  it('warns of what makes it useless', async () => {
    assert.match(await inspecting(encodeCrl({thisUpdate: at(-9), nextUpdate: at(-1)}, CA, NOW)), /overdue/);
    assert.match(
      await inspecting(encodeCrl({without: ['nextUpdate', 'number']}, CA, NOW)),
      /next update +not told[^]*does not say when[^]*has no number/,
    );
    assert.match(await inspecting(encodeCrl({thisUpdate: at(1), nextUpdate: at(2)}, CA, NOW)), /from the future/);
    assert.match(await inspecting(encodeCrl({scheme: 'ecdsa-sha1'}, CA, NOW)), /SHA-1 is weak/);
    const strange = {oid: '1.2.3.4', critical: true, value: integer(1)};
    assert.match(await inspecting(encodeCrl({otherExtensions: [strange]}, CA, NOW)), /critical extension 1\.2\.3\.4/);
  });
});

describe('mtls inspect of OCSP answers', () => {
  const answer = (spec: Partial<OcspSpec>) =>
    encodeOcspResponse({answers: [{certificate: 5n, status: {kind: 'good'}}], ...spec}, CA, NOW);

  it('tells what the responder says, and its certificate', async () => {
    const responder = CA.issueOcspResponder({subject: 'responder'});
    const text = await inspecting(answer({responder, nonce: Buffer.alloc(16)}));
    assert.match(text, /^OCSP answer\n +status +successful\n +responder +key with SHA-1 [0-9a-f]{40}\n/);
    assert.match(
      text,
      /nonce +\d+ octets\n +serial 5 +good\n +as of .*\n +next update .*in 1\.0 hours[^]*Certificate\n +subject +CN=responder/,
    );
    const named = await inspecting(answer({responderName: 'the responder'}));
    assert.match(named, /responder +CN=the responder[^]*nonce +none/);
  });

  it('tells revocation and warns of what does not count', async () => {
    const told = (status: OcspSpec['answers'][number]['status'], times: object = {}) =>
      inspecting(answer({answers: [{certificate: 5n, status, ...times}]}));
    assert.match(
      await told({kind: 'revoked', since: at(-3), reason: 'keyCompromise'}),
      /revoked since .*3 days ago\), keyCompromise/,
    );
    assert.match(await told({kind: 'unknown'}), /warning: serial 5: the responder does not know/);
    assert.match(await told({kind: 'good'}, {nextUpdate: 'none'}), /next update not told[^]*how long it counts/);
    assert.match(await told({kind: 'good'}, {thisUpdate: at(-2), nextUpdate: at(-1)}), /counts no more/);
    assert.match(await told({kind: 'good'}, {thisUpdate: at(1), nextUpdate: at(2)}), /from the future/);
  });

  it('tells the error of a responder', async () => {
    assert.match(
      await inspecting(encodeOcspError('tryLater')),
      /status +tryLater\n +warning: the responder gave no answer/,
    );
  });
});

describe('mtls inspect of PKCS#12', () => {
  const file = CA.issueClient({subject: 'alice'}).exportPkcs12('correct horse', 'alice');

  it('opens it with the passphrase and shows nothing of the key', async () => {
    writeFileSync(join(folder, 'passphrase'), 'correct horse\n');
    const text = await inspecting(file, '--passphrase-file', 'passphrase');
    assert.match(text, /^PKCS#12\n +private key +ec\n +certificates +1\n\nCertificate\n +subject +CN=alice/);
  });

  it('refuses without passphrase and with a wrong one', async () => {
    assert.match(await refusing(file), /hint: give --passphrase-file/);
    writeFileSync(join(folder, 'passphrase'), 'wrong');
    assert.match(await refusing(file, '--passphrase-file', 'passphrase'), /^error: /);
  });
});

describe('mtls inspect of a server', () => {
  it('tells what it shows before a client has shown anything', async () => {
    const running = await start(https(STRICT));
    const {code, out} = await mtls(['inspect', `localhost:${running.port}`], {now: NOW});
    await running.stop();
    assert.equal(code, 0);
    assert.match(
      out,
      /^Server, TLS 1\.3\n +suite +TLS_AES_256_GCM_SHA384\n +group +x25519\n +OCSP answer +not stapled\n +accepts clients of +CN=Scan Test CA\n +client signatures +\w/,
    );
    assert.match(out, /Server, TLS 1\.2\n[^]*Certificate 1 of \d\n +subject +CN=localhost/);
  });

  it('describes the answer it staples', async () => {
    const server = https({...STRICT, minVersion: 'TLSv1.3'});
    server.on('OCSPRequest', (_certificate, _issuer, callback: (error: null, response: Buffer) => void) => {
      callback(null, encodeOcspResponse({answers: [{certificate: 5n, status: {kind: 'good'}}]}, CA, NOW));
    });
    const running = await start(server);
    const {out} = await mtls(['inspect', `https://localhost:${running.port}/`], {now: NOW});
    await running.stop();
    assert.match(out, /OCSP answer +stapled[^]*OCSP answer\n +status +successful/);
  });

  it('warns when it asks for no certificate', async () => {
    const running = await start(https(credentialOptions(CA.issueServer({subject: 'localhost'}))));
    const {out} = await mtls(['inspect', `localhost:${running.port}`], {now: NOW});
    await running.stop();
    assert.match(out, /warning: it asks for no client certificate/);
  });

  it('exits 1 where there is none', async () => {
    const running = await start(answeringServer(() => Buffer.from('SSH-2.0-x\r\n')));
    const {code, err} = await mtls(['inspect', `localhost:${running.port}`]);
    await running.stop();
    assert.equal(code, 1);
    assert.match(err, /ERR_MTLS_SCAN_TARGET/);
  });
});

describe('mtls inspect', () => {
  it('prints JSON for programs', async () => {
    const parsed: unknown = JSON.parse(await inspecting(CA.pem, '--json'));
    const chain = describeChain([parseCertificate(CA.certificate)], NOW);
    assert.deepEqual(parsed, [{...chain[0], facts: Object.fromEntries(chain[0]?.facts ?? [])}]);
  });

  it('shows nothing of a private key', async () => {
    const key = CA.credential.exportKeyPem();
    const err = await refusing(key);
    assert.match(err, /private key, of which nothing is shown/);
    assert.ok(!err.includes(key.split('\n')[1] ?? 'MII'));
  });

  for (const [name, content] of [
    ['text', 'hello'],
    ['another kind of PEM', '-----BEGIN DH PARAMETERS-----\nMAMCAQU=\n-----END DH PARAMETERS-----\n'],
    ['another DER value', encode(0x04, Buffer.from('x'))],
    ['another DER sequence', sequence(oid('1.2.3'))],
    ['an OCSP request', sequence(sequence(sequence(sequence())))],
    ['nothing', ''],
  ] as const) {
    it(`exits 1 for ${name}`, async () => {
      assert.match(await refusing(content), /^error: this is (neither PEM nor DER|PEM of|DER of no)/);
    });
  }

  it('is coloured on a terminal', async () => {
    writeFileSync(join(folder, 'ca.crt'), CA.pem);
    assert.ok((await mtls(['inspect', 'ca.crt'], {cwd: folder, terminal: true})).out.includes('\u001b[1m'));
    assert.ok(
      !(await mtls(['inspect', 'ca.crt'], {cwd: folder, terminal: true, env: {NO_COLOR: '1'}})).out.includes('\u001b['),
    );
  });

  it('exits 2 without or with too many arguments, 1 for a file that is not there', async () => {
    assert.equal((await mtls(['inspect'])).code, 2);
    assert.equal((await mtls(['inspect', 'a', 'b'])).code, 2);
    assert.equal((await mtls(['inspect', 'no-such-file'], {cwd: folder})).code, 1);
  });
});

/** Changes the algorithm of an Ed25519 key to X25519, which nobody signs with: both are four octets. */
function withKeyOid(der: Buffer): Buffer {
  const copy = Buffer.from(der);
  const place = copy.indexOf(oid('1.3.101.112'));
  oid('1.3.101.110').copy(copy, place);
  return copy;
}

function nulInName() {
  return CA.issueClient({subject: 'a\0b'});
}
