import {parseOptions} from '../command';
import type {Command} from '../command';
import {LEAF_HELP, LEAF_OPTIONS, issuerOf, leafSpec, onlyArgument, openCa, report} from './options';

/** RFC 7633: the TLS feature status_request. */
const STATUS_REQUEST = 5;

const OPTIONS = {...LEAF_OPTIONS, 'must-staple': {type: 'boolean', default: false}} as const;

export const server: Command = {
  name: 'server',
  summary: 'Issue a server certificate',
  help: `
Usage: mtls pki server NAME [options]

Writes NAME.crt (certificate and intermediates) and NAME.key. Clients look at the alternative names only, so give
every name and address the server is called by.

  --must-staple       the server has to staple an OCSP answer
${LEAF_HELP}

Examples:
  mtls pki server server --ca server-ca --san dns:localhost --san ip:127.0.0.1 --san ip:::1
  mtls pki server short --ca server-ca --san dns:localhost --minutes 10

Exit codes: 0 issued, 1 the name is taken or the authority is not there, 2 usage.`,
  options: OPTIONS,
  run: (args, io) => {
    const {values, positionals} = parseOptions('pki server', args, {options: OPTIONS, allowPositionals: true});
    const name = onlyArgument(positionals, 'the name of the certificate', 'pki server');
    const ca = openCa(values, io);
    const staple = values['must-staple'] ? {tlsFeatures: [STATUS_REQUEST]} : {};
    const spec = {...leafSpec(name, 'serverAuth', values), ...staple};
    return report(ca.issue(name, issuerOf(values.ca, ca), 'server', spec), values, io);
  },
};
