import {accessOf} from '../access';
import type {ScanContext} from '../context';
import type {HttpAnswer} from '../probe/http-exchange';
import type {Check, Outcome} from './check';
import {Owasp, fail, notTested, pass, warn} from './check';

/** Half a year: RFC 6797 sets no minimum; shorter policies lapse between visits. */
const MIN_HSTS_SECONDS = 15_552_000;

/** What the HTTP layer tells and forgets to tell. */
export const HTTP_CHECKS: readonly Check[] = [
  {
    id: 'http-hsts',
    title: 'Strict-Transport-Security is sent',
    severity: 'low',
    risk: 'a browser can be led to a plaintext copy of the site first',
    remedy: `send Strict-Transport-Security: max-age=${MIN_HSTS_SECONDS} or more`,
    cwe: 319,
    owasp: Owasp.MISCONFIGURATION,
    run: onBestAnswer(answer => {
      const value = headerOf(answer, 'strict-transport-security');
      if (value === undefined) return warn('the header is missing');
      const seconds = Number(/max-age="?(\d+)/i.exec(value)?.[1] ?? 0);
      return seconds < MIN_HSTS_SECONDS ? warn(`max-age is ${seconds} seconds`) : pass(value);
    }),
  },
  {
    id: 'http-headers',
    title: 'answers are neither sniffed nor cached',
    severity: 'low',
    risk: 'personal answers stay in shared caches, or are run as script',
    remedy: 'send X-Content-Type-Options: nosniff, and Cache-Control: no-store for personal answers',
    cwe: 693,
    owasp: Owasp.MISCONFIGURATION,
    run: onBestAnswer(answer => {
      const missing = [
        ...(headerOf(answer, 'x-content-type-options') === 'nosniff' ? [] : ['X-Content-Type-Options: nosniff']),
        ...(headerOf(answer, 'cache-control') === undefined ? ['Cache-Control'] : []),
      ];
      return missing.length > 0 ? warn(...missing.map(name => `${name} is missing`)) : pass('both are there');
    }),
  },
  {
    id: 'http-disclosure',
    title: 'the software is not named',
    severity: 'low',
    risk: 'versions tell an attacker which holes to try',
    remedy: "call app.disable('x-powered-by'), set server_tokens off in nginx",
    cwe: 200,
    owasp: Owasp.MISCONFIGURATION,
    run: onBestAnswer(answer => {
      const named = ['server', 'x-powered-by', 'x-aspnet-version', 'via'].flatMap(name => {
        const value = headerOf(answer, name);
        return value !== undefined && (name === 'x-powered-by' || /\d/.test(value)) ? [`${name}: ${value}`] : [];
      });
      return named.length > 0 ? warn(...named) : pass('no header names a product with its version');
    }),
  },
  {
    id: 'http-error-body',
    title: 'errors tell the caller nothing',
    severity: 'medium',
    risk: 'stack traces, paths and certificate data show an attacker the inside',
    remedy:
      'answer errors with a status and a stable code; write the reason to the audit log (NODE_ENV=production hides Express stacks)',
    cwe: 209,
    owasp: Owasp.MISCONFIGURATION,
    run: errorBodies,
  },
  {
    id: 'http-plaintext',
    title: 'the port answers no plaintext',
    severity: 'high',
    risk: 'requests with tokens in them travel in the clear, past all certificates',
    remedy: 'listen with TLS only; close or firewall any plaintext listener',
    cwe: 319,
    owasp: Owasp.MISCONFIGURATION,
    run: plaintext,
  },
];

/** The answer of a served client where there is one, else any answer. */
function onBestAnswer(judge: (answer: HttpAnswer) => Outcome): Check['run'] {
  return async context => {
    const outcomes = [await context.authenticated(), await context.anonymous()];
    const answers = outcomes.filter(outcome => outcome?.kind === 'answered');
    const [best] = answers.sort((a, b) => Number(accessOf(b) === 'served') - Number(accessOf(a) === 'served'));
    return best === undefined
      ? notTested('no HTTP answer was received; give a client certificate (--cert and --key)')
      : judge(best);
  };
}

function headerOf(answer: HttpAnswer, name: string): string | undefined {
  return answer.headers.find(([each]) => each === name)?.[1];
}

/** Requests that good code refuses and careless code trips over. All of them only read. */
const AWKWARD_PATHS = ['/mtls-scan-no-such-path', '/%E0%A4%A', '/?filter=%7B%22where%22%3A', '/..%2f..%2fmtls-scan'];

const LEAKS: readonly (readonly [what: string, pattern: RegExp])[] = [
  [
    'a stack trace',
    /\bat (?:[\w.<>]+ )?\(?(?:node:|file:|\/)[\w./@-]+:\d+:\d+\)?|Traceback \(most recent call last\)|\bat [\w.$]+\([\w.]+\.java:\d+\)/,
  ],
  [
    'a path of the server',
    /(?:\/home\/|\/usr\/|\/app\/|\/opt\/|\/var\/|node_modules\/)[\w./-]+\.(?:js|ts|py|rb|php)\b/,
  ],
  ['a certificate', /-----BEGIN (?:TRUSTED )?CERTIFICATE-----/],
  ['certificate data', /"(?:valid_from|valid_to|fingerprint256|issuerCertificate|serialNumber|subjectaltname)"\s*:/i],
  [
    'the reason of the TLS verifier',
    /UNABLE_TO_(?:GET|VERIFY)_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_HAS_EXPIRED|ERR_TLS_\w+/,
  ],
];

async function errorBodies({http, options}: ScanContext): Promise<Outcome> {
  const identity = options.identity === undefined ? {} : {identity: options.identity};
  const found: string[] = [];
  let answered = 0;
  for (const path of AWKWARD_PATHS) {
    const outcome = await http({path, ...identity});
    if (outcome.kind !== 'answered') continue;
    answered++;
    const leaks = LEAKS.filter(([, pattern]) => pattern.test(outcome.body));
    found.push(...leaks.map(([what]) => `${path} (HTTP ${outcome.status}): ${what}`));
  }
  if (found.length > 0) return fail(...found);
  return answered === 0
    ? notTested('no HTTP answer was received')
    : pass(`${answered} awkward requests were answered plainly`);
}

/** HTTP statuses by which a TLS port tells a plaintext client to go away: 400 of nginx and others, 426, 497. */
const GO_AWAY: ReadonlySet<number> = new Set([400, 426, 497]);

async function plaintext({target, plaintext: send}: ScanContext): Promise<Outcome> {
  const request = `GET ${target.path} HTTP/1.1\r\nHost: ${target.authority}\r\nConnection: close\r\n\r\n`;
  const {bytes} = await send(Buffer.from(request, 'latin1'), received => received.includes('\r\n'));
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(bytes.toString('latin1'))?.[1];
  if (status === undefined) return pass('a plaintext request got no HTTP answer');
  return GO_AWAY.has(Number(status))
    ? pass(`a plaintext request was refused with ${status}`)
    : fail(`a plaintext request was answered with ${status}`);
}
