import assert from 'node:assert/strict';
import {createCipheriv, createHmac, pbkdf2Sync, randomBytes} from 'node:crypto';
import {md, pkcs12, util} from 'node-forge';
import {MtlsError} from '../../src/errors';
import type {Credential} from '../../src/pki/credential';
import {context, implicit, integer, NULL, octetString, oid, sequence} from '../../src/pki/der';
import {parsePkcs12} from '../../src/tls/pkcs12';
import type {Pkcs12Content} from '../../src/tls/pkcs12';
import {Secret} from '../../src/tls/secret';
import {issueServer, serverRoot} from '../server/harness';

const PASSPHRASE = 'correct horse';
const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const KEY_BAG = '1.2.840.113549.1.12.10.1.1';
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2';
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3';
const SECRET_BAG = '1.2.840.113549.1.12.10.1.5';
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1';
const PBKDF2 = '1.2.840.113549.1.5.12';
const SHA1 = '1.2.840.113549.2.7';
const SHA256 = '1.2.840.113549.2.9';
const AES_128 = '2.16.840.1.101.3.4.1.2';
const AES_256 = '2.16.840.1.101.3.4.1.42';
const TRIPLE_DES = '1.2.840.113549.3.7';

/** A PKCS#12 file around contents that are wrapped already. */
function pfx(...contents: readonly Buffer[]): Buffer {
  const safe = sequence(...contents);
  const salt = randomBytes(16);
  const key = pkcs12.generateKey(
    PASSPHRASE,
    util.createBuffer(salt.toString('latin1')),
    3,
    1000,
    32,
    md.sha256.create(),
  );
  const mac = createHmac('sha256', Buffer.from(key.getBytes(), 'latin1')).update(safe).digest();
  const digest = sequence(sequence(oid('2.16.840.1.101.3.4.2.1'), NULL), octetString(mac));
  return sequence(integer(3), plain(safe), sequence(digest, octetString(salt), integer(1000)));
}

function plain(content: Buffer): Buffer {
  return sequence(oid(DATA), context(0, octetString(content)));
}

interface Encryption {
  readonly prf?: string | undefined;
  readonly cipher?: string;
  readonly derivation?: string;
  readonly iterations?: number;
  readonly scheme?: string;
}

function encrypted(content: Buffer, encryption: Encryption = {}): Buffer {
  const {cipher = AES_256, derivation = PBKDF2, iterations = 1000, scheme = '1.2.840.113549.1.5.13'} = encryption;
  const prf = 'prf' in encryption ? encryption.prf : SHA256;
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const bits = cipher === AES_128 ? 128 : 256;
  const key = pbkdf2Sync(PASSPHRASE, salt, Math.min(iterations, 1000), bits / 8, prf === SHA256 ? 'sha256' : 'sha1');
  const aes = createCipheriv(`aes-${bits}-cbc`, key, iv);
  const hidden = Buffer.concat([aes.update(content), aes.final()]);
  const prfs = prf === undefined ? [] : [sequence(oid(prf), NULL)];
  const kdf = sequence(oid(derivation), sequence(octetString(salt), integer(iterations), ...prfs));
  const algorithm = sequence(oid(scheme), sequence(kdf, sequence(oid(cipher), octetString(iv))));
  const info = sequence(oid(DATA), algorithm, implicit(0, hidden));
  return sequence(oid(ENCRYPTED_DATA), context(0, sequence(integer(0), info)));
}

function certificateBag(der: Buffer): Buffer {
  return sequence(oid(CERTIFICATE_BAG), context(0, sequence(oid(X509_CERTIFICATE), context(0, octetString(der)))));
}

function keyBag({key}: Credential): Buffer {
  return sequence(oid(KEY_BAG), context(0, key.export({type: 'pkcs8', format: 'der'})));
}

function shroudedBag({key}: Credential, passphrase = PASSPHRASE): Buffer {
  const hidden = key.export({type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase});
  return sequence(oid(SHROUDED_KEY_BAG), context(0, hidden));
}

function parse(file: Buffer): Pkcs12Content {
  return parsePkcs12(file, new Secret(PASSPHRASE));
}

