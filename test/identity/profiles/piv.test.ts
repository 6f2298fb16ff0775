import assert from 'node:assert/strict';
import {identify} from '../../../src/identity/map';
import {piv, PIV_AUTHENTICATION, pivHolderOf} from '../../../src/identity/profiles/piv';
import type {PivOptions} from '../../../src/identity/profiles/piv';
import {octetString} from '../../../src/pki/der';
import {outcomeOf, peerWith} from '../peers';
import type {Client} from '../peers';
import {encodeFascN} from './encodings';

type Names = NonNullable<Client['subjectAltNames']>;
const UUID = 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6';
const FASC_N = 'b0032d0001d092446d0d1d1112223333112232f';
const FASC_N_TEXT = '0032-0001-092446-0-1-1112223333-1-1223-2';

const fascN = (text: string): Names[number] => ({
  kind: 'other',
  type: '2.16.840.1.101.3.6.6',
  value: octetString(encodeFascN(text)),
});

function card(subjectAltNames: Names, subject = 'DOE.JANE'): Client {
  return {subject, subjectAltNames, certificatePolicies: [PIV_AUTHENTICATION]};
}

const FULL = card([fascN(FASC_N), 'upn:1112223333@mil', `uri:urn:uuid:${UUID.toUpperCase()}`], 'DOE.JANE.Q.1112223333');
const OTHER_FASC_N = 'b0032d0001d092446d0d1d1112223334112232f';

const ROWS: readonly (readonly [sentence: string, id: PivOptions['id'], client: Client, outcome: string])[] = [
  ['a UPN', 'upn', FULL, '1112223333@mil holder'],
  ['an EDIPI on which FASC-N, UPN and common name agree', 'edipi', FULL, '1112223333 holder'],
  ['a card UUID, in lower case', 'card-uuid', FULL, `${UUID} holder`],
  ['a FASC-N', 'fasc-n', FULL, `${FASC_N_TEXT} holder`],
  ['an EDIPI in the FASC-N alone', 'edipi', card([fascN(FASC_N)]), '1112223333 holder'],
  ['an EDIPI in the UPN alone', 'edipi', card(['upn:1112223333@mil']), '1112223333 holder'],
  ['an EDIPI in a UPN of sixteen digits', 'edipi', card(['upn:1112223333112232@mil']), '1112223333 holder'],
  ['an EDIPI in the common name alone', 'edipi', card(['upn:jane@mil'], 'DOE.JANE.1112223333'), '1112223333 holder'],
  ['no EDIPI', 'edipi', card(['upn:jane@mil']), 'ERR_MTLS_IDENTITY_MISSING'],
  ['a UPN of eleven digits', 'edipi', card(['upn:11122233334@mil']), 'ERR_MTLS_IDENTITY_MISSING'],
  ['a UPN of another domain', 'edipi', card(['upn:1112223333@evil.example']), 'ERR_MTLS_IDENTITY_MISSING'],
  [
    'a FASC-N and a UPN of two people',
    'edipi',
    card([fascN(OTHER_FASC_N), 'upn:1112223333@mil']),
    'ERR_MTLS_IDENTITY_AMBIGUOUS',
  ],
  [
    'a common name of somebody else',
    'edipi',
    card(['upn:1112223333@mil'], 'ROE.RICHARD.1112223334'),
    'ERR_MTLS_IDENTITY_AMBIGUOUS',
  ],
  ['two UPNs', 'upn', card(['upn:a@mil', 'upn:b@mil']), 'ERR_MTLS_IDENTITY_AMBIGUOUS'],
  ['no UPN', 'upn', card([fascN(FASC_N)]), 'ERR_MTLS_IDENTITY_MISSING'],
  ['a mailbox instead of a UPN', 'upn', card(['email:jane@mil.example']), 'ERR_MTLS_IDENTITY_MISSING'],
  ['a URI that is no UUID', 'card-uuid', card(['uri:urn:uuid:1234']), 'ERR_MTLS_IDENTITY_MISSING'],
  ['two FASC-Ns', 'fasc-n', card([fascN(FASC_N), fascN(OTHER_FASC_N)]), 'ERR_MTLS_IDENTITY_AMBIGUOUS'],
  [
    'an otherName of another type beside the FASC-N',
    'fasc-n',
    card([{kind: 'other', type: '1.2.3', value: octetString(Buffer.alloc(25))}, fascN(FASC_N)]),
    `${FASC_N_TEXT} holder`,
  ],
  ['no FASC-N', 'fasc-n', card(['upn:a@mil']), 'ERR_MTLS_IDENTITY_MISSING'],
  [
    'a malformed FASC-N, even when the UPN would do',
    'upn',
    card(['upn:a@mil', {kind: 'other', type: '2.16.840.1.101.3.6.6', value: octetString(Buffer.alloc(25))}]),
    'ERR_MTLS_IDENTITY_PROFILE',
  ],
  [
    'a FASC-N that is no octet string',
    'upn',
    card(['upn:a@mil', {kind: 'other', type: '2.16.840.1.101.3.6.6', value: Buffer.from([5, 0])}]),
    'ERR_MTLS_DER',
  ],
  ['another policy', 'upn', {...FULL, certificatePolicies: ['1.2.3']}, 'ERR_MTLS_CERTIFICATE_POLICY'],
  ['any policy', 'upn', {...FULL, certificatePolicies: ['2.5.29.32.0']}, 'ERR_MTLS_CERTIFICATE_POLICY'],
  ['no policy', 'upn', {subjectAltNames: ['upn:a@mil']}, 'ERR_MTLS_CERTIFICATE_POLICY'],
];

