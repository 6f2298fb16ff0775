import assert from 'node:assert/strict';
import {createAuthority} from '../../src/pki/authority';
import type {CrlSpec} from '../../src/pki/crl';
import {CrlFetcher} from '../../src/server/crl-fetcher';
import {parseCertificate} from '../../src/x509/certificate';
import {Recorder} from './harness';
import {giving, RevocationWeb} from './revocation-web';

const HOUR = 3_600_000;
const authority = createAuthority({subject: {commonName: 'CA'}});
const candidates = [parseCertificate(authority.certificate)];
const hoursFromNow = (hours: number): Date => new Date(Date.now() + hours * HOUR);

describe('CrlFetcher', () => {
  const web = new RevocationWeb(giving(Buffer.alloc(0)));
  const recorder = Recorder.ofBlock('revocation');
  let fetcher = new CrlFetcher();

  before(() => web.listen());
  beforeEach(() => {
    fetcher = new CrlFetcher();
    recorder.events.length = 0;
    web.asked = 0;
  });
  after(async () => {
    recorder.stop();
    await web.close();
  });

  const publishCrl = (spec: CrlSpec): void => {
    web.behave = giving(authority.issueCrl(spec).der);
  };
  const fetchOnce = (url = web.url): Promise<'changed' | 'unchanged'> =>
    fetcher.fetch(url, candidates, {allowedHosts: [web.host], maxBytes: 100_000, timeoutMs: 1_000}, Date.now());
  const phases = (): readonly string[] => recorder.of('revocation').map(({phase}) => phase);

  it('fetches once, and again only when it is due', async () => {
    publishCrl({});
    assert.equal(await fetchOnce(), 'changed');
    assert.equal(await fetchOnce(), 'unchanged');
    assert.equal(await fetcher.refresh(Date.now()), 'unchanged');
    assert.equal(web.asked, 1);
    assert.equal(fetcher.crls.length, 1);
  });

  it('shares one flight', async () => {
    publishCrl({});
    await Promise.all([fetchOnce(), fetchOnce(), fetchOnce()]);
    assert.equal(web.asked, 1);
  });

  it('fetches again at four fifths of the time to nextUpdate', async () => {
    publishCrl({nextUpdate: hoursFromNow(10), number: 1});
    await fetchOnce();
    publishCrl({nextUpdate: hoursFromNow(20), number: 2});
    assert.equal(await fetcher.refresh(hoursFromNow(7.9).getTime()), 'unchanged');
    assert.equal(await fetcher.refresh(hoursFromNow(8.1).getTime()), 'changed');
    assert.equal(fetcher.crls[0]?.facts.extensions.crlNumber, 2n);
  });

  it('keeps the same CRL without telling anybody', async () => {
    publishCrl({nextUpdate: hoursFromNow(10)});
    await fetchOnce();
    assert.equal(await fetcher.refresh(hoursFromNow(9).getTime()), 'unchanged');
    assert.equal(web.asked, 2);
    assert.deepEqual(phases(), ['loaded']);
  });

  it('keeps what it has when the URL fails, gives nonsense, another CA or an older CRL', async () => {
    publishCrl({nextUpdate: hoursFromNow(10), thisUpdate: hoursFromNow(-1)});
    await fetchOnce();
    const before = fetcher.crls;
    const other = createAuthority({subject: {commonName: 'CA'}});
    const answers = [
      Buffer.from('nonsense'),
      other.issueCrl({}).der,
      authority.issueCrl({thisUpdate: hoursFromNow(-2), nextUpdate: hoursFromNow(20)}).der,
      authority.issueCrl({number: 1, nextUpdate: hoursFromNow(20)}).der,
      authority.issueCrl({without: ['number'], nextUpdate: hoursFromNow(20)}).der,
    ];
    let dueMs = hoursFromNow(9).getTime();
    for (const answer of answers) {
      web.behave = giving(answer);
      assert.equal(await fetcher.refresh(dueMs), 'unchanged');
      dueMs += HOUR;
    }
    assert.deepEqual(fetcher.crls, before);
    assert.equal(phases().filter(phase => phase === 'failed').length, answers.length);
  });

  it('tells once that a CRL has ended', async () => {
    publishCrl({nextUpdate: hoursFromNow(1)});
    await fetchOnce();
    web.behave = (_, response) => response.writeHead(500).end();
    await fetcher.refresh(hoursFromNow(2).getTime());
    await fetcher.refresh(hoursFromNow(3).getTime());
    assert.equal(phases().filter(phase => phase === 'stale').length, 1);
  });

  it('leaves a URL that failed alone for a while', async () => {
    web.behave = (_, response) => response.writeHead(500).end();
    assert.equal(await fetchOnce(), 'unchanged');
    assert.equal(await fetchOnce(), 'unchanged');
    assert.equal(web.asked, 1);
  });

  it('holds no more than 256 URLs', async () => {
    web.behave = (_, response) => response.writeHead(500).end();
    for (let number = 0; number < 260; number++) await fetchOnce(`${web.url}${number}`);
    assert.equal(web.asked, 256);
  });
});
