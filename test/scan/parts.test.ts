import assert from 'node:assert/strict';
import {generateKeyPairSync} from 'node:crypto';
import {MtlsError} from '../../src/errors';
import {Budget, BudgetSpent, DEFAULT_LIMITS} from '../../src/scan/budget';
import {nameText} from '../../src/scan/certificate-names';
import {readIssuer} from '../../src/scan/issuer';
import {readOperations} from '../../src/scan/openapi-document';
import {followChain, readServerChain} from '../../src/scan/server-chain';
import {parseTarget, resolveTarget} from '../../src/scan/target';
import {ALICE, CA, OTHER_CA, SERVER} from './servers';

const hasCode = (code: string) => (error: unknown) => error instanceof MtlsError && error.code === code;

describe('parseTarget', () => {
  it('reads URLs and host:port', () => {
    assert.deepEqual(parseTarget('https://API.example:8443/a?b=c'), {
      host: 'api.example',
      port: 8443,
      servername: 'api.example',
      path: '/a?b=c',
      authority: 'api.example:8443',
    });
    assert.equal(parseTarget('api.example').port, 443);
    assert.equal(parseTarget('localhost:8443').host, 'localhost');
  });

  it('sends no server name for an address', () => {
    assert.equal(parseTarget('https://127.0.0.1:1').servername, undefined);
    assert.deepEqual(parseTarget('https://[::1]:1/'), {host: '::1', port: 1, path: '/', authority: '[::1]:1'});
  });

  for (const text of [
    'http://localhost',
    'https://',
    'ftp://localhost',
    'https://alice:secret@localhost/',
    'not a url',
    '',
  ]) {
    it(`refuses '${text}'`, () => {
      assert.throws(
        () => parseTarget(text),
        error => hasCode('ERR_MTLS_SCAN_TARGET')(error) && !String(error).includes('secret'),
      );
    });
  }

  it('resolves a name once, to every address it has', async () => {
    const targets = await resolveTarget(parseTarget('https://127.0.0.1:1'));
    assert.deepEqual(
      targets.map(target => target.address),
      ['127.0.0.1'],
    );
    await assert.rejects(resolveTarget(parseTarget('https://no-such-host.invalid')), hasCode('ERR_MTLS_SCAN_TARGET'));
  });
});

describe('Budget', () => {
  it('lets so many connections through and not one more', async () => {
    const budget = new Budget({...DEFAULT_LIMITS, connections: 3, parallel: 2});
    const results = await Promise.allSettled(Array.from({length: 6}, () => budget.spend(() => Promise.resolve())));
    assert.deepEqual(
      results.map(result => result.status),
      [...Array<string>(3).fill('fulfilled'), ...Array<string>(3).fill('rejected')],
    );
    assert.equal(budget.spent, 3);
  });

  it('never has more of them open than allowed', async () => {
    const budget = new Budget({...DEFAULT_LIMITS, parallel: 2});
    let open = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++open);
      await new Promise(resolve => setImmediate(resolve));
      open--;
    };
    await Promise.all(Array.from({length: 9}, () => budget.spend(work)));
    assert.equal(most, 2);
  });

  it('frees the place of a connection that failed', async () => {
    const budget = new Budget({...DEFAULT_LIMITS, parallel: 1});
    await assert.rejects(
      budget.spend(() => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await budget.spend(() => Promise.resolve('yes')), 'yes');
  });

  it('gives a connection no more time than the scan has left', async () => {
    const budget = new Budget({...DEFAULT_LIMITS, totalMs: 40, connectionMs: 1000});
    assert.ok((await budget.spend(timeoutMs => Promise.resolve(timeoutMs))) <= 40);
    await new Promise(resolve => setTimeout(resolve, 45));
    await assert.rejects(
      budget.spend(() => Promise.resolve()),
      BudgetSpent,
    );
  });
});

