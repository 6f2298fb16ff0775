import {parseOptions} from '../command';
import type {Command} from '../command';
import {LEAF_HELP, LEAF_OPTIONS, issuerOf, leafSpec, onlyArgument, openCa, report} from './options';

export const client: Command = {
  name: 'client',
  summary: 'Issue a client certificate',
  help: `
Usage: mtls pki client NAME [options]

Writes NAME.crt (certificate and intermediates) and NAME.key.

${LEAF_HELP}

Examples:
  mtls pki client alice --ca clients-ca --ou Clinicians --san uri:spiffe://clinic.example/clinician/alice
  mtls pki client dan --ca clients-ca --eku 1.3.6.1.4.1.32473.1.1 --san email:dan@clinic.example
  mtls pki client brief --ca clients-ca --ou Clinicians --minutes 5
  mtls pki client eve --ca clients-ca --ocsp-url http://127.0.0.1:8889/ --crl-url http://127.0.0.1:8889/clients-ca.crl

Exit codes: 0 issued, 1 the name is taken or the authority is not there, 2 usage.`,
  options: LEAF_OPTIONS,
  run: (args, io) => {
    const {values, positionals} = parseOptions('pki client', args, {options: LEAF_OPTIONS, allowPositionals: true});
    const name = onlyArgument(positionals, 'the name of the certificate', 'pki client');
    const ca = openCa(values, io);
    const spec = leafSpec(name, 'clientAuth', values);
    return report(ca.issue(name, issuerOf(values.ca, ca), 'client', spec), values, io);
  },
};
