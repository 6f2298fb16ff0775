import assert from 'node:assert/strict';
import {getDiffieHellman} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {createServer as createHttpServer} from 'node:http';
import {createServer as createTcpServer} from 'node:net';
import type {Server} from 'node:net';
import {join} from 'node:path';
import {rootCertificates} from 'node:tls';
import {integer, sequence} from '../../src/pki/der';
import {encodeOcspError, encodeOcspResponse} from '../../src/pki/ocsp';
import type {OcspAnswerSpec, OcspStatus} from '../../src/pki/ocsp';
import {Budget, DEFAULT_LIMITS} from '../../src/scan/budget';
import {FAMILIES} from '../../src/scan/checks/catalogue';
import type {Outcome} from '../../src/scan/checks/check';
import {createContext} from '../../src/scan/context';
import type {ScanContext} from '../../src/scan/context';
import {DEFAULT_OPTIONS} from '../../src/scan/options';
import type {ScanOptions} from '../../src/scan/options';
import {parseTarget} from '../../src/scan/target';
import {rawTlsServer} from './raw-server';
import type {RawBehaviour} from './raw-server';
import {
  ALICE,
  ANCIENT,
  CA,
  credentialOptions,
  HAS_OPENSSL,
  https,
  identityOf,
  NAIVE,
  OTHER_CA,
  RSA_SERVER,
  SERVER,
  start,
  startOpenssl,
  STRANGER,
  STRICT,
  tlsOf,
} from './servers';
import type {Handler, Running} from './servers';

/** One server, what the scan is told, and what the check must say about it. */
interface Case {
  readonly server: () => Server | Promise<Running>;
  readonly says: Outcome['status'];
  readonly because: RegExp;
  readonly options?: Partial<ScanOptions>;
  /** Runs before the check, for checks that look at what others saw. */
  readonly before?: (context: ScanContext) => Promise<unknown>;
}

const withAlice = {identity: ALICE};
const trusting = {serverAuthorities: CA.pem};

/** TLS 1.2 with one suite of everything OpenSSL still has. */
const raw = (behaviour: Partial<RawBehaviour>) => () =>
  rawTlsServer({versions: [0x0303], suites: [0xc02b], ...behaviour});
const ancient = () => https(ANCIENT);
const ancientRsa = () => https({...ANCIENT, ...credentialOptions(RSA_SERVER)});
const strict = () => https(STRICT);
const naive = () => https(NAIVE);
const rsaTls12 = (ciphers: string, more: object = {}) =>
  https({...STRICT, ...credentialOptions(RSA_SERVER), maxVersion: 'TLSv1.2', ciphers, ...more});

/** A server whose certificate differs in one way. */
const certified =
  (spec: Partial<Parameters<typeof CA.issueServer>[0]>, options: object = {}) =>
  () =>
    https({
      ...STRICT,
      ...credentialOptions(CA.issueServer({subject: 'localhost', subjectAltNames: ['dns:localhost'], ...spec})),
      ...options,
    });

/** Whether a request may in, in code that thinks about it itself. */
const gated =
  (mayEnter: (request: Parameters<Handler>[0]) => boolean): Handler =>
  (request, response) => {
    response.statusCode = mayEnter(request) ? 200 : 401;
    response.end();
  };

const unitOf = (request: Parameters<Handler>[0]) => String(tlsOf(request).getPeerCertificate().subject.OU);

const unitIs = (unit: string) => gated(request => unitOf(request) === unit);

const ADMIN = identityOf(CA.issueClient({subject: {organizationalUnit: 'Admins', commonName: 'erin'}}));

const hasHeader = (...names: readonly string[]) =>
  gated(request => tlsOf(request).authorized || names.some(name => request.headers[name] !== undefined));

const answering =
  (status: number, headers: Record<string, string>, body = '') =>
  () =>
    https(STRICT, (_request, response) => response.writeHead(status, headers).end(body));

const dhPrime1024 = `-----BEGIN DH PARAMETERS-----\n${sequence(
  integer(BigInt(`0x${getDiffieHellman('modp2').getPrime('hex')}`)),
  integer(2),
).toString('base64')}\n-----END DH PARAMETERS-----\n`;

