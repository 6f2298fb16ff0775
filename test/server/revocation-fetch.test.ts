import assert from 'node:assert/strict';
import {MtlsError} from '../../src/errors';
import {checkedUrl, fetchRevocationData, isPublicAddress} from '../../src/server/revocation-fetch';
import type {FetchPolicy} from '../../src/server/revocation-fetch';
import {giving, RevocationWeb} from './revocation-web';

describe('a URL from a certificate', () => {
  const none = {allowedHosts: []};
  for (const url of [
    'http://crl.example/a.crl',
    'http://crl.example:80/a.crl',
    'https://crl.example/a.crl',
    'http://8.8.8.8/a.crl',
    'http://[2606:4700::1]/a.crl',
  ]) {
    it(`is fetched: ${url}`, () => {
      assert.equal(checkedUrl(url, none).href, new URL(url).href);
    });
  }
  for (const url of [
    'ldap://directory.example/cn=ca',
    'file:///etc/passwd',
    'ftp://crl.example/a.crl',
    'javascript:alert(1)',
    'not a URL',
    'http://user@crl.example/',
    'http://user:secret@crl.example/',
    'http://crl.example:8080/',
    'http://crl.example:22/',
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/',
    'http://172.31.255.255/',
    'http://192.168.0.1/',
    'http://100.64.0.1/',
    'http://0.0.0.0/',
    'http://255.255.255.255/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:8.8.8.8]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[fe80::1]/',
    'http://[fd00::1]/',
    'http://[2001:db8::1]/',
    'http://[2002:7f00:1::]/',
  ]) {
    it(`is not fetched: ${url}`, () => {
      assert.throws(() => checkedUrl(url, none), {code: 'ERR_MTLS_REVOCATION_FETCH'});
    });
  }

  it('may be private where its host is allowed, with its port or with every port', () => {
    assert.ok(checkedUrl('http://10.0.0.1:8080/', {allowedHosts: ['10.0.0.1:8080']}));
    assert.ok(checkedUrl('http://10.0.0.1:8080/', {allowedHosts: ['10.0.0.1']}));
    assert.throws(() => checkedUrl('http://10.0.0.1:8081/', {allowedHosts: ['10.0.0.1:8080']}));
  });

  it('never shows its credentials in a message', () => {
    assert.throws(
      () => checkedUrl('http://user:hunter2@crl.example/', none),
      error => error instanceof MtlsError && !error.message.includes('hunter2'),
    );
  });
});

describe('isPublicAddress', () => {
  for (const [address, expected] of [
    ['1.1.1.1', true],
    ['172.15.255.255', true],
    ['172.16.0.0', false],
    ['172.32.0.0', true],
    ['223.255.255.255', true],
    ['224.0.0.0', false],
    ['2000::1', true],
    ['4000::1', false],
    ['3fff:1000::1', true],
    ['3fff::1', false],
    ['host.example', false],
  ] as const) {
    it(`says ${expected} of ${address}`, () => {
      assert.equal(isPublicAddress(address), expected);
    });
  }
});

describe('fetchRevocationData', () => {
  const web = new RevocationWeb(giving(Buffer.from('data')));
  const elsewhere = new RevocationWeb(giving(Buffer.from('elsewhere')));
  before(() => Promise.all([web.listen(), elsewhere.listen()]));
  after(() => Promise.all([web.close(), elsewhere.close()]));

  const policy = (more: Partial<FetchPolicy> = {}): FetchPolicy => ({
    allowedHosts: [web.host, elsewhere.host],
    maxBytes: 1_000,
    timeoutMs: 1_000,
    ...more,
  });
  const fetched = (path = '', more: Partial<FetchPolicy> = {}): Promise<Buffer> =>
    fetchRevocationData({url: web.url + path, accept: 'x/y'}, policy(more));
  const refused = {code: 'ERR_MTLS_REVOCATION_FETCH'};

  it('gives the bytes of an answer up to the limit, and nothing beyond it', async () => {
    web.behave = giving(Buffer.alloc(1_000));
    assert.equal((await fetched()).length, 1_000);
    web.behave = giving(Buffer.alloc(1_001));
    await assert.rejects(fetched(), refused);
  });

  it('follows a redirect on the same host', async () => {
    web.behave = ({url}, response) => {
      if (url === '/b') response.end('moved');
      else response.writeHead(302, {location: '/b'}).end();
    };
    assert.equal((await fetched('a')).toString(), 'moved');
  });

  it('follows no redirect to another host, although it is allowed itself', async () => {
    web.behave = (_, response) => response.writeHead(302, {location: elsewhere.url}).end();
    await assert.rejects(fetched(), refused);
    assert.equal(elsewhere.asked, 0);
  });

  it('follows no redirect to another scheme', async () => {
    web.behave = (_, response) => response.writeHead(302, {location: 'file:///etc/passwd'}).end();
    await assert.rejects(fetched(), refused);
  });

  it('follows no redirect to what is no URL', async () => {
    web.behave = (_, response) => response.writeHead(302, {location: 'http://['}).end();
    await assert.rejects(fetched(), refused);
  });

  it('gives up in a circle of redirects', async () => {
    web.behave = (_, response) => response.writeHead(301, {location: '/'}).end();
    await assert.rejects(fetched(), refused);
  });

  it('takes nothing compressed', async () => {
    web.behave = (_, response) => response.writeHead(200, {'content-encoding': 'gzip'}).end('x');
    await assert.rejects(fetched(), refused);
  });

  it('takes nothing with another status', async () => {
    web.behave = (_, response) => response.writeHead(206).end('x');
    await assert.rejects(fetched(), refused);
  });

  it('takes nothing that breaks off', async () => {
    web.behave = (_, response) => response.writeHead(200, {'content-length': 10}).write('x', () => response.destroy());
    await assert.rejects(fetched(), refused);
  });

  it('waits for headers and body only as long as it may', async () => {
    web.behave = () => undefined;
    await assert.rejects(fetched('', {timeoutMs: 100}), refused);
    web.behave = (_, response) => void response.writeHead(200).write('x');
    await assert.rejects(fetched('', {timeoutMs: 100}), refused);
  });

  it('sends a body with its type, and no cookies or credentials', async () => {
    let headers: readonly string[] = [];
    web.behave = ({body}, response) => {
      headers = response.req.rawHeaders.map(name => name.toLowerCase());
      response.end(body);
    };
    const bytes = Buffer.from('question');
    const answer = await fetchRevocationData({url: web.url, accept: 'x/y', body: {bytes, type: 'a/b'}}, policy());
    assert.ok(answer.equals(bytes));
    assert.ok(headers.includes('a/b'));
    for (const name of ['cookie', 'authorization']) assert.equal(headers.includes(name), false);
  });

  it('looks a name up itself and connects to no private address', async () => {
    const port = new URL(web.url).port;
    const url = `http://localhost:${port}/`;
    await assert.rejects(fetchRevocationData({url: 'http://localhost/', accept: 'x/y'}, policy()), {
      ...refused,
      message: /public addresses only/,
    });
    web.behave = giving(Buffer.from('data'));
    const allowed = policy({allowedHosts: ['localhost']});
    assert.equal((await fetchRevocationData({url, accept: 'x/y'}, allowed)).toString(), 'data');
  });

  it('tells of a name that does not exist', async () => {
    await assert.rejects(fetchRevocationData({url: 'http://nothing.invalid/', accept: 'x/y'}, policy()), refused);
  });
});
