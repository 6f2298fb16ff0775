import assert from 'node:assert/strict';
import {createAuthority} from '../../src/pki/authority';
import type {GeneralNameSpec} from '../../src/pki/general-names';
import {utf8String} from '../../src/pki/der';
import type {NameSpec} from '../../src/pki/names';
import {anchorOf, clock, codeOf, decide, judge, trustIn} from './fixture';

const directory = (value: NameSpec): GeneralNameSpec => ({kind: 'directory', value});
const smtpUtf8: GeneralNameSpec = {kind: 'other', type: '1.3.6.1.5.5.7.8.9', value: utf8String('ü@a.example')};
const otherName: GeneralNameSpec = {kind: 'other', type: '1.2.3', value: utf8String('x')};
const x400: GeneralNameSpec = {kind: 'raw', value: Buffer.from('a30430020c00', 'hex')};

const INSIDE = 'inside';
const OUTSIDE = 'outside';
/** Neither permitted nor safe from exclusion. */
const UNKNOWN = 'unknown';

/** Where a name lies with respect to a base. */
const RELATIONS: readonly (readonly [GeneralNameSpec, GeneralNameSpec, string])[] = [
  ['dns:a.example', 'dns:a.example', INSIDE],
  ['dns:A.Example', 'dns:a.example', INSIDE],
  ['dns:b.a.example', 'dns:a.example', INSIDE],
  ['dns:c.b.a.example', 'dns:a.example', INSIDE],
  ['dns:ba.example', 'dns:a.example', OUTSIDE],
  ['dns:example', 'dns:a.example', OUTSIDE],
  ['dns:a.example', 'dns:', INSIDE],
  ['dns:*.a.example', 'dns:a.example', INSIDE],
  ['dns:*.example', 'dns:a.example', UNKNOWN],
  ['dns:*.example', 'dns:b.a.example', OUTSIDE],
  ['dns:*.example', 'dns:a.test', OUTSIDE],
  ['email:alice@a.example', 'email:alice@a.example', INSIDE],
  ['email:alice@A.example', 'email:alice@a.example', INSIDE],
  ['email:Alice@a.example', 'email:alice@a.example', OUTSIDE],
  ['email:alice@a.example', 'email:a.example', INSIDE],
  ['email:alice@A.EXAMPLE', 'email:a.example', INSIDE],
  ['email:alice@b.a.example', 'email:a.example', OUTSIDE],
  ['email:alice@b.a.example', 'email:.a.example', INSIDE],
  ['email:alice@a.example', 'email:.a.example', OUTSIDE],
  ['email:alice@ba.example', 'email:.a.example', OUTSIDE],
  ['email:alice@a.example', 'email:', UNKNOWN],
  [smtpUtf8, 'email:a.example', UNKNOWN],
  ['uri:https://a.example/x', 'uri:a.example', INSIDE],
  ['uri:https://A.example:8443/x', 'uri:a.example', INSIDE],
  ['uri:https://user@a.example', 'uri:a.example', UNKNOWN],
  ['uri:https://a.example@b.example/', 'uri:a.example', UNKNOWN],
  ['uri:https://b.a.example/x', 'uri:a.example', OUTSIDE],
  ['uri:https://b.a.example/x', 'uri:.a.example', INSIDE],
  ['uri:https://a.example/x', 'uri:.a.example', OUTSIDE],
  ['uri:https://b.example/?a.example', 'uri:a.example', OUTSIDE],
  ['uri:https://b.example#a.example', 'uri:a.example', OUTSIDE],
  ['uri:spiffe://a.example/x', 'uri:a.example', INSIDE],
  ['uri:urn:uuid:0', 'uri:a.example', UNKNOWN],
  ['uri:https://192.0.2.1/', 'uri:a.example', UNKNOWN],
  ['uri:https://[2001:db8::1]/', 'uri:a.example', UNKNOWN],
  ['uri:https:///x', 'uri:a.example', UNKNOWN],
  ['uri:https://a.example', 'uri:', UNKNOWN],
  ['ip:192.0.2.1', 'ip:192.0.2.0/24', INSIDE],
  ['ip:192.0.3.1', 'ip:192.0.2.0/24', OUTSIDE],
  ['ip:192.0.3.1', 'ip:192.0.2.0/23', INSIDE],
  ['ip:192.0.2.1', 'ip:0.0.0.0/0', INSIDE],
  ['ip:2001:db8::1', 'ip:2001:db8::/32', INSIDE],
  ['ip:2001:db9::1', 'ip:2001:db8::/32', OUTSIDE],
  ['ip:2001:db8::1', 'ip:192.0.2.0/24', OUTSIDE],
  ['ip:192.0.2.1', 'ip:::/0', OUTSIDE],
  [directory({country: 'XX', organization: 'Clinic', commonName: 'a'}), directory({country: 'XX'}), INSIDE],
  [directory({country: 'XX', organization: 'CLINIC'}), directory({country: 'XX', organization: 'Clinic'}), INSIDE],
  [directory({country: 'XX', organization: 'Clinics'}), directory({country: 'XX', organization: 'Clinic'}), OUTSIDE],
  [directory({organization: 'Clinic', country: 'XX'}), directory({country: 'XX'}), OUTSIDE],
  [directory({country: 'XX'}), directory({country: 'XX', organization: 'Clinic'}), OUTSIDE],
  ['registeredId:1.2.3', 'registeredId:1.2.3', UNKNOWN],
  ['upn:alice@a.example', 'upn:alice@a.example', UNKNOWN],
  [otherName, 'upn:alice@a.example', UNKNOWN],
  [x400, x400, UNKNOWN],
];

