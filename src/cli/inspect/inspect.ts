import {existsSync, readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {EXIT, parseOptions, usageError} from '../command';
import type {Command} from '../command';
import {colourFor} from '../paint';
import {descriptionsAsJson, renderDescriptions} from './description';
import {describeFile} from './file';
import {describeServer} from './live-server';

const OPTIONS = {'passphrase-file': {type: 'string'}, json: {type: 'boolean', default: false}} as const;

export const inspect: Command = {
  name: 'inspect',
  summary: 'Tell what a certificate, request, CRL, OCSP answer, PKCS#12 file or server says',
  help: `
Usage: mtls inspect FILE|HOST:PORT|URL [options]

Prints facts, and warnings where this library or careful people would object. Files are PEM or DER; what is in them is
found out from the content. A server is asked once per protocol version, and no handshake is finished.

  --passphrase-file FILE  first line opens a PKCS#12 file
  --json                  print facts and warnings as JSON

Examples:
  mtls inspect certs/clinician-alice.crt
  mtls inspect certs/clients.crl
  mtls inspect certs/clinician-alice.p12 --passphrase-file certs/pkcs12.passphrase
  mtls inspect localhost:8443

Exit codes: 0 told, warnings or not; 1 it could not be read; 2 usage.`,
  options: OPTIONS,
  run: async (args, io) => {
    const {values, positionals} = parseOptions('inspect', args, {options: OPTIONS, allowPositionals: true});
    const [what, extra] = positionals;
    if (what === undefined) throw usageError('inspect what?', 'mtls inspect certs/clinician-alice.crt');
    if (extra !== undefined) throw usageError(`unexpected argument '${extra}'`, 'mtls inspect --help');
    const read = (path: string) => readFileSync(resolve(io.cwd, path));
    const passphraseFile = values['passphrase-file'];
    const passphrase =
      passphraseFile === undefined ? undefined : read(passphraseFile).toString('utf8').split(/\r?\n/, 1)[0];
    const descriptions = isServer(what, resolve(io.cwd, what))
      ? await describeServer(what, io.now())
      : describeFile(read(what), passphrase, io.now());
    io.stdout.write(
      values.json ? descriptionsAsJson(descriptions) : renderDescriptions(descriptions, colourFor(io.stdout, io)),
    );
    return EXIT.ok;
  },
};

/** A file that is there is a file, whatever its name looks like. */
function isServer(what: string, path: string): boolean {
  if (existsSync(path)) return false;
  return what.startsWith('https://') || /^(?:[a-z0-9.-]+|\[[0-9a-f:]+\]):\d{1,5}$/i.test(what);
}