const DAY_MS = 86_400_000;
const days = (from: number, to: number) => ({
  notBefore: new Date(Date.now() + from * DAY_MS),
  notAfter: new Date(Date.now() + to * DAY_MS),
});

const document = (operation: object) => JSON.stringify({openapi: '3.0.3', paths: {'/patients/{id}': {get: operation}}});
const SECURED = {security: [{mutualTLS: []}], responses: {'200': {}}};
const withDocument = (operation: object, more: Partial<ScanOptions> = {}) => ({
  openApi: {kind: 'document', text: document(operation)} as const,
  ...more,
});

const weak = (server: Case['server'], because: RegExp, more: Partial<Case> = {}): Case => ({
  server,
  says: 'fail',
  because,
  ...more,
});
const warned = (server: Case['server'], because: RegExp, more: Partial<Case> = {}): Case => ({
  server,
  says: 'warn',
  because,
  ...more,
});
const good = (server: Case['server'], because: RegExp, more: Partial<Case> = {}): Case => ({
  server,
  says: 'pass',
  because,
  ...more,
});
const silent = (server: Case['server'], because: RegExp, more: Partial<Case> = {}): Case => ({
  server,
  says: 'not-tested',
  because,
  ...more,
});

const refusesCertificate = (id: string): Record<string, readonly Case[]> => ({
  [id]: [
    weak(naive, /served: HTTP 200/),
    good(strict, /refused by TLS/),
    warned(
      () =>
        https(
          NAIVE,
          gated(request => tlsOf(request).authorized),
        ),
      /only application code/,
    ),
    silent(() => https({...credentialOptions(SERVER)}), /asked for no certificate/),
  ],
});

const forwarded = (id: string, header: string): Record<string, readonly Case[]> => ({
  [id]: [
    weak(() => https(NAIVE, hasHeader(header)), /with it: served/),
    weak(
      () =>
        https(NAIVE, (request, response) => response.end(request.headers[header] === undefined ? '' : 'hello alice')),
      /repeats the claimed name/,
      {options: withAlice},
    ),
    good(() => https(NAIVE, hasHeader()), /with it: refused by the application/),
    good(strict, /no request gets in/),
  ],
});

