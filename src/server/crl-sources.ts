import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {publish} from '../audit/publish';
import {MtlsError} from '../errors';
import type {ConfigFault, Refusal} from '../errors';
import {originOf} from '../tls/source';
import type {Source} from '../tls/source';
import {verifyCrl} from '../trust/crl-signature';
import type {VerifiedCrl} from '../trust/crl-signature';
import type {CertificateFacts} from '../x509/certificate';
import {parseCrl} from '../x509/crl';
import {derBlocks} from '../x509/pem';
import {runStepsSlowly} from '../x509/steps';

/** Reads a source; what is wrong with it is reported by the reader, which then gives nothing. */
export type ReadSource = (source: Source, where: string) => Promise<Buffer | undefined>;

/**
 * Reads and verifies every CRL of the configured sources. A path may be a folder, of which every `.crl`, `.der` and
 * `.pem` file is read; a file holds one DER CRL or any number of PEM ones.
 */
export async function loadCrls(
  sources: readonly Source[],
  authorities: readonly CertificateFacts[],
  read: ReadSource,
  report: (fault: ConfigFault) => void,
): Promise<readonly VerifiedCrl[]> {
  const crls: VerifiedCrl[] = [];
  for (const source of await withFolders(sources, report)) {
    const bytes = await read(source, WHERE);
    if (bytes === undefined) continue;
    const origin = originOf(source);
    for (const outcome of await verifyAll(bytes, authorities, origin)) {
      if ('facts' in outcome) crls.push(outcome);
      else report({...outcome, where: WHERE, found: `${outcome.found} in ${origin}`, remedy: REMEDY});
    }
  }
  return crls;
}

const WHERE = 'clients.crl';
const REMEDY = 'give the current CRL of a configured CA, unaltered';

/** Verifies what a file or an answer holds; what does not parse is a refusal like any other. */
export async function verifyAll(
  bytes: Buffer,
  authorities: readonly CertificateFacts[],
  source: string,
): Promise<readonly (VerifiedCrl | Refusal)[]> {
  try {
    const outcomes: (VerifiedCrl | Refusal)[] = [];
    for (const der of await runStepsSlowly(derBlocks(bytes, 'X509 CRL'), nextTurn)) {
      outcomes.push(await verifyCrl(parseCrl(der), authorities, source, nextTurn));
    }
    return outcomes;
  } catch (error) {
    if (error instanceof MtlsError) return [error.refusal];
    throw error;
  }
}

/** Tells that a CRL is in force. */
export function publishCrl({facts, index, source}: VerifiedCrl): void {
  publish({
    family: 'revocation',
    phase: 'loaded',
    kind: 'crl',
    source,
    entries: index.size,
    thisUpdate: facts.thisUpdate.toISOString(),
    ...(facts.nextUpdate && {nextUpdate: facts.nextUpdate.toISOString()}),
  });
}

async function withFolders(
  sources: readonly Source[],
  report: (fault: ConfigFault) => void,
): Promise<readonly Source[]> {
  const expanded: Source[] = [];
  for (const source of sources) {
    const files = await filesOf(source);
    if (files.length === 0) report(emptyFolder(source));
    expanded.push(...files);
  }
  return expanded;
}

function emptyFolder(source: Source): ConfigFault {
  return {
    code: 'ERR_MTLS_REVOCATION_SOURCE',
    where: WHERE,
    required: 'a folder with .crl, .der or .pem files',
    found: `none of them in ${originOf(source)}`,
    remedy: REMEDY,
  };
}

/** The sources that a source stands for: a folder stands for the CRL files in it. */
export async function filesOf(source: Source): Promise<readonly Source[]> {
  const path = typeof source === 'string' ? source : typeof source === 'object' && 'path' in source ? source.path : '';
  if (path === '') return [source];
  // What is no folder, or cannot be looked at, is left to the reader.
  const names = await readdir(path).catch(() => undefined);
  if (names === undefined) return [source];
  const crls = names.filter(name => /\.(crl|der|pem)$/i.test(name)).sort();
  return crls.map(name => join(path, name));
}