describe('checkNameConstraints', () => {
  for (const [name, base, relation] of RELATIONS)
    it(`takes ${textOf(name)} as ${relation} ${textOf(base)}`, () => {
      // The subject has to stay out of the way of directory name constraints.
      const client = {subject: [], subjectAltNames: [name]};
      const permitted = judge({client, issuing: {nameConstraints: {permitted: [base]}}});
      const excluded = judge({client, issuing: {nameConstraints: {excluded: [base]}}});
      assert.equal(codeOf(permitted), relation === INSIDE ? 'accept' : 'ERR_MTLS_NAME_CONSTRAINT');
      assert.equal(codeOf(excluded), relation === OUTSIDE ? 'accept' : 'ERR_MTLS_NAME_CONSTRAINT');
    });

  const decisionFor = (
    names: readonly GeneralNameSpec[],
    nameConstraints: {permitted?: readonly GeneralNameSpec[]; excluded?: readonly GeneralNameSpec[]},
    subject: NameSpec = 'alice',
  ) => codeOf(judge({client: {subject, subjectAltNames: names}, issuing: {nameConstraints}}));

  it('leaves names of other forms alone', () => {
    assert.equal(decisionFor(['uri:urn:x:y', 'ip:192.0.2.1'], {permitted: ['dns:a.example']}), 'accept');
    assert.equal(decisionFor(['email:a@b.example'], {excluded: ['dns:']}), 'accept');
  });

  it('asks every name of a form, not only the first', () => {
    const constraints = {permitted: ['dns:a.example'] as const};
    assert.equal(decisionFor(['dns:a.example', 'dns:b.a.example'], constraints), 'accept');
    assert.equal(decisionFor(['dns:a.example', 'dns:b.example'], constraints), 'ERR_MTLS_NAME_CONSTRAINT');
  });

  it('takes any of several permitted subtrees, and none of several excluded', () => {
    const constraints = {
      permitted: ['dns:a.example', 'dns:b.example'],
      excluded: ['dns:x.a.example', 'dns:y.b.example'],
    } as const;
    assert.equal(decisionFor(['dns:b.example'], constraints), 'accept');
    assert.equal(decisionFor(['dns:y.b.example'], constraints), 'ERR_MTLS_NAME_CONSTRAINT');
  });

  it('refuses a DNS constraint with a leading dot, whatever the names', () => {
    assert.equal(decisionFor(['dns:b.a.example'], {permitted: ['dns:.a.example']}), 'ERR_MTLS_NAME_CONSTRAINT');
    assert.equal(decisionFor(['uri:urn:x:y'], {excluded: ['dns:.a.example']}), 'ERR_MTLS_NAME_CONSTRAINT');
  });

  it('asks the subject by directory name constraints', () => {
    const constraints = {permitted: [directory({organization: 'Clinic'})]};
    assert.equal(decisionFor(['dns:x'], constraints, {organization: 'Clinic', commonName: 'alice'}), 'accept');
    assert.equal(decisionFor(['dns:x'], constraints, {organization: 'Other'}), 'ERR_MTLS_NAME_CONSTRAINT');
  });

  it('asks e-mail addresses in the subject', () => {
    const constraints = {permitted: ['email:a.example'] as const};
    assert.equal(decisionFor(['dns:x'], constraints, {emailAddress: 'alice@a.example'}), 'accept');
    assert.equal(decisionFor(['dns:x'], constraints, {emailAddress: 'alice@b.example'}), 'ERR_MTLS_NAME_CONSTRAINT');
    assert.equal(decisionFor(['dns:x'], constraints, {emailAddress: 'alice'}), 'ERR_MTLS_NAME_CONSTRAINT');
    assert.equal(decisionFor(['dns:x'], constraints, {emailAddress: 'a@[192.0.2.1]'}), 'ERR_MTLS_NAME_CONSTRAINT');
  });

  it('asks a common name that looks like a host where there is no DNS name', () => {
    const constraints = {permitted: ['dns:a.example'] as const};
    assert.equal(decisionFor(['uri:urn:x:y'], constraints, 'b.a.example'), 'accept');
    assert.equal(decisionFor(['uri:urn:x:y'], constraints, 'b.example'), 'ERR_MTLS_NAME_CONSTRAINT');
    assert.equal(decisionFor(['uri:urn:x:y'], constraints, '*.example'), 'ERR_MTLS_NAME_CONSTRAINT');
    assert.equal(decisionFor(['dns:a.example'], constraints, 'b.example'), 'accept');
    assert.equal(decisionFor(['uri:urn:x:y'], constraints, 'alice'), 'accept');
  });

  it('obeys the constraints of an anchor', () => {
    const root = {nameConstraints: {permitted: ['dns:a.example'] as const}};
    assert.equal(codeOf(judge({root, client: {subjectAltNames: ['dns:a.example']}})), 'accept');
    assert.equal(codeOf(judge({root, client: {subjectAltNames: ['dns:b.example']}})), 'ERR_MTLS_NAME_CONSTRAINT');
  });

  it('takes the intersection of what several CAs permit', () => {
    const root = {nameConstraints: {permitted: ['dns:example'] as const}};
    const issuing = {nameConstraints: {permitted: ['dns:a.example', 'dns:test'] as const}};
    assert.equal(codeOf(judge({root, issuing, client: {subjectAltNames: ['dns:x.a.example']}})), 'accept');
    assert.equal(
      codeOf(judge({root, issuing, client: {subjectAltNames: ['dns:b.example']}})),
      'ERR_MTLS_NAME_CONSTRAINT',
    );
    assert.equal(codeOf(judge({root, issuing, client: {subjectAltNames: ['dns:test']}})), 'ERR_MTLS_NAME_CONSTRAINT');
  });

  it('asks the names of intermediates, but not of self-issued ones', () => {
    const nameConstraints = {permitted: [directory({organization: 'Clinic'})]};
    const root = createAuthority({subject: 'Root', nameConstraints}, clock);
    const trust = trustIn([anchorOf(root)]);
    const client = {subject: {organization: 'Clinic', commonName: 'alice'}};
    const stranger = root.issueAuthority({subject: 'Other'});
    const rollover = root.issueAuthority({subject: 'Root'});
    assert.equal(codeOf(decide(stranger.issueClient(client), trust)), 'ERR_MTLS_NAME_CONSTRAINT');
    assert.equal(codeOf(decide(rollover.issueClient(client), trust)), 'accept');
    // A leaf is asked even when it bears the name of its issuer.
    assert.equal(codeOf(decide(root.issueClient({subject: 'Root'}), trust)), 'ERR_MTLS_NAME_CONSTRAINT');
  });
});

function textOf(name: GeneralNameSpec): string {
  return typeof name === 'string' ? name : JSON.stringify(name);
}