/** Every check, against a server that has the weakness and one that has not. */
const CASES: Record<string, readonly Case[]> = {
  'client-certificate-requested': [
    weak(() => https({...credentialOptions(SERVER)}), /no handshake held/),
    good(strict, /every handshake held/),
    silent(raw({}), /no handshake could be read/),
  ],
  'client-certificate-required': [
    weak(naive, /served: HTTP 200 over TLSv1.3/),
    good(strict, /refused by TLS: .*certificate required/),
    warned(
      () =>
        https(
          NAIVE,
          gated(request => tlsOf(request).authorized),
        ),
      /only application code/,
    ),
    silent(() => https(NAIVE, () => undefined), /no answer in time/, {
      options: {limits: {...DEFAULT_LIMITS, connectionMs: 300}},
    }),
  ],
  'client-certificate-accepted': [
    weak(strict, /refused by TLS/, {options: {identity: STRANGER}}),
    good(strict, /served: HTTP 200/, {options: withAlice}),
    silent(strict, /no client certificate was given/),
  ],
  'client-certificate-authorities': [
    weak(() => https({...STRICT, ca: [...rootCertificates]}), /CA names: a public root store/),
    good(strict, /1 CA names are sent\nCN=Scan Test CA/),
    warned(() => https({...NAIVE, ca: undefined}), /no CA name is sent/),
    silent(() => https({...credentialOptions(SERVER)}), /no CertificateRequest/),
  ],
  ...refusesCertificate('client-self-signed'),
  ...refusesCertificate('client-unknown-ca'),
  ...refusesCertificate('client-wrong-chain'),
  ...refusesCertificate('client-expired'),
  ...refusesCertificate('client-not-yet-valid'),
  ...refusesCertificate('client-server-purpose'),
  ...refusesCertificate('client-weak-key'),
  ...refusesCertificate('client-weak-signature'),
  ...refusesCertificate('client-ca-as-leaf'),
  ...refusesCertificate('client-nul-in-name'),
  ...refusesCertificate('client-oversized-chain'),
  'identity-unmapped': [
    weak(strict, /OU=mtls-scan: served/, {options: {issuer: CA}}),
    good(() => https(STRICT, unitIs('Admins')), /HTTP 401/, {options: {issuer: CA}}),
    good(strict, /refused by TLS/, {options: {issuer: OTHER_CA}}),
    silent(strict, /no CA that the server trusts/),
    silent(() => https(STRICT, () => undefined), /no answer in time/, {
      options: {issuer: CA, limits: {...DEFAULT_LIMITS, connectionMs: 300}},
    }),
  ],
  'identity-lookalike': [
    weak(
      () =>
        https(
          STRICT,
          gated(request => unitOf(request).includes('Admins')),
        ),
      /OU=NotAdmins: served/,
      {
        options: {issuer: CA, identity: ADMIN},
      },
    ),
    good(() => https(STRICT, unitIs('Admins')), /OU=NotAdmins: refused/, {options: {issuer: CA, identity: ADMIN}}),
    silent(strict, /any certificate of the CA is served/, {options: {issuer: CA, identity: ADMIN}}),
    silent(strict, /no CA that the server trusts/, {options: {identity: ADMIN}}),
    silent(strict, /no client certificate/, {options: {issuer: CA}}),
    silent(strict, /names no organizational unit/, {options: {issuer: CA, identity: ALICE}}),
  ],
  'session-without-certificate': [
    weak(
      () =>
        https(
          NAIVE,
          gated(request => tlsOf(request).authorized || tlsOf(request).isSessionReused()),
        ),
      /with the session: served/,
    ),
    good(
      () =>
        https(
          {...NAIVE, secureOptions: STRICT.secureOptions},
          gated(request => tlsOf(request).authorized),
        ),
      /with the session: refused by the application/,
    ),
    good(strict, /a refused client gets no session/),
    silent(naive, /served anyway/),
  ],
  'session-identity': [
    weak(
      () =>
        https(
          {...STRICT, secureOptions: 0},
          gated(request => !tlsOf(request).isSessionReused()),
        ),
      /resumed, refused by the application/,
      {options: withAlice},
    ),
    weak(
      () => https({...NAIVE, secureOptions: STRICT.secureOptions}),
      /with the session alone: full handshake, served/,
      {options: withAlice},
    ),
    good(() => https({...STRICT, secureOptions: 0}), /with the session alone: resumed/, {options: withAlice}),
    silent(strict, /no client certificate was given/),
    silent(strict, /was refused/, {options: {identity: STRANGER}}),
  ],
  'session-names': [
    weak(
      () =>
        https(
          {...STRICT, secureOptions: 0},
          gated(request => tlsOf(request).isSessionReused() || tlsOf(request).servername === 'localhost'),
        ),
      /mtls-scan.invalid: resumed, served.*with a full handshake refused/,
      {options: withAlice},
    ),
    weak(twoTenants, /other\.localhost: resumed, served.*with a full handshake refused by TLS/, {options: withAlice}),
    warned(() => https({...STRICT, secureOptions: 0}), /other\.localhost: resumed/, {options: withAlice}),
    good(strict, /no session/, {options: withAlice}),
    good(strict, /the server offers no session/),
  ],
  'session-lifetime': [
    weak(() => https({...STRICT, secureOptions: 0}), /resumed for 7200 seconds/, {options: withAlice}),
    good(() => https({...STRICT, secureOptions: 0, sessionTimeout: 300}), /resumed for 300 seconds/, {
      options: withAlice,
    }),
    good(strict, /not resumed|no session/, {options: withAlice}),
    good(strict, /no session/),
  ],
  'session-early-data': [
    ...(HAS_OPENSSL
      ? [
          weak(() => startOpenssl('-early_data', '-max_early_data', '16384'), /allows 16384 octets/, {
            options: {limits: {...DEFAULT_LIMITS, connectionMs: 1500}},
          }),
        ]
      : []),
    good(naive, /allows none/),
    good(() => https({...NAIVE, maxVersion: 'TLSv1.2'}), /only TLS 1.3/),
    good(strict, /no session/),
  ],
  'name-sni': [
    weak(
      () =>
        https(
          NAIVE,
          gated(request => tlsOf(request).servername !== 'localhost'),
        ),
      /LOCALHOST, without certificate: served[^]*localhost\., [^]*none, [^]*mtls-scan\.invalid, without certificate: served/,
    ),
    weak(twoAuthorities, /localhost\., with the given certificate: served/, {options: withAlice}),
    good(strict, /LOCALHOST, without certificate: refused/),
    silent(naive, /no client is refused/),
  ],
  'name-host': [
    weak(strict, /Host mtls-scan.invalid: served/, {options: withAlice}),
    good(
      () =>
        https(STRICT, (request, response) => {
          response.statusCode = request.headers.host?.startsWith('localhost:') === true ? 200 : 421;
          response.end();
        }),
      /HTTP 421/,
      {options: withAlice},
    ),
    silent(strict, /give a client certificate/),
  ],
  'protocol-ssl-3': [
    weak(raw({versions: [0x0300], suites: [0x002f]}), /SSL 3.0 was accepted/),
    good(strict, /refused: \w+/),
  ],
  'protocol-tls-1.0': [weak(ancient, /TLS 1.0 was accepted/), good(strict, /refused: protocol_version/)],
  'protocol-tls-1.1': [weak(ancient, /TLS 1.1 was accepted/), good(strict, /refused: protocol_version/)],
  'protocol-tls-1.3': [
    warned(() => https({...STRICT, maxVersion: 'TLSv1.2'}), /does not go on/),
    good(strict, /is spoken/),
  ],
  'suite-null': [weak(ancientRsa, /TLS_RSA_WITH_NULL_SHA256/), good(strict, /none was chosen/)],
  'suite-anonymous': [weak(ancient, /TLS_ECDH_anon/), good(strict, /none was chosen/)],
  'suite-export': [weak(raw({suites: [0x0003]}), /TLS_RSA_EXPORT_WITH_RC4_40_MD5/), good(strict, /none was chosen/)],
  'suite-rc4': [weak(raw({suites: [0x0005]}), /TLS_RSA_WITH_RC4_128_SHA/), good(strict, /none was chosen/)],
  'suite-small-block': [weak(raw({suites: [0x000a]}), /3DES/), good(strict, /none was chosen/)],
  'suite-static-key-exchange': [
    weak(() => rsaTls12('AES128-GCM-SHA256'), /TLS_RSA_WITH_AES_128_GCM_SHA256/),
    good(strict, /none was chosen/),
    good(() => https({...STRICT, minVersion: 'TLSv1.3'}), /TLS 1.3 has no such suite/),
  ],
  'suite-cbc': [weak(naive, /_CBC_/), good(strict, /none was chosen/)],
  'suite-strong': [
    weak(() => rsaTls12('AES128-SHA:AES256-SHA'), /none of them/),
    good(strict, /TLS_AES_256_GCM_SHA384.*TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384/),
  ],
  'suite-dhe-size': [
    weak(() => rsaTls12('DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0', {dhparam: dhPrime1024}), /1024 bits/),
    good(() => rsaTls12('DHE-RSA-AES128-GCM-SHA256', {dhparam: 'auto'}), /the prime has \d{4} bits/),
    good(strict, /no DHE suite/),
    good(() => https({...STRICT, minVersion: 'TLSv1.3'}), /only named groups/),
    silent(raw({suites: [0x009e]}), /chose no prime/),
  ],
  'group-weak': [
    weak(() => https({...ANCIENT, ecdhCurve: 'prime192v1:P-256'}), /secp192r1/),
    good(strict, /none was chosen/),
  ],
  'group-strong': [
    weak(() => rsaTls12('AES128-GCM-SHA256'), /none of them/),
    good(strict, /x25519/),
    good(() => https({...STRICT, maxVersion: 'TLSv1.2'}), /x25519/),
  ],
  'group-post-quantum': [
    warned(() => https({...STRICT, ecdhCurve: 'X25519:P-256'}), /only classical/),
    good(raw({versions: [0x0304], suites: [0x1301], group: 0x11ec}), /X25519MLKEM768/),
    silent(() => https({...STRICT, maxVersion: 'TLSv1.2'}), /needs TLS 1.3/),
  ],
  'signature-server': [
    weak(ancientRsa, /signed with rsa_pkcs1_sha1/),
    weak(raw({versions: [0x0301], suites: [0xc013]}), /TLS 1.0 signs with MD5/),
    good(strict, /refused/),
    good(() => https({...STRICT, minVersion: 'TLSv1.3'}), /TLS 1.3 allows neither/),
  ],
  'signature-client': [
    weak(ancientRsa, /allows .*rsa_pkcs1_sha1/),
    good(strict, /lists none/),
    silent(() => https({...credentialOptions(SERVER)}), /no CertificateRequest/),
  ],
  'handshake-preference': [
    warned(ancientRsa, /the order of the client decides/),
    good(strict, /from both orders/),
    good(() => https({...STRICT, minVersion: 'TLSv1.3'}), /from both orders/),
    silent(() => rsaTls12('AES128-GCM-SHA256'), /only one suite/),
  ],
  'handshake-compression': [
    weak(raw({compression: 1}), /method 1 was chosen/),
    good(strict, /not chosen/),
    good(raw({suites: [0x000a]}), /an offer of DEFLATE was refused: handshake_failure/),
    good(() => https({...STRICT, minVersion: 'TLSv1.3'}), /TLS 1.3 has no compression/),
  ],
  'handshake-renegotiation': [
    weak(naive, /was completed/),
    good(() => https({...NAIVE, secureOptions: STRICT.secureOptions}), /was refused/),
    good(strict, /was refused/, {options: withAlice}),
    good(() => https({...STRICT, minVersion: 'TLSv1.3'}), /TLS 1.3 has no renegotiation/),
    silent(strict, /give a client certificate/),
    silent(raw({versions: [0x0302], suites: [0xc013]}), /cannot renegotiate TLS 1.1/),
  ],
  'handshake-renegotiation-info': [
    weak(raw({renegotiationInfo: 'absent'}), /is missing/),
    good(strict, /was sent/),
    good(() => https({...STRICT, minVersion: 'TLSv1.3'}), /TLS 1.3 has no renegotiation/),
  ],
  'handshake-downgrade-sentinel': [
    weak(raw({versions: [0x0304, 0x0303], suites: [0x1301, 0xc02b], group: 29}), /has no mark/),
    good(strict, /ends in the mark/),
    good(() => https({...STRICT, minVersion: 'TLSv1.3'}), /nothing below/),
    silent(() => https({...STRICT, maxVersion: 'TLSv1.2'}), /does not speak TLS 1.3/),
  ],
  'handshake-fallback': [
    warned(raw({versions: [0x0303, 0x0302], suites: [0xc013]}), /TLS 1.1 was accepted although/),
    good(strict, /TLS 1.2 with the fallback mark: inappropriate_fallback/),
    good(() => https({...STRICT, minVersion: 'TLSv1.3'}), /one version only/),
  ],
  'server-chain': [
    weak(strict, /ends in a self-signed certificate/),
    weak(() => https({...STRICT, ca: OTHER_CA.pem}), /none is issued by a trusted CA, the last names CN=Scan Test CA/),
    weak(() => https({...STRICT, ...credentialOptions(OTHER_CA.credential), ca: OTHER_CA.pem}), /self-signed/, {
      options: trusting,
    }),
    good(strict, /issued under CN=Scan Test CA/, {options: trusting}),
    warned(
      () => https({...STRICT, key: SERVER.exportKeyPem(), cert: SERVER.pem + OTHER_CA.pem}),
      /1 of them for nothing/,
      {options: trusting},
    ),
    silent(raw({}), /no server certificate/),
  ],
  'server-name': [
    weak(certified({subjectAltNames: ['dns:elsewhere.example']}), /localhost is not among the names: DNS:elsewhere/),
    good(strict, /localhost is covered/),
  ],
  'server-alternative-names': [
    weak(certified({subjectAltNames: ['dns:x'], without: ['subjectAltNames']}), /missing/),
    good(strict, /3 names/),
  ],
  'server-validity': [
    weak(certified({validity: days(-9, -1)}), /valid from/),
    weak(certified({validity: days(1, 9)}), /valid from/),
    warned(certified({validity: days(-80, 10)}), /(9\.9|10\.0) days left/),
    good(strict, /valid from/),
  ],
  'server-lifetime': [warned(certified({validity: days(-1, 900)}), /901 days/), good(strict, /30 days/)],
  'server-key': [
    weak(certified({key: 'rsa-1024'}, {ciphers: 'DEFAULT:@SECLEVEL=0'}), /rsa 1024 bits/),
    weak(
      certified({key: 'ecdsa-p224'}, {ciphers: 'ALL:@SECLEVEL=0', ecdhCurve: 'P-256:P-224', maxVersion: 'TLSv1.2'}),
      /ec 224 bits/,
    ),
    good(strict, /ec 256 bits/),
    good(certified({key: 'ed25519'}), /ed25519/),
  ],
  'server-signature': [
    weak(certified({scheme: 'ecdsa-sha1'}, {ciphers: 'DEFAULT:@SECLEVEL=0'}), /SHA-1 with ECDSA/),
    good(strict, /none in the chain/),
  ],
  'server-purpose': [
    weak(certified({extendedKeyUsage: ['clientAuth']}), /1\.3\.6\.1\.5\.5\.7\.3\.2/),
    weak(certified({basicConstraints: {ca: true}}), /CA certificate/),
    warned(certified({without: ['extendedKeyUsage']}), /names no extended key usage/),
    good(strict, /serverAuth/),
  ],
  'server-stapling': [
    warned(certified({authorityInfoAccess: {ocsp: ['http://ocsp.localhost/']}}), /names a responder/),
    good(strict, /names no responder/),
    good(() => stapling({serialNumber: 77n}, answerSaying({kind: 'good'})), /good from 20.* to 20/),
    good(() => stapling({serialNumber: 77n}, answerSaying({kind: 'good'}, {nextUpdate: 'none'})), /to an unknown time/),
    weak(() => stapling({serialNumber: 77n}, answerSaying({kind: 'revoked', since: new Date()})), /says revoked/),
    weak(
      () => stapling({serialNumber: 77n}, answerSaying({kind: 'good'}, {thisUpdate: days(-9, 0).notBefore})),
      /good from/,
    ),
    weak(
      () => stapling({serialNumber: 77n}, answerSaying({kind: 'good'}, {thisUpdate: days(9, 0).notBefore})),
      /good from/,
    ),
    weak(() => stapling({serialNumber: 78n}, answerSaying({kind: 'good'})), /nothing about this certificate/),
    weak(() => stapling({}, encodeOcspError('tryLater')), /nothing about this certificate/),
    weak(() => stapling({}, Buffer.from('30030a0106', 'hex')), /nothing about this certificate/),
  ],
  'server-must-staple': [
    weak(certified({tlsFeatures: [5]}), /none came/),
    good(strict, /does not ask/),
    good(() => stapling({tlsFeatures: [5]}, encodeOcspError('tryLater')), /a staple came/),
  ],
  'http-hsts': [
    warned(strict, /missing/, {options: withAlice}),
    warned(answering(200, {'Strict-Transport-Security': 'max-age=60'}), /60 seconds/, {options: withAlice}),
    warned(answering(200, {'Strict-Transport-Security': 'includeSubDomains'}), /0 seconds/, {options: withAlice}),
    good(answering(200, {'Strict-Transport-Security': 'max-age=15552000'}), /15552000/, {options: withAlice}),
    silent(strict, /no HTTP answer/),
  ],
  'http-headers': [
    warned(strict, /nosniff is missing[^]*Cache-Control is missing/, {options: withAlice}),
    good(answering(200, {'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store'}), /both/, {
      options: withAlice,
    }),
  ],
  'http-disclosure': [
    warned(answering(200, {'X-Powered-By': 'Express', Server: 'nginx/1.27.4'}), /nginx\/1\.27\.4[^]*Express/, {
      options: withAlice,
    }),
    good(answering(200, {Server: 'proxy'}), /no header/, {options: withAlice}),
  ],
  'http-error-body': [
    weak(answering(500, {}, 'Error: no\n    at run (/app/src/index.js:3:9)'), /a stack trace[^]*a path of the server/, {
      options: withAlice,
    }),
    weak(answering(403, {}, JSON.stringify({valid_from: 'Nov 23'})), /certificate data/, {options: withAlice}),
    weak(answering(403, {}, CA.pem), /a certificate/, {options: withAlice}),
    weak(answering(401, {}, 'DEPTH_ZERO_SELF_SIGNED_CERT'), /the reason of the TLS verifier/, {options: withAlice}),
    good(answering(404, {}, '{"error":{"code":"NOT_FOUND"}}'), /4 awkward requests/, {options: withAlice}),
    silent(strict, /no HTTP answer/),
  ],
  'http-plaintext': [
    weak(() => bothProtocols(200), /answered with 200/),
    good(() => bothProtocols(400), /refused with 400/),
    good(strict, /no HTTP answer/),
  ],
  ...forwarded('forwarded-rfc9440', 'client-cert'),
  ...forwarded('forwarded-xfcc', 'x-forwarded-client-cert'),
  ...forwarded('forwarded-nginx', 'x-ssl-client-verify'),
  ...forwarded('forwarded-aws', 'x-amzn-mtls-clientcert-leaf'),
  'api-anonymous': [
    weak(naive, /GET \/patients\/\{id\}: served/, {options: withDocument(SECURED)}),
    good(strict, /the handshake refuses them all/, {options: withDocument(SECURED)}),
    good(
      () =>
        https(
          NAIVE,
          gated(request => tlsOf(request).authorized),
        ),
      /1 operations were tried/,
      {options: withDocument(SECURED)},
    ),
    silent(strict, /no OpenAPI document was given/),
    silent(strict, /could not be read/, {options: {openApi: {kind: 'path', path: '/openapi.json'}}}),
    silent(strict, /could not be read/, {options: {openApi: {kind: 'document', text: 'openapi: 3.0.3'}}}),
  ],
  'api-security-declared': [
    warned(strict, /GET \/patients\/\{id\} declares no security/, {options: withDocument({responses: {}})}),
    good(strict, /1 operations/, {options: withDocument(SECURED)}),
    good(answering(200, {}, document(SECURED)), /1 operations/, {
      options: {...withAlice, openApi: {kind: 'path', path: '/openapi.json'}},
    }),
    silent(strict, /no OpenAPI document was given/),
  ],
  'api-answers': [
    warned(answering(418, {}), /HTTP 418 .*is not described/, {options: withDocument(SECURED, withAlice)}),
    warned(strict, /refused by TLS: .*is not described/, {options: withDocument(SECURED, {identity: STRANGER})}),
    good(answering(403, {}), /as described/, {options: withDocument(SECURED, withAlice)}),
    good(answering(204, {}), /as described/, {options: withDocument({responses: {'2XX': {}}}, withAlice)}),
    silent(strict, /no client certificate/, {options: withDocument(SECURED)}),
    silent(strict, /no OpenAPI document was given/),
  ],
  'secret-in-answer': [
    weak(
      answering(200, {'X-API-Key': 'key-of-alice-1234'}, '{"apiKey": "abcdef123456"}'),
      /header x-api-key[^]*an API key or password field/,
      {
        options: withAlice,
        before: context => context.authenticated() ?? Promise.resolve(),
      },
    ),
    good(strict, /1 answers were searched/, {
      options: withAlice,
      before: context => context.authenticated() ?? Promise.resolve(),
    }),
    silent(strict, /no HTTP answer/),
  ],
  'scan-control': [
    silent(() => forgetful(2), /stopped answering/),
    good(strict, /TLS 1.3 is still spoken/),
    good(() => https({...STRICT, maxVersion: 'TLSv1.2'}), /TLS 1.2 is still spoken/),
    silent(raw({versions: []}), /no handshake worked/),
  ],
};

