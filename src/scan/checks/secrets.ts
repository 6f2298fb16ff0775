import type {HttpAnswer} from '../probe/http-exchange';
import type {Check} from './check';
import {Owasp, fail, notTested, pass} from './check';

/** Well-known forms of secrets. Each must be rare enough in honest answers that a hit is worth a look. */
const PATTERNS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a private key', /-----BEGIN (?:RSA |EC |DSA |OPENSSH |ENCRYPTED )?PRIVATE KEY-----/g],
  ['a private JWK', /"kty"\s*:\s*"[A-Za-z]+"[^{}]*"d"\s*:\s*"[\w-]{20,}"/g],
  ['an AWS access key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g],
  ['a Google API key', /\bAIza[\w-]{35}\b/g],
  ['a GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{60,})/g],
  ['a Slack token', /\bxox[abeoprs]-[\w-]{10,}/g],
  ['a Stripe key', /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/g],
  ['an npm token', /\bnpm_[A-Za-z0-9]{36}\b/g],
  ['a SendGrid key', /\bSG\.[\w-]{16,}\.[\w-]{16,}/g],
  ['a JSON Web Token', /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/g],
  ['a password in a URL', /\b[a-z][a-z0-9+.-]{2,12}:\/\/[^\s:/@"']{1,64}:[^\s:/@"']{3,64}@[\w.-]+/g],
  [
    'an API key or password field',
    /"(?:api[_-]?key|secret|client[_-]?secret|passw(?:or)?d|access[_-]?token|private[_-]?key)"\s*:\s*"[^"\s]{6,}"/gi,
  ],
];

/** Headers that carry a credential and have no business in an answer. */
const CREDENTIAL_HEADERS = /^(?:x-)?(?:api-?key|auth-?token|access-?token|client-?secret)$|^authorization$/;

/** Looks through every answer of the scan; runs last. */
export const SECRET_CHECKS: readonly Check[] = [
  {
    id: 'secret-in-answer',
    title: 'no answer holds a secret',
    severity: 'critical',
    risk: 'whoever may read the answer, a log or a cache of it gets a credential',
    remedy: 'look keys up on the server, by principal, and use them there; change the ones that were shown',
    cwe: 200,
    owasp: Owasp.PROPERTY_EXPOSURE,
    run: ({answers}) => {
      if (answers.length === 0) return Promise.resolve(notTested('no HTTP answer was received'));
      const found = new Set(answers.flatMap(secretsIn));
      return Promise.resolve(found.size > 0 ? fail(...found) : pass(`${answers.length} answers were searched`));
    },
  },
];

/** Secrets in one answer, told without telling them. */
function secretsIn(answer: HttpAnswer): readonly string[] {
  const where = `${answer.method} ${answer.path}`;
  const headers = answer.headers.flatMap(([name, value]) =>
    CREDENTIAL_HEADERS.test(name) && value !== '' ? [`${where}: header ${name} (${hint(value)})`] : [],
  );
  const text = [answer.body, ...answer.headers.map(([, value]) => value)].join('\n');
  const patterns = PATTERNS.flatMap(([what, pattern]) =>
    [...text.matchAll(pattern)].map(([secret]) => `${where}: ${what} (${hint(secret)})`),
  );
  return [...headers, ...patterns];
}

/** Enough to find it again, too little to use it. */
function hint(secret: string): string {
  return `${JSON.stringify(secret.slice(0, 4))} and ${Math.max(0, secret.length - 4)} more characters`;
}
