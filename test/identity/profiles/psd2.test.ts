import assert from 'node:assert/strict';
import {identify} from '../../../src/identity/map';
import {psd2, psd2StatementOf} from '../../../src/identity/profiles/psd2';
import {NULL, oid, sequence, utf8String} from '../../../src/pki/der';
import type {RawExtension} from '../../../src/x509/extensions';
import {outcomeOf, peerWith} from '../peers';
import type {Client} from '../peers';
import {psd2Statement, qcStatements} from './encodings';

const AI = ['0.4.0.19495.1.3', 'PSP_AI'] as const;
const PI = ['0.4.0.19495.1.2', 'PSP_PI'] as const;
const NUMBER = 'PSDDE-BAFIN-123456';
const QC_COMPLIANCE = sequence(oid('0.4.0.1862.1.1'));
const QC_TYPE = sequence(oid('0.4.0.1862.1.6'), sequence(oid('0.4.0.1862.1.6.3')));

function provider(
  extension: RawExtension | undefined,
  organizationIdentifier: string | readonly string[] = NUMBER,
): Client {
  return {
    subject: {country: 'DE', organization: 'Bank AG', organizationIdentifier, commonName: 'Bank AG'},
    otherExtensions: extension === undefined ? [] : [extension],
  };
}

const statement = (...roles: readonly (readonly [string, string])[]): Buffer =>
  psd2Statement(roles, 'BaFin', 'DE-BAFIN');
const withRoles = (...roles: readonly (readonly [string, string])[]): RawExtension => qcStatements(statement(...roles));

const ROWS: readonly (readonly [sentence: string, client: Client, outcome: string])[] = [
  ['one role', provider(withRoles(AI)), `${NUMBER} PSP_AI`],
  ['two roles', provider(withRoles(PI, AI)), `${NUMBER} PSP_PI+PSP_AI`],
  [
    'all four roles',
    provider(withRoles(['0.4.0.19495.1.1', 'PSP_AS'], PI, AI, ['0.4.0.19495.1.4', 'PSP_IC'])),
    `${NUMBER} PSP_AS+PSP_PI+PSP_AI+PSP_IC`,
  ],
  ['a statement among others', provider(qcStatements(QC_COMPLIANCE, statement(AI), QC_TYPE)), `${NUMBER} PSP_AI`],
  ['no QCStatements', provider(undefined), 'ERR_MTLS_IDENTITY_UNMAPPED'],
  ['QCStatements without PSD2', provider(qcStatements(QC_COMPLIANCE, QC_TYPE)), 'ERR_MTLS_IDENTITY_UNMAPPED'],
  ['no roles', provider(withRoles()), 'ERR_MTLS_IDENTITY_PROFILE'],
  ['an unspecified role', provider(withRoles(['0.4.0.19495.1.0', 'Unspecified'])), 'ERR_MTLS_IDENTITY_PROFILE'],
  ['a role nobody knows', provider(withRoles(['0.4.0.19495.1.5', 'PSP_XX'])), 'ERR_MTLS_IDENTITY_PROFILE'],
  ['a name of another role', provider(withRoles(['0.4.0.19495.1.3', 'PSP_PI'])), 'ERR_MTLS_IDENTITY_PROFILE'],
  ['a name in another case', provider(withRoles(['0.4.0.19495.1.3', 'psp_ai'])), 'ERR_MTLS_IDENTITY_PROFILE'],
  ['two PSD2 statements', provider(qcStatements(statement(AI), statement(PI))), 'ERR_MTLS_IDENTITY_PROFILE'],
  ['a number of another scheme', provider(withRoles(AI), 'VATDE-123456789'), 'ERR_MTLS_IDENTITY_PROFILE'],
  ['a number without digits', provider(withRoles(AI), 'PSDDE-BAFIN-'), 'ERR_MTLS_IDENTITY_PROFILE'],
  ['a number of another authority', provider(withRoles(AI), 'PSDFR-ACPR-1'), 'ERR_MTLS_IDENTITY_CONTRADICTION'],
  ['two numbers', provider(withRoles(AI), [NUMBER, 'PSDDE-BAFIN-7']), 'ERR_MTLS_IDENTITY_AMBIGUOUS'],
  ['no number', {subject: 'Bank AG', otherExtensions: [withRoles(AI)]}, 'ERR_MTLS_IDENTITY_MISSING'],
  ['bytes that are no statements', provider({...withRoles(AI), value: Buffer.from([0x30, 0x01])}), 'ERR_MTLS_DER'],
  [
    'a statement with something behind it',
    provider(
      qcStatements(sequence(oid('0.4.0.19495.2'), sequence(sequence(), utf8String('a'), utf8String('b')), NULL)),
    ),
    'ERR_MTLS_IDENTITY_PROFILE',
  ],
  [
    'a statement with a member too many',
    provider(
      qcStatements(
        sequence(
          oid('0.4.0.19495.2'),
          sequence(
            sequence(sequence(oid(AI[0]), utf8String(AI[1]))),
            utf8String('BaFin'),
            utf8String('DE-BAFIN'),
            utf8String('x'),
          ),
        ),
      ),
    ),
    'ERR_MTLS_DER',
  ],
  ['a statement without content', provider(qcStatements(sequence(oid('0.4.0.19495.2')))), 'ERR_MTLS_DER'],
];

describe('identity/profiles/psd2', () => {
  for (const [sentence, client, outcome] of ROWS) {
    it(`decides about ${sentence}`, async () => {
      const mapping = {kind: 'resolver', resolve: psd2(), timeoutMs: 1000} as const;
      assert.equal(outcomeOf(await identify(peerWith(client), mapping, new AbortController().signal)), outcome);
    });
  }

  it('reads who the competent authority is', () => {
    assert.deepEqual(psd2StatementOf(peerWith(provider(withRoles(AI)))), {
      roles: ['PSP_AI'],
      authorityName: 'BaFin',
      authorityId: 'DE-BAFIN',
    });
  });

  it('gives no role that the anchor may not give', async () => {
    const mapping = {kind: 'resolver', resolve: psd2(), timeoutMs: 1000} as const;
    const peer = peerWith(provider(withRoles(PI, AI)), {authority: {roles: ['PSP_AI']}});
    assert.equal(outcomeOf(await identify(peer, mapping, new AbortController().signal)), 'ERR_MTLS_AUTHORITY');
  });
});
