import type {CertificateSpec} from '../../pki/certificate';
import type {DevelopmentCa} from '../../pki/development-ca';
import type {CertificateRecord} from '../../pki/records';
import type {Store} from '../../pki/store';
import {keyFileOf} from '../../pki/credential-files';
import {CliError, parseOptions} from '../command';
import type {Command} from '../command';
import {FOLDER_HELP, FOLDER_OPTIONS, openCa, report, storeOf} from './options';
import {defaultPassphrase} from './p12';

/** Marks auditors in the example: an arc of the enterprise number that IANA sets aside for documentation (RFC 5612). */
const AUDITOR_USAGE = '1.3.6.1.4.1.32473.1.1';

const ORGANIZATION = 'Example Clinic';
const DAY_MS = 24 * 60 * 60_000;

interface Person {
  readonly organizationalUnit: string;
  readonly name: `${'uri' | 'email' | 'dns'}:${string}`;
  readonly usage?: string;
}

/** One client certificate per role of the example, two clinicians, and a stranger whom no rule knows. */
const PEOPLE: Readonly<Record<string, Person>> = {
  'clinician-alice': {organizationalUnit: 'Clinicians', name: 'uri:spiffe://clinic.example/clinician/alice'},
  'clinician-bob': {organizationalUnit: 'Clinicians', name: 'uri:spiffe://clinic.example/clinician/bob'},
  'pharmacist-carol': {organizationalUnit: 'Pharmacists', name: 'uri:spiffe://clinic.example/pharmacist/carol'},
  'auditor-dan': {organizationalUnit: 'Auditors', name: 'email:dan@clinic.example', usage: AUDITOR_USAGE},
  'admin-erin': {organizationalUnit: 'Administrators', name: 'uri:spiffe://clinic.example/admin/erin'},
  'device-monitor-1': {organizationalUnit: 'Devices', name: 'dns:monitor-1.devices.clinic.example'},
  'stranger-mallory': {organizationalUnit: 'Visitors', name: 'email:mallory@elsewhere.example'},
};

const OPTIONS = {...FOLDER_OPTIONS, force: {type: 'boolean', default: false}} as const;

export const example: Command = {
  name: 'example',
  summary: 'Make everything that the healthcare example needs',
  help: `
Usage: mtls pki example [options]

Two roots that have nothing to do with each other: server-ca for the server certificate, and clients-ca with an
intermediate, clients-issuing-ca, for the clients. One client per role, each also as PKCS#12. What is there and valid
for another day is left alone; what is about to expire is renewed; what was revoked stays revoked.

  --force             start over: throw away every certificate and key of the folder first
${FOLDER_HELP}

Examples:
  mtls pki example
  mtls pki example --dir other-certs --force

Exit codes: 0 everything is there, 1 the folder cannot be written, 2 usage.`,
  options: OPTIONS,
  run: (args, io) => {
    const {values} = parseOptions('pki example', args, {options: OPTIONS});
    const store = storeOf(values, io);
    if (values.force) removeAll(store);
    const soon = new Date(io.now().getTime() + DAY_MS);
    return report(makeExample(openCa(values, io), store, soon), values, io);
  },
};

/** A certificate that should be there, and how to make it. */
interface Step {
  readonly name: string;
  readonly make: (ca: DevelopmentCa) => readonly string[];
}

const STEPS: readonly Step[] = [
  {name: 'server-ca', make: ca => ca.createRoot('server-ca', authority('Server Root'), {days: 30})},
  {name: 'clients-ca', make: ca => ca.createRoot('clients-ca', authority('Client Root'), {days: 30})},
  {
    name: 'clients-issuing-ca',
    make: ca =>
      ca.createIntermediate('clients-issuing-ca', 'clients-ca', {...authority('Client Issuing'), pathLength: 0}),
  },
  {name: 'server', make: ca => ca.issue('server', 'server-ca', 'server', LOCALHOST)},
  ...Object.entries(PEOPLE).map(([name, person]): Step => ({
    name,
    make: ca => ca.issue(name, 'clients-issuing-ca', 'client', clientOf(name, person)),
  })),
];

const LOCALHOST: CertificateSpec = {
  subject: {organization: ORGANIZATION, commonName: 'localhost'},
  subjectAltNames: ['dns:localhost', 'ip:127.0.0.1', 'ip:::1'],
  validity: {days: 90},
};

function authority(commonName: string): CertificateSpec {
  return {subject: {organization: ORGANIZATION, commonName: `${ORGANIZATION} ${commonName}`}};
}

function clientOf(name: string, {organizationalUnit, name: alternative, usage}: Person): CertificateSpec {
  return {
    subject: {organization: ORGANIZATION, organizationalUnit, commonName: name},
    subjectAltNames: [alternative],
    extendedKeyUsage: ['clientAuth', ...(usage === undefined ? [] : [usage])],
    validity: {days: 90},
  };
}

function makeExample(ca: DevelopmentCa, store: Store, soon: Date): readonly string[] {
  requireFiles(ca, store);
  const certificates = STEPS.flatMap(({name, make}) => {
    const record = ca.certificates.findLast(candidate => candidate.name === name);
    if (record === undefined) return make(ca);
    return isDue(record, soon) ? ca.renew(name) : [];
  });
  const crls = Object.values(store.index.crls).some(crl => crl.nextUpdate <= soon) ? ca.signCrls() : [];
  const pkcs12 = Object.keys(PEOPLE)
    .filter(name => certificates.includes(`${name}.crt`) || !store.has(`${name}.p12`))
    .flatMap(name => ca.exportPkcs12(name, defaultPassphrase(store)));
  return [...certificates, ...crls, ...pkcs12];
}

/** A certificate of the index whose file somebody removed can be neither used nor renewed. */
function requireFiles({certificates}: DevelopmentCa, store: Store): void {
  const missing = certificates
    .flatMap(record => [`${record.name}.crt`, keyFileOf(record)])
    .find(file => !store.has(file));
  if (missing !== undefined)
    throw new CliError(`${store.path(missing)} is missing`, 'mtls pki example --force starts over');
}

function isDue({revoked, notAfter}: CertificateRecord, soon: Date): boolean {
  return revoked === undefined && notAfter <= soon;
}

/** Removes what the index knows of, and then the index. Other files of the folder are not touched. */
function removeAll(store: Store): void {
  const names = new Set(store.index.certificates.map(record => record.name));
  for (const name of names) {
    const crl = name.replace(/-ca$/, '');
    for (const file of [`${name}.crt`, `${name}.key`, `${name}.p12`, `${crl}.crl`, `${crl}.delta.crl`])
      store.remove(file);
  }
  store.remove('ca');
}