function decide(client: Client, options: Partial<PivOptions>): Promise<string> {
  const resolve = piv({id: 'upn', roles: () => ['holder'], ...options});
  return identify(peerWith(client), {kind: 'resolver', resolve, timeoutMs: 1000}, new AbortController().signal).then(
    outcomeOf,
  );
}

describe('identity/profiles/piv', () => {
  for (const [sentence, id, client, outcome] of ROWS) {
    it(`decides about ${sentence}`, async () => {
      assert.equal(await decide(client, {id}), outcome);
    });
  }

  it('asks for the roles of the person, who may have none', async () => {
    const roles = (id: string): readonly string[] | undefined => (id === '1112223333@mil' ? ['surgeon'] : undefined);
    assert.equal(await decide(FULL, {roles}), '1112223333@mil surgeon');
    assert.equal(await decide(card(['upn:bob@mil']), {roles}), 'ERR_MTLS_IDENTITY_UNMAPPED');
  });

  it('waits for the roles, with what the card says at hand', async () => {
    const roles: PivOptions['roles'] = (_id, holder) => Promise.resolve(holder.edipis.map(edipi => `r${edipi}`));
    assert.equal(await decide(card([fascN(FASC_N), 'upn:a@mil']), {roles}), 'a@mil r1112223333');
  });

  it('takes one of the policies it is given', async () => {
    const policies = ['1.2.3', '1.2.4'];
    assert.equal(await decide({...FULL, certificatePolicies: ['1.2.4']}, {policies}), '1112223333@mil holder');
    assert.equal(await decide(FULL, {policies}), 'ERR_MTLS_CERTIFICATE_POLICY');
  });

  for (const [certificatePolicies, found] of [
    [['1.2.3', '1.2.4'], '1.2.3, 1.2.4'],
    [undefined, 'none'],
  ] as const) {
    it(`tells the operator which policies there were: ${found}`, async () => {
      const mapping = {kind: 'resolver', resolve: piv({id: 'upn', roles: () => ['r']}), timeoutMs: 1000} as const;
      const peer = peerWith({subjectAltNames: ['upn:a@mil'], ...(certificatePolicies && {certificatePolicies})});
      const decision = await identify(peer, mapping, new AbortController().signal);
      assert.deepEqual(decision.verdict === 'reject' && decision.why, {
        code: 'ERR_MTLS_CERTIFICATE_POLICY',
        required: PIV_AUTHENTICATION,
        found,
        where: 'leaf',
      });
    });
  }

  it('says what the card says', () => {
    const {upns, fascNs, cardUuids, edipis} = pivHolderOf(peerWith(FULL));
    assert.deepEqual([upns, cardUuids, edipis], [['1112223333@mil'], [UUID], Array<string>(3).fill('1112223333')]);
    assert.equal(fascNs[0]?.agencyCode, '0032');
  });
});
