import assert from 'node:assert/strict';
import {createAuthority} from '../../src/pki/authority';
import type {CertificateSpec} from '../../src/pki/certificate';
import {summarize, table} from './report';
import {runAll} from './run';
import type {Case} from './suite';

const root = createAuthority({subject: 'Root'});
const issuing = root.issueAuthority({subject: 'Issuing'});

/** A server of one name, as the public suites have most of their cases. */
function serverCase(id: string, spec: Partial<CertificateSpec> = {}, asked: Partial<Case> = {}): Case {
  const server = issuing.issueServer({subject: 'server', subjectAltNames: ['dns:example.com'], ...spec});
  return {
    id,
    validation_kind: 'SERVER',
    trusted_certs: [root.pem],
    untrusted_intermediates: [issuing.pem],
    peer_certificate: server.pem,
    crls: [],
    validation_time: null,
    max_chain_depth: null,
    key_usage: [],
    extended_key_usage: ['serverAuth'],
    signature_algorithms: [],
    expected_peer_name: {kind: 'DNS', value: 'example.com'},
    expected_peer_names: [],
    expected_result: 'SUCCESS',
    ...asked,
  };
}

async function resultOf(spec: Partial<CertificateSpec>, asked: Partial<Case> = {}): Promise<string | undefined> {
  const [outcome] = await runAll([serverCase('suite::case', spec, asked)]);
  return outcome?.verdict.result;
}

describe('the conformance runner', () => {
  it('asks for the names of the peer', async () => {
    const named = (name: string) => ({expected_peer_name: {kind: 'DNS', value: name}});
    assert.equal(await resultOf({}), 'SUCCESS');
    assert.equal(await resultOf({}, named('EXAMPLE.com')), 'SUCCESS');
    assert.equal(await resultOf({}, named('other.com')), 'FAILURE');
    const wild = {subjectAltNames: ['dns:*.example.com']} as const;
    assert.equal(await resultOf(wild, named('a.example.com')), 'SUCCESS');
    assert.equal(await resultOf(wild, named('example.com')), 'FAILURE');
    assert.equal(await resultOf(wild, named('a.b.example.com')), 'FAILURE');
    assert.equal(await resultOf({subjectAltNames: ['dns:*.com']}, named('example.com')), 'FAILURE');
    const ip = {expected_peer_name: {kind: 'IP', value: '2001:db8::1'}};
    assert.equal(await resultOf({subjectAltNames: ['ip:2001:DB8:0::1']}, ip), 'SUCCESS');
    assert.equal(await resultOf({subjectAltNames: ['dns:a.example', 'ip:192.0.2.1']}, ip), 'FAILURE');
    const mail = {expected_peer_name: null, expected_peer_names: [{kind: 'RFC822', value: 'a@example.com'}]};
    assert.equal(await resultOf({subjectAltNames: ['email:a@example.com']}, mail), 'SUCCESS');
    assert.equal(await resultOf({subjectAltNames: ['email:b@example.com']}, mail), 'FAILURE');
  });

  it('asks for what a case asks for', async () => {
    assert.equal(await resultOf({}, {extended_key_usage: ['clientAuth']}), 'FAILURE');
    assert.equal(await resultOf({without: ['extendedKeyUsage']}), 'FAILURE');
    assert.equal(await resultOf({without: ['extendedKeyUsage']}, {extended_key_usage: []}), 'SUCCESS');
    assert.equal(await resultOf({extendedKeyUsage: ['clientAuth']}, {extended_key_usage: []}), 'FAILURE');
    assert.equal(await resultOf({}, {key_usage: ['keyEncipherment']}), 'FAILURE');
    assert.equal(await resultOf({}, {key_usage: ['digitalSignature']}), 'SUCCESS');
    assert.equal(await resultOf({}, {signature_algorithms: ['ECDSA_WITH_SHA256']}), 'SUCCESS');
    assert.equal(await resultOf({}, {signature_algorithms: ['RSA_WITH_SHA256', 'RSA_WITH_SHA1']}), 'FAILURE');
    assert.equal(await resultOf({}, {max_chain_depth: 1}), 'SUCCESS');
    assert.equal(await resultOf({}, {max_chain_depth: 0}), 'FAILURE');
    assert.equal(await resultOf({}, {validation_time: '2001-01-01T00:00:00Z'}), 'FAILURE');
    assert.equal(await resultOf({}, {crls: null, expected_peer_names: null}), 'SUCCESS');
  });

  it('asks CRLs where there are some, and all of them', async () => {
    const serialNumber = 77n;
    const crls = [root.issueCrl().pem, issuing.issueCrl().pem];
    const revoked = issuing.issueCrl({entries: [{serialNumber, revokedAt: new Date(0)}]}).pem;
    assert.equal(await resultOf({serialNumber}, {crls}), 'SUCCESS');
    assert.equal(await resultOf({serialNumber}, {crls: [crls[0] ?? '', revoked]}), 'FAILURE');
    assert.equal(await resultOf({serialNumber}, {crls: crls.slice(0, 1)}), 'FAILURE');
  });

  it('goes on with the certificates that can be read', async () => {
    const broken = issuing.pem.replace(/[A-Za-z]{4}\n-----END/, 'AAAA\n-----END');
    assert.equal(
      await resultOf({}, {trusted_certs: ['', root.pem], untrusted_intermediates: [broken, issuing.pem]}),
      'SUCCESS',
    );
    assert.equal(await resultOf({}, {peer_certificate: 'nothing'}), 'FAILURE');
  });

  it('sorts what is wrong from what is excused', async () => {
    const outcomes = await runAll([
      serverCase('suite::a::right'),
      serverCase('suite::a::accepted', {}, {expected_result: 'FAILURE'}),
      serverCase('suite::b::refused', {without: ['extendedKeyUsage']}),
      serverCase('suite::b::excused', {without: ['extendedKeyUsage']}),
      serverCase('suite::b::crashed', {}, {extended_key_usage: ['a word nobody knows']}),
    ]);
    const exceptions = ['suite::b::exc*', 'suite::a::right', 'suite::a::accepted', 'other::*'].map(id => ({
      id,
      reason: 'test',
    }));
    const {crashes, falseAccepts, falseRejects, excepted, stale} = summarize(outcomes, exceptions);
    const ids = (list: typeof falseAccepts) => list.map(({testcase}) => testcase.id);
    assert.deepEqual(ids(crashes), ['suite::b::crashed']);
    // No exception excuses a false accept.
    assert.deepEqual(ids(falseAccepts), ['suite::a::accepted']);
    assert.deepEqual(ids(falseRejects), ['suite::b::refused']);
    assert.deepEqual(ids(excepted.map(({outcome}) => outcome)), ['suite::b::excused']);
    assert.deepEqual(
      stale.map(({id}) => id),
      ['suite::a::right'],
    );
    const lines = table(outcomes, exceptions)
      .split('\n')
      .map(line =>
        line
          .trim()
          .split(/\s{2,}/)
          .slice(0, 7),
      );
    assert.deepEqual(lines.slice(1), [
      ['suite::a', '2', '1', '1', '0', '0', '0'],
      ['suite::b', '3', '0', '0', '1', '1', '1'],
      ['total', '5', '1', '1', '1', '1', '1'],
    ]);
  });
});
