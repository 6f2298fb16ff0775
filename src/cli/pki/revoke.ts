import {CRL_REASONS} from '../../x509/crl-entry';
import type {CrlReason} from '../../x509/crl-entry';
import {isCrlReason} from '../../pki/records';
import {parseOptions, usageError} from '../command';
import type {Command} from '../command';
import {FOLDER_HELP, FOLDER_OPTIONS, onlyArgument, openCa, report} from './options';

/** `removeFromCRL` is what a delta CRL says, not why somebody revokes. */
const REASONS: readonly string[] = CRL_REASONS.filter(reason => reason !== undefined && reason !== 'removeFromCRL');

const OPTIONS = {...FOLDER_OPTIONS, reason: {type: 'string', default: 'unspecified'}} as const;

export const revoke: Command = {
  name: 'revoke',
  summary: 'Revoke a certificate and sign new CRLs',
  help: `
Usage: mtls pki revoke NAME|SERIAL [options]

A name stands for all its certificates, renewed ones included; a serial number, in hex, for one.

  --reason REASON     ${REASONS.slice(0, 4).join(', ')},
                      ${REASONS.slice(4, 7).join(', ')},
                      ${REASONS.slice(7).join(', ')} (default unspecified)
${FOLDER_HELP}

Examples:
  mtls pki revoke alice --reason keyCompromise

Exit codes: 0 revoked, 1 there is nothing to revoke, 2 usage.`,
  options: OPTIONS,
  run: (args, io) => {
    const {values, positionals} = parseOptions('pki revoke', args, {options: OPTIONS, allowPositionals: true});
    const target = onlyArgument(positionals, 'the name or serial number', 'pki revoke');
    return report(openCa(values, io).revoke(target, reasonOf(values.reason)), values, io);
  },
};

function reasonOf(text: string): CrlReason {
  if (isCrlReason(text) && REASONS.includes(text)) return text;
  throw usageError(`unknown reason '${text}'`, `choose from ${REASONS.join(', ')}`);
}