describe('readOperations', () => {
  const document = (more: object) => JSON.stringify({openapi: '3.0.3', ...more});

  it('fills parameters in from examples, defaults and enumerations', () => {
    const parameters = [
      {name: 'a', in: 'path', example: 'x/y'},
      {name: 'b', in: 'path', schema: {example: 7}},
      {name: 'c', in: 'path', schema: {default: 'd'}},
      {name: 'e', in: 'path', schema: {enum: ['first', 'second']}},
      {in: 'path'},
      'not a parameter',
    ];
    const operations = readOperations(document({paths: {'/{a}/{b}/{c}/{e}/{f}': {parameters, get: {responses: {}}}}}));
    assert.deepEqual(
      operations?.map(({path}) => path),
      ['/x%2Fy/7/d/first/1'],
    );
  });

  it('takes the path of the first server and nothing else of it', () => {
    const pathsOf = (servers: unknown) =>
      readOperations(document({servers, paths: {'/a': {get: {}}}}))?.map(({path}) => path);
    assert.deepEqual(pathsOf([{url: 'https://elsewhere.example/v1/'}]), ['/v1/a']);
    assert.deepEqual(pathsOf([{url: '/v2'}]), ['/v2/a']);
    assert.deepEqual(pathsOf([{url: '{variable}'}]), ['/a']);
    assert.deepEqual(pathsOf([{}]), ['/a']);
    assert.deepEqual(pathsOf(undefined), ['/a']);
  });

  it('knows when security is required', () => {
    const securityOf = (operation: object, global?: unknown) =>
      readOperations(document({security: global, paths: {'/a': {get: operation}}}))?.[0]?.security;
    assert.equal(securityOf({security: [{mutualTLS: []}]}), 'required');
    assert.equal(securityOf({}, [{mutualTLS: []}]), 'required');
    assert.equal(securityOf({security: []}, [{mutualTLS: []}]), 'none');
    assert.equal(securityOf({security: [{mutualTLS: []}, {}]}), 'none');
    assert.equal(securityOf({security: 'yes'}), 'none');
    assert.equal(securityOf({}), 'none');
  });

  it('is undefined for anything else', () => {
    for (const text of ['', '[]', 'null', '{}', '{"paths": []}', 'openapi: 3.0.3'])
      assert.equal(readOperations(text), undefined);
    assert.deepEqual(readOperations(document({paths: {'/a': null, '/b': {get: 'x'}}})), []);
  });
});

describe('readIssuer', () => {
  const key = CA.credential.exportKeyPem();

  it('makes an authority that issues under the given CA', () => {
    const issued = readIssuer(CA.pem, key).issueClient({subject: 'x'});
    assert.equal(
      readServerChain([issued.certificate])?.leaf.issuer.comparable,
      readServerChain([CA.certificate])?.leaf.subject.comparable,
    );
    assert.deepEqual(issued.intermediates, []);
  });

  it('presents an intermediate with what it issues', () => {
    const intermediate = CA.issueAuthority({subject: 'below'});
    const issued = readIssuer(
      intermediate.credential.chainPem,
      intermediate.credential.exportKeyPem('secret'),
      'secret',
    ).issueClient({subject: 'x'});
    assert.deepEqual(issued.intermediates, [intermediate.certificate]);
  });

  it('derives the key identifier where the CA has none', () => {
    const bare = CA.issueAuthority({subject: 'bare', without: ['subjectKeyIdentifier']});
    assert.equal(readIssuer(bare.pem, bare.credential.exportKeyPem()).keyIdentifier.length, 20);
  });

  it('refuses a key of another certificate, and a certificate that is no CA', () => {
    const other = generateKeyPairSync('ec', {namedCurve: 'P-256'})
      .privateKey.export({type: 'pkcs8', format: 'pem'})
      .toString();
    assert.throws(() => readIssuer(CA.pem, other), hasCode('ERR_MTLS_SCAN_OPTION'));
    assert.throws(() => readIssuer(ALICE.chain, ALICE.key), hasCode('ERR_MTLS_SCAN_OPTION'));
    assert.throws(() => readIssuer('', key), hasCode('ERR_MTLS_PEM'));
  });
});

describe('server chain', () => {
  it('is undefined without certificates and for what does not parse', () => {
    assert.equal(readServerChain([]), undefined);
    assert.equal(readServerChain([Buffer.from('3000', 'hex')]), undefined);
  });

  it('is followed from the leaf to an anchor', () => {
    const intermediate = CA.issueAuthority({subject: 'below'});
    const leaf = intermediate.issueServer({subject: 'localhost'});
    const endOf = (certificates: readonly Buffer[], anchors?: string) => {
      const chain = readServerChain(certificates);
      assert.ok(chain);
      return followChain(chain, anchors);
    };
    assert.deepEqual(endOf([leaf.certificate, intermediate.certificate], CA.pem), {
      kind: 'trusted',
      anchor: 'CN=Scan Test CA',
      unused: 0,
    });
    assert.deepEqual(endOf([leaf.certificate, intermediate.certificate, CA.certificate], CA.pem), {
      kind: 'trusted',
      anchor: 'CN=Scan Test CA',
      unused: 0,
    });
    assert.equal(endOf([leaf.certificate], CA.pem).kind, 'broken');
    assert.equal(endOf([leaf.certificate, OTHER_CA.certificate, CA.certificate], CA.pem).kind, 'broken');
    assert.equal(endOf([SERVER.certificate, CA.certificate], '').kind, 'self-signed');
    assert.equal(endOf([SERVER.certificate]).kind, 'broken');
  });
});

describe('nameText', () => {
  it('shows a name that does not parse as hex', () => {
    assert.equal(nameText(CA.name), 'CN=Scan Test CA');
    assert.equal(nameText(Buffer.from('31ff', 'hex')), '0x31ff');
  });
});