/** Node's SNI contexts with different client CAs: a name with a dot at its end matches none and gets the default. */
function twoAuthorities(): Server {
  const server = https(STRICT);
  server.addContext('localhost', {...credentialOptions(SERVER), ca: OTHER_CA.pem});
  return server;
}

/** Two names with different client CAs and one ticket key, as Node makes it when nobody turns tickets off. */
function twoTenants(): Server {
  const server = https({...STRICT, secureOptions: 0});
  server.addContext('other.localhost', {...credentialOptions(SERVER), ca: OTHER_CA.pem});
  return server;
}

/** An OCSP answer about the certificate with serial number 77. */
function answerSaying(status: OcspStatus, times: Omit<Partial<OcspAnswerSpec>, 'status'> = {}): Buffer {
  return encodeOcspResponse({answers: [{certificate: 77n, status, ...times}]}, CA, new Date());
}

/** A server that staples these octets, whatever they mean. */
function stapling(spec: Partial<Parameters<typeof CA.issueServer>[0]>, staple: Buffer): Server {
  const server = certified(spec)();
  server.on('OCSPRequest', (_certificate, _issuer, callback: (error: null, response: Buffer) => void) => {
    callback(null, staple);
  });
  return server;
}

/** One port for TLS and plaintext, told apart by the first octet. */
function bothProtocols(status: number): Server {
  const secure = https(STRICT);
  const plain = createHttpServer((_request, response) => response.writeHead(status).end());
  return createTcpServer(socket => {
    socket.on('error', () => undefined);
    socket.once('readable', () => {
      const first: unknown = socket.read(1);
      if (!Buffer.isBuffer(first)) return;
      socket.unshift(first);
      (first[0] === 22 ? secure : plain).emit('connection', socket);
    });
  });
}

