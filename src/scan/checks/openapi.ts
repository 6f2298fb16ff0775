import {accessOf, describeAccess} from '../access';
import type {ScanContext} from '../context';
import type {Operation} from '../openapi-document';
import type {HttpOutcome} from '../probe/http-exchange';
import type {Check, Outcome} from './check';
import {Owasp, fail, notTested, pass, warn} from './check';

/** Most operations called; each costs one connection without and one with certificate. */
const MAX_OPERATIONS = 25;

/** After so many refused handshakes without certificate, the rest would be refused too. */
const ENOUGH_REFUSALS = 3;

/** The API description against the running server. */
export const OPENAPI_CHECKS: readonly Check[] = [
  {
    id: 'api-anonymous',
    title: 'no secured operation works without certificate',
    severity: 'critical',
    risk: 'anyone can call what the API description says is protected',
    remedy: 'require the certificate in the handshake and an access rule on every route',
    cwe: 306,
    owasp: Owasp.FUNCTION_AUTHORIZATION,
    run: anonymousCalls,
  },
  {
    id: 'api-security-declared',
    title: 'every operation declares its security',
    severity: 'low',
    risk: 'clients and reviewers take a protected operation for a public one, or the other way round',
    remedy: 'declare a mutualTLS security scheme and require it globally',
    cwe: 1059,
    owasp: Owasp.INVENTORY,
    run: async context => {
      const operations = await context.operations();
      if (operations === undefined) return noDocument(context);
      const open = operations.filter(operation => operation.security === 'none').map(title);
      return open.length > 0
        ? warn(...open.map(each => `${each} declares no security`))
        : pass(`${operations.length} operations`);
    },
  },
  {
    id: 'api-answers',
    title: 'operations answer as described',
    severity: 'low',
    risk: 'what is not described is not reviewed',
    remedy: 'describe the status, or find out why it happens',
    cwe: 1059,
    owasp: Owasp.INVENTORY,
    run: describedAnswers,
  },
];

async function anonymousCalls(context: ScanContext): Promise<Outcome> {
  const operations = await callable(context);
  if (operations === undefined) return noDocument(context);
  const served: string[] = [];
  let tried = 0;
  let refusedByTls = 0;
  for (const operation of operations) {
    if (refusedByTls >= ENOUGH_REFUSALS) break;
    const outcome = await context.http({method: operation.method, path: operation.path});
    tried++;
    if (outcome.kind === 'refused') refusedByTls++;
    if (accessOf(outcome) === 'served' && operation.security === 'required') {
      served.push(`${title(operation)}: ${describeAccess(outcome)}`);
    }
  }
  if (served.length > 0) return fail(...served);
  return refusedByTls > 0 && refusedByTls === tried
    ? pass(`${tried} operations were tried; the handshake refuses them all`)
    : pass(`${tried} operations were tried`);
}

async function describedAnswers(context: ScanContext): Promise<Outcome> {
  const operations = await callable(context);
  if (operations === undefined) return noDocument(context);
  const {identity} = context.options;
  if (identity === undefined) return notTested('no client certificate was given (--cert and --key)');
  const drift: string[] = [];
  for (const operation of operations) {
    const outcome = await context.http({method: operation.method, path: operation.path, identity});
    if (!isDescribed(operation, outcome))
      drift.push(`${title(operation)}: ${describeAccess(outcome)} is not described`);
  }
  return drift.length > 0 ? warn(...drift) : pass(`${operations.length} operations answered as described`);
}

/** A refusal of this client is no drift: which role may do what is not for the description to say. */
function isDescribed({statuses}: Operation, outcome: HttpOutcome): boolean {
  if (outcome.kind !== 'answered') return false;
  if (outcome.status === 401 || outcome.status === 403) return true;
  const status = String(outcome.status);
  return statuses.some(each => each === status || each.toUpperCase() === `${status.charAt(0)}XX` || each === 'default');
}

/** Without permission to write, only GET and HEAD are sent. */
async function callable(context: ScanContext): Promise<readonly Operation[] | undefined> {
  const operations = await context.operations();
  return operations
    ?.filter(({method}) => context.options.methods === 'all' || method === 'GET' || method === 'HEAD')
    .slice(0, MAX_OPERATIONS);
}

function noDocument({options}: ScanContext): Outcome {
  return notTested(
    options.openApi === undefined
      ? 'no OpenAPI document was given (--openapi)'
      : 'the OpenAPI document could not be read',
  );
}

function title({method, template}: Operation): string {
  return `${method} ${template}`;
}
