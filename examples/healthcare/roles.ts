import type {IdentityOptions} from '../../src/index';

/** EKU that the clinic's CA puts into the certificates of auditors. The arc is IANA's example enterprise number. */
export const AUDITOR_EKU = '1.3.6.1.4.1.32473.1.1';

/** How a certificate becomes a role: by organisational unit, or by an extended key usage only the CA can grant. */
export const IDENTITY: IdentityOptions = {
  rules: [
    {name: 'clinicians', when: {organizationalUnit: 'Clinicians'}, roles: ['clinician'], id: 'san.uri'},
    {name: 'pharmacists', when: {organizationalUnit: 'Pharmacists'}, roles: ['pharmacist'], id: 'san.uri'},
    {name: 'auditors', when: {extendedKeyUsage: AUDITOR_EKU}, roles: ['auditor'], id: 'san.email'},
    {name: 'administrators', when: {organizationalUnit: 'Administrators'}, roles: ['admin'], id: 'san.uri'},
    {name: 'devices', when: {dns: '*.devices.clinic.example'}, roles: ['device'], id: 'san.dns'},
  ],
};
