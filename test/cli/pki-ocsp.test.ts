import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {EventEmitter, once} from 'node:events';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {parseCrl} from '../../src/x509/crl';
import {parseOcspResponse} from '../../src/x509/ocsp';
import type {SingleResponse} from '../../src/x509/ocsp';
import {encodeOcspRequest} from '../../src/x509/ocsp-request';
import {parseCertificates} from '../../src/x509/pem';
import {hasOpenssl} from '../pki/openssl';
import {withFolderAsync} from './folder';
import {mtls} from './terminal';

/** Runs the responder over a fresh CA while `work` asks it. */
async function withResponder(work: (url: string, cwd: string) => Promise<void>): Promise<void> {
  await withFolderAsync(async cwd => {
    await mtls(['pki', 'init', 'clients-ca'], {cwd});
    await mtls(['pki', 'client', 'alice'], {cwd});
    const stop = new AbortController();
    const listening = new EventEmitter();
    const said = once(listening, 'output');
    const onOutput = (text: string) => listening.emit('output', text);
    const ended = mtls(['pki', 'ocsp', '--port', '0'], {cwd, signal: stop.signal, onOutput});
    try {
      const [url] = /http\S+/.exec(String(await said)) ?? [];
      assert.ok(url);
      await work(url, cwd);
    } finally {
      stop.abort();
    }
    assert.equal((await ended).code, 0);
  });
}

function requestAbout(cwd: string): Buffer {
  const read = (file: string) => parseCertificates(readFileSync(join(cwd, 'certs', file)))[0];
  const [alice, issuer] = [read('alice.crt'), read('clients-ca.crt')];
  assert.ok(alice && issuer);
  return encodeOcspRequest(alice, issuer, 'sha1', undefined);
}

async function statusIn(response: Response): Promise<SingleResponse['status'] | undefined> {
  assert.equal(response.headers.get('content-type'), 'application/ocsp-response');
  const read = parseOcspResponse(Buffer.from(await response.arrayBuffer()));
  assert.ok(read.status === 'successful');
  return read.basic.responses[0]?.status;
}

describe('mtls pki ocsp', () => {
  it('answers POST and GET, and sees a revocation at once', async () => {
    await withResponder(async (url, cwd) => {
      const body = requestAbout(cwd);
      assert.deepEqual(await statusIn(await fetch(url, {method: 'POST', body})), {kind: 'good'});
      await mtls(['pki', 'revoke', 'alice', '--reason', 'keyCompromise'], {cwd});
      const path = encodeURIComponent(body.toString('base64'));
      const status = await statusIn(await fetch(`${url}${path}`));
      assert.ok(status?.kind === 'revoked');
      assert.equal(status.reason, 'keyCompromise');
    });
  });

  it('serves CRLs and deltas as DER, and nothing else of the folder', async () => {
    await withResponder(async (url, cwd) => {
      await mtls(['pki', 'crl', '--delta'], {cwd});
      for (const path of ['clients-ca.crl', 'clients-ca.delta.crl']) {
        const response = await fetch(`${url}${path}`);
        assert.equal(response.headers.get('content-type'), 'application/pkix-crl');
        parseCrl(Buffer.from(await response.arrayBuffer()));
      }
      for (const path of [
        'clients-ca.key',
        'index.json',
        '..%2Falice.key',
        'other-ca.crl',
        '%2e%2e/ca/clients-ca.key',
      ]) {
        const response = await fetch(`${url}${path}`);
        assert.deepEqual(parseOcspResponse(Buffer.from(await response.arrayBuffer())), {status: 'malformedRequest'});
      }
    });
  });

  it('calls malformed what is malformed or too large', async () => {
    await withResponder(async url => {
      for (const body of ['hello', Buffer.alloc(20_000)]) {
        const response = await fetch(url, {method: 'POST', body});
        assert.deepEqual(parseOcspResponse(Buffer.from(await response.arrayBuffer())), {status: 'malformedRequest'});
      }
      assert.equal((await fetch(`${url}%E0%A4%A`)).status, 400);
    });
  });

  it('ends when it was told to before it began, and says its address as JSON', async () => {
    await withFolderAsync(async cwd => {
      const {code, out} = await mtls(['pki', 'ocsp', '--port', '0', '--json'], {cwd, signal: AbortSignal.abort()});
      assert.equal(code, 0);
      assert.match(out, /^\{"url":"http:\/\/127\.0\.0\.1:\d+\/"\}\n$/);
    });
  });

  it('reports a port that is taken', async () => {
    await withResponder(async (url, cwd) => {
      const {code, err} = await mtls(['pki', 'ocsp', '--port', new URL(url).port], {cwd});
      assert.equal(code, 1);
      assert.match(err, /EADDRINUSE[^]*hint: choose another port/);
    });
  });

  it('fails closed when the folder cannot be read', async () => {
    await withResponder(async (url, cwd) => {
      const body = requestAbout(cwd);
      const {rm} = await import('node:fs/promises');
      await rm(join(cwd, 'certs/ca/clients-ca.key'));
      const response = await fetch(url, {method: 'POST', body});
      assert.equal(response.status, 500);
      assert.equal(await response.text(), '');
    });
  });

  if (hasOpenssl)
    it('is understood by the openssl client, nonce included', async () => {
      await withResponder(async (url, cwd) => {
        const ca = join(cwd, 'certs/clients-ca.crt');
        const certificate = join(cwd, 'certs/alice.crt');
        const args = ['ocsp', '-url', url, '-issuer', ca, '-cert', certificate, '-CAfile', ca, '-nonce'];
        const text = async () => {
          const child = spawn('openssl', args, {stdio: ['ignore', 'pipe', 'pipe']});
          const said: string[] = [];
          for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => said.push(String(chunk)));
          await once(child, 'close');
          return said.join('');
        };
        assert.match(await text(), /Response verify OK[^]*alice\.crt: good/);
        await mtls(['pki', 'revoke', 'alice'], {cwd});
        const revoked = await text();
        assert.match(revoked, /alice\.crt: revoked/);
        assert.doesNotMatch(revoked, /WARNING/);
      });
    });
});
