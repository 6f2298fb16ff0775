import assert from 'node:assert/strict';
import {createAuthority} from '../../src/pki/authority';
import {anchorOf, clock, codeOf, decide, testTable, trustIn} from './fixture';

describe('checkAuthorities', () => {
  testTable([
    ['a CA without basicConstraints', {issuing: {without: ['basicConstraints']}}, 'ERR_MTLS_NOT_A_CA'],
    ['an end entity as issuer', {issuing: {basicConstraints: {ca: false}}}, 'ERR_MTLS_NOT_A_CA'],
    ['an end entity as anchor', {root: {basicConstraints: {ca: false}}}, 'ERR_MTLS_NOT_A_CA'],
    ['an anchor without basicConstraints', {root: {without: ['basicConstraints']}}, 'ERR_MTLS_NOT_A_CA'],
    ['a CA as client', {client: {basicConstraints: {ca: true}}}, 'ERR_MTLS_CA_AS_CLIENT'],
    [
      'a CA as client with all that is for CAs',
      {client: {basicConstraints: {ca: true, pathLength: 0}, keyUsage: ['digitalSignature', 'keyCertSign']}},
      'ERR_MTLS_CA_AS_CLIENT',
    ],
    [
      'a CA at the end of a path when asked to',
      {client: {basicConstraints: {ca: true}}, policy: {caAsLeaf: 'allow'}},
      'accept',
    ],
    ['one intermediate below path length 1', {root: {pathLength: 1}}, 'accept'],
    ['one intermediate below path length 0', {root: {pathLength: 0}}, 'ERR_MTLS_PATH_LENGTH'],
    ['a leaf below path length 0', {issuing: {pathLength: 0}}, 'accept'],
    ['as many intermediates as the policy allows', {policy: {maxIntermediates: 1}}, 'accept'],
    ['more intermediates than the policy allows', {policy: {maxIntermediates: 0}}, 'ERR_MTLS_PATH_LENGTH'],
  ]);

  it('does not count self-issued certificates', () => {
    const root = createAuthority({subject: 'Root', pathLength: 1}, clock);
    const rollover = root.issueAuthority({subject: 'Root'});
    const issuing = rollover.issueAuthority({subject: 'Issuing'});
    assert.equal(codeOf(decide(issuing.issueClient({subject: 'alice'}), trustIn([anchorOf(root)]))), 'accept');
  });

  it('takes the smaller of two path lengths', () => {
    const root = createAuthority({subject: 'Root', pathLength: 3}, clock);
    const narrow = root.issueAuthority({subject: 'Narrow', pathLength: 0});
    const wide = narrow.issueAuthority({subject: 'Wide', pathLength: 5});
    assert.equal(codeOf(decide(narrow.issueClient({subject: 'alice'}), trustIn([anchorOf(root)]))), 'accept');
    assert.equal(
      codeOf(decide(wide.issueClient({subject: 'alice'}), trustIn([anchorOf(root)]))),
      'ERR_MTLS_PATH_LENGTH',
    );
  });
});
