import {parseCrlEntry} from '../../x509/crl-entry';
import {indexEntries} from '../../x509/crl-index';
import type {CrlFacts} from '../../x509/crl';
import {childrenOf, DerReader} from '../../x509/der';
import {readSerialNumber} from '../../x509/serial-number';
import {runSteps} from '../../x509/steps';
import {signatureWarnings} from './certificate';
import type {Description} from './description';
import {generalNameText, nameText, signatureText, timeText} from './words';

/** Entries shown of a CRL. */
const SHOWN_ENTRIES = 10;

/** Describes a CRL, with the first of its entries. */
export function describeCrl(crl: CrlFacts, now: Date): Description {
  const {extensions, nextUpdate} = crl;
  const {size, unknownCritical} = runSteps(indexEntries(crl.entries, crl.issuer));
  const scope = extensions.issuingDistributionPoint;
  return {
    title: extensions.baseCrlNumber === undefined ? 'Certificate revocation list' : 'Delta certificate revocation list',
    facts: [
      ['issuer', nameText(crl.issuer)],
      ['number', extensions.crlNumber === undefined ? 'none' : String(extensions.crlNumber)],
      ...(extensions.baseCrlNumber === undefined
        ? []
        : [['on top of number', String(extensions.baseCrlNumber)] as const]),
      ['this update', timeText(crl.thisUpdate, now)],
      ['next update', nextUpdate === undefined ? 'not told' : timeText(nextUpdate, now)],
      ['signature', signatureText(crl.signatureAlgorithm)],
      ...(scope === undefined ? [] : [['covers', scopeText(scope)] as const]),
      ['revoked', [`${size} certificates`, ...firstEntries(crl)]],
    ],
    warnings: [
      ...(nextUpdate === undefined
        ? ['it does not say when the next one is due: nobody can tell whether it is stale']
        : []),
      ...(nextUpdate !== undefined && nextUpdate < now
        ? ['the next one is overdue: clients of this CA are refused']
        : []),
      ...(crl.thisUpdate > now ? ['it is from the future'] : []),
      ...(extensions.crlNumber === undefined ? ['it has no number: an older one cannot be told from a newer one'] : []),
      ...signatureWarnings(crl.signatureAlgorithm),
      ...[...extensions.unknownCritical, ...unknownCritical].map(
        oid => `critical extension ${oid} is not understood: it will be refused`,
      ),
    ],
  };
}

function scopeText(scope: NonNullable<CrlFacts['extensions']['issuingDistributionPoint']>): readonly string[] {
  return [
    scope.covers,
    ...(scope.onlySomeReasons === undefined ? [] : ['only some reasons']),
    ...(scope.indirectCrl ? ['certificates of other CAs too (indirect)'] : []),
    ...(scope.point?.fullName.map(generalNameText) ?? []),
  ];
}

function firstEntries({entries}: CrlFacts): readonly string[] {
  if (entries === undefined) return [];
  const reader = new DerReader(entries);
  const lines: string[] = [];
  while (!reader.done && lines.length < SHOWN_ENTRIES) {
    const node = reader.read();
    const [serial = node] = childrenOf(node);
    const {revocationDate, reason} = parseCrlEntry(node);
    lines.push(`${readSerialNumber(serial)} since ${revocationDate.toISOString().replace('.000Z', 'Z')}, ${reason}`);
  }
  return reader.done ? lines : [...lines, 'and so on'];
}