function refusal(file: Buffer): string {
  try {
    parse(file);
  } catch (error) {
    if (error instanceof MtlsError) return `${error.refusal.required} / ${error.refusal.found}`;
    throw error;
  }
  return 'accepted';
}

describe('parsePkcs12', () => {
  const server = issueServer();
  const intermediate = serverRoot.issueAuthority({subject: {commonName: 'Server Issuer'}});
  const below = intermediate.issueServer({subject: {commonName: 's'}, subjectAltNames: ['dns:localhost']});
  const bags = sequence(certificateBag(server.certificate), keyBag(server));

  const READ: readonly (readonly [string, () => Buffer])[] = [
    ['everything in the clear', () => pfx(plain(bags))],
    ['an encrypted key', () => pfx(plain(sequence(certificateBag(server.certificate), shroudedBag(server))))],
    ['AES-256 and HMAC-SHA-256', () => pfx(encrypted(bags))],
    ['AES-128', () => pfx(encrypted(bags, {cipher: AES_128}))],
    ['HMAC-SHA-1, which goes without saying', () => pfx(encrypted(bags, {prf: undefined}))],
    ['HMAC-SHA-1, said', () => pfx(encrypted(bags, {prf: SHA1}))],
    [
      'several contents',
      () => pfx(encrypted(sequence(certificateBag(server.certificate))), plain(sequence(keyBag(server)))),
    ],
    [
      'bags of other kinds',
      () =>
        pfx(
          plain(
            sequence(
              sequence(oid(SECRET_BAG), context(0, sequence(oid(DATA), context(0, octetString(Buffer.alloc(1)))))),
              certificateBag(server.certificate),

              keyBag(server),
            ),
          ),
        ),
    ],
  ];
  for (const [name, file] of READ) {
    it(`reads ${name}`, () => {
      const {key, certificates} = parse(file());
      assert.ok(key.equals(server.key));
      assert.deepEqual(
        certificates.map(({der}) => Buffer.from(der)),
        [server.certificate],
      );
    });
  }

  it('orders the chain from the key upwards and leaves the root and strangers out', () => {
    const all = [serverRoot.certificate, intermediate.certificate, server.certificate, below.certificate];
    const {certificates} = parse(pfx(plain(sequence(...all.map(der => certificateBag(der)), keyBag(below)))));
    assert.deepEqual(
      certificates.map(({der}) => Buffer.from(der)),
      [below.certificate, intermediate.certificate],
    );
  });

  const REFUSED: readonly (readonly [string, () => Buffer, RegExp])[] = [
    ['no key', () => pfx(plain(sequence(certificateBag(server.certificate)))), /one private key \/ 0|OpenSSL/],
    ['two keys', () => pfx(plain(sequence(keyBag(server), keyBag(below)))), /one private key \/ 2|OpenSSL/],
    [
      'a key without certificate',
      () => pfx(plain(sequence(keyBag(server), certificateBag(below.certificate)))),
      /certificate of the private key|OpenSSL/,
    ],
    [
      'a key under another passphrase',
      () => pfx(plain(sequence(certificateBag(server.certificate), shroudedBag(server, 'other')))),
      /OpenSSL|opens with/,
    ],
    ['triple DES', () => pfx(encrypted(bags, {cipher: TRIPLE_DES})), /AES|OpenSSL/],
    ['a scheme from before PBES2', () => pfx(encrypted(bags, {scheme: '1.2.840.113549.1.12.1.3'})), /PBES2|OpenSSL/],
    ['another key derivation', () => pfx(encrypted(bags, {derivation: '1.3.6.1.4.1.11591.4.11'})), /PBKDF2|OpenSSL/],
    [
      'content of another type',
      () => pfx(sequence(oid('1.2.840.113549.1.7.3'), context(0, sequence()))),
      /passphrase|OpenSSL/,
    ],
    ['a wrong MAC', () => flipped(pfx(plain(bags))), /passphrase of the file/],
  ];
  for (const [name, file, evidence] of REFUSED) {
    it(`refuses ${name}`, () => {
      assert.match(refusal(file()), evidence);
    });
  }

  /** Changes one bit of the last salt byte, so that everything parses and the MAC is wrong. */
  function flipped(file: Buffer): Buffer {
    const copy = Buffer.from(file);
    const at = copy.length - 6;
    copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
    return copy;
  }
});