/** Answers so many connections and hangs up on the rest. */
function forgetful(connections: number): Server {
  const secure = https(STRICT);
  let left = connections;
  return createTcpServer(socket => {
    socket.on('error', () => undefined);
    if (left-- > 0) secure.emit('connection', socket);
    else socket.destroy();
  });
}

describe('scan checks', () => {
  const checks = FAMILIES.flatMap(family => family.checks);

  it('each have a server that shows the weakness and one that does not', () => {
    for (const {id} of checks) {
      const says = (CASES[id] ?? []).map(each => each.says);
      assert.ok(says.includes('pass'), `${id} has no good server`);
      assert.ok(
        says.includes('fail') || says.includes('warn') || id === 'scan-control' || !HAS_OPENSSL,
        `${id} has no weak server`,
      );
    }
  });

  it('have unique ids and full descriptions', () => {
    assert.equal(new Set(checks.map(check => check.id)).size, checks.length);
    for (const {id, title, risk, remedy, cwe, owasp} of checks) {
      assert.match(id, /^[a-z0-9.-]+$/);
      assert.ok(title !== '' && risk !== '' && remedy.length > 5 && cwe > 0, id);
      assert.match(owasp, /^API\d+:2023$/);
    }
  });

  it('are documented as they are', () => {
    const documentation = readFileSync(join(__dirname, '../../../docs/scan.md'), 'utf8').replaceAll(/ +/g, ' ');
    for (const {id, severity, title, risk, remedy, cwe, owasp} of checks) {
      const row = `| \`${id}\` | ${severity} | ${title}: ${risk} | ${remedy} | CWE-${cwe}, ${owasp} |`;
      assert.ok(documentation.includes(row), `docs/scan.md lacks: ${row}`);
    }
  });

  for (const {id, run} of checks) {
    describe(id, () => {
      for (const {server, says, because, options = {}, before} of CASES[id] ?? []) {
        it(`says ${says}: ${because.source}`, async () => {
          const made = await server();
          const running = 'stop' in made ? made : await start(made);
          try {
            const settings = {...DEFAULT_OPTIONS, now: new Date(), ...options};
            const target = {...parseTarget(running.url), address: '127.0.0.1'};
            const context = createContext(target, settings, new Budget(settings.limits));
            await before?.(context);
            const outcome = await run(context);
            const text = outcome.status === 'not-tested' ? outcome.reason : outcome.evidence.join('\n');
            assert.deepEqual({status: outcome.status, text: because.test(text) || text}, {status: says, text: true});
          } finally {
            await running.stop();
          }
        });
      }
    });
  }
});
