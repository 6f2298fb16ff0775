import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {CONFIG_VARIABLE} from '../../server/environment';
import {decodePemOrDer} from '../../x509/pem';
import {APP_HELP, loadApplication} from '../application/load';
import {EXIT, parseOptions, usageError} from '../command';
import type {Command, Io} from '../command';
import {paintFor} from '../paint';
import {explainEvent} from './event';
import {explainCertificate} from './explanation';
import type {Explanation} from './explanation';
import {renderExplanation} from './terminal';
import {withVerifier} from './verifier';

const OPTIONS = {
  app: {type: 'string'},
  config: {type: 'string'},
  chain: {type: 'string'},
  at: {type: 'string'},
  event: {type: 'string'},
  log: {type: 'string'},
  json: {type: 'boolean', default: false},
} as const;

export const explain: Command = {
  name: 'explain',
  summary: 'Say what a server would decide about a client certificate, and why',
  help: `
Usage: mtls explain CERT (--app MODULE | --config FILE) [options]
       mtls explain --event ID [--log FILE]

Decides with the configuration of the server: every check of every path, the revocation data the server would ask,
the identity rules that match and those that nearly do, the principal, and with --app what it reaches. A refusal comes
with the way to fix it. No key is read. The checks are those of this library; OpenSSL, which looks at the chain before, is not asked.

With --event: finds an event of the audit log by its id, or everything about a request by its correlation id, and says
what happened in words.

  CERT                client certificate, PEM or DER; what follows it in the file is what the client sends with it
${APP_HELP}
  --config FILE       JSON configuration, as MTLS_CONFIG names it
  --chain FILE        certificates that the client sends beside its own
  --at TIME           decide for this moment, ISO 8601 (default now)
  --event ID          id or correlation id of an event
  --log FILE          audit log, one JSON object a line; - for standard input (default)
  --json              print the explanation as JSON

Examples:
  mtls explain certs/alice.crt --app dist/application.js
  mtls explain partner.crt --config mtls.json --at 2027-01-01
  mtls explain --event 3f0c9f6e-5d0f-4c58-8f0a-0a4f6f5a2b11 --log /var/log/api.log

Exit codes: 0 accepted or found, 1 refused, not found or not to be decided, 2 usage.`,
  options: OPTIONS,
  run: async (args, io) => {
    const {values, positionals} = parseOptions('explain', args, {options: OPTIONS, allowPositionals: true});
    const [certificate, extra] = positionals;
    if (extra !== undefined) throw usageError(`unexpected argument '${extra}'`, 'mtls explain --help');
    if (values.event !== undefined) {
      if (certificate !== undefined) throw usageError('a certificate and --event exclude each other', 'choose one');
      return explainEvent(values.event, {log: values.log ?? '-', json: values.json}, io);
    }
    if (certificate === undefined) throw usageError('which certificate?', 'mtls explain --help');
    const explanation = await explainFile(certificate, values, io);
    io.stdout.write(
      values.json
        ? `${JSON.stringify(explanation, undefined, 2)}\n`
        : renderExplanation(explanation, paintFor(io.stdout, io)),
    );
    return explanation.outcome.decision === 'accept' ? EXIT.ok : EXIT.failed;
  },
};

interface Values {
  readonly app?: string | undefined;
  readonly config?: string | undefined;
  readonly chain?: string | undefined;
  readonly at?: string | undefined;
}

async function explainFile(certificate: string, {app, config, chain, at}: Values, io: Io): Promise<Explanation> {
  if ((app === undefined) === (config === undefined))
    throw usageError('whose configuration?', 'give either --app or --config');
  const time = at === undefined ? io.now() : timeOf(at);
  const [leaf = Buffer.alloc(0), ...sent] = readCertificates(certificate, io);
  const more = chain === undefined ? [] : readCertificates(chain, io);
  const application = app === undefined ? undefined : await loadApplication(app, io);
  const variables = config === undefined ? io.env : {...io.env, [CONFIG_VARIABLE]: resolve(io.cwd, config)};
  return withVerifier(application?.options ?? {}, variables, io.now(), verifier => {
    const question = {leaf, sent: [...sent, ...more], at: time};
    return explainCertificate(
      application === undefined ? question : {...question, application: application.inspection},
      verifier,
    );
  });
}

function readCertificates(file: string, io: Io): readonly Buffer[] {
  return decodePemOrDer(readFileSync(resolve(io.cwd, file)), 'CERTIFICATE');
}

function timeOf(text: string): Date {
  const time = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) ? new Date(text) : undefined;
  if (time !== undefined && !Number.isNaN(time.getTime())) return time;
  throw usageError(`'${text}' is not a time`, 'write 2027-01-31 or 2027-01-31T12:00:00Z');
}
