import assert from 'node:assert/strict';
import Ajv from 'ajv';
import {MtlsError} from '../../../src/errors';
import type {Finding, Outcome, Severity} from '../../../src/scan/checks/check';
import {renderHtml} from '../../../src/scan/report/html';
import {baselineOf, failuresFrom, readBaseline, reportOf} from '../../../src/scan/report/report';
import type {Report} from '../../../src/scan/report/report';
import {renderSarif} from '../../../src/scan/report/sarif';
import {REPORT_SCHEMA} from '../../../src/scan/report/schema';
import {renderTerminal} from '../../../src/scan/report/terminal';
import type {ScanResult} from '../../../src/scan/scan';
import {scoreOf} from '../../../src/scan/score';

function finding(id: string, severity: Severity, outcome: Outcome): Finding {
  return {
    id,
    severity,
    outcome,
    title: `title of ${id}`,
    risk: `risk of ${id}`,
    remedy: `remedy of ${id}`,
    cwe: 295,
    owasp: 'API2:2023',
  };
}

const FINDINGS: readonly Finding[] = [
  finding('broken', 'critical', {status: 'fail', evidence: ['<script>alert(1)</script>', 'second line']}),
  finding('doubtful', 'medium', {status: 'warn', evidence: ['perhaps']}),
  finding('fine', 'high', {status: 'pass', evidence: ['evidence of fine']}),
  finding('unknown', 'low', {status: 'not-tested', reason: 'no certificate'}),
];

function resultWith(findings: readonly Finding[]): ScanResult {
  return {
    target: {host: 'localhost', port: 8443, address: '127.0.0.1', path: '/', authority: 'localhost:8443'},
    startedAt: new Date('2026-11-23T12:00:00Z'),
    durationMs: 1234,
    connections: 56,
    score: scoreOf(findings),
    families: [{title: 'Family', findings}],
  };
}

const RESULT = resultWith(FINDINGS);

describe('JSON report', () => {
  const validate = new Ajv({strict: true}).compile(REPORT_SCHEMA);

  it('follows its schema, with and without baseline', () => {
    const report = reportOf(RESULT);
    assert.ok(validate(JSON.parse(JSON.stringify(report))), JSON.stringify(validate.errors));
    const compared = reportOf(RESULT, new Map());
    assert.ok(validate(JSON.parse(JSON.stringify(compared))), JSON.stringify(validate.errors));
  });

  it('has a schema that refuses anything else', () => {
    const report = reportOf(RESULT);
    assert.ok(!validate({...report, extra: 1}));
    assert.ok(!validate({...report, grade: 'A+'}));
    assert.ok(!validate(Object.fromEntries(Object.entries(report).filter(([name]) => name !== 'findings'))));
  });

  it('counts by status and tells the reason of what was not tested', () => {
    const report = reportOf(RESULT);
    assert.deepEqual(report.counts, {pass: 1, warn: 1, fail: 1, 'not-tested': 1});
    assert.deepEqual(report.findings.at(-1)?.evidence, ['no certificate']);
    assert.equal(report.target.url, 'https://localhost:8443/');
  });
});

describe('baseline', () => {
  const noveltyAgainst = (before: Outcome['status']) => {
    const baseline = new Map([
      ['broken', before],
      ['doubtful', before],
    ]);
    return reportOf(RESULT, baseline).findings.map(each => each.novelty);
  };

  it('makes new what was better before, and known what was as bad', () => {
    assert.deepEqual(noveltyAgainst('pass'), ['new', 'new', undefined, undefined]);
    assert.deepEqual(noveltyAgainst('not-tested'), ['new', 'new', undefined, undefined]);
    assert.deepEqual(noveltyAgainst('warn'), ['new', 'known', undefined, undefined]);
    assert.deepEqual(noveltyAgainst('fail'), ['known', 'known', undefined, undefined]);
  });

  it('is read from a JSON report and is the same as of the report', () => {
    const report = reportOf(RESULT);
    assert.deepEqual(readBaseline(JSON.stringify(report)), baselineOf(report));
  });

  for (const text of [
    '',
    '[]',
    'null',
    '{}',
    '{"reportVersion": 2, "findings": []}',
    '{"reportVersion": 1, "findings": {}}',
  ]) {
    it(`refuses ${text === '' ? 'nothing' : text}`, () => {
      assert.throws(
        () => readBaseline(text),
        (error: unknown) => error instanceof MtlsError && error.code === 'ERR_MTLS_SCAN_OPTION',
      );
    });
  }

  it('passes over findings it cannot read, so that they count as new', () => {
    const text = JSON.stringify({
      reportVersion: 1,
      findings: [null, 'x', {}, {id: 1, status: 'fail'}, {id: 'a', status: 'fail'}],
    });
    assert.deepEqual([...readBaseline(text)], [['a', 'fail']]);
  });
});

describe('failuresFrom', () => {
  const report = reportOf(
    resultWith([
      finding('c', 'critical', failed()),
      finding('m', 'medium', failed()),
      finding('w', 'critical', {status: 'warn', evidence: []}),
    ]),
  );
  const idsFrom = (threshold: Severity, of: Report = report) => failuresFrom(of, threshold).map(({id}) => id);

  it('counts failures at or above the threshold, and no warnings', () => {
    assert.deepEqual(idsFrom('critical'), ['c']);
    assert.deepEqual(idsFrom('high'), ['c']);
    assert.deepEqual(idsFrom('medium'), ['c', 'm']);
    assert.deepEqual(idsFrom('low'), ['c', 'm']);
  });

  it('leaves out what the baseline knew', () => {
    const compared = reportOf(resultWith([finding('c', 'critical', failed())]), new Map([['c', 'fail']]));
    assert.deepEqual(idsFrom('low', compared), []);
  });
});

function failed(): Outcome {
  return {status: 'fail', evidence: []};
}

describe('terminal report', () => {
  it('shows the grade first, weaknesses with evidence, risk and remedy, and reasons', () => {
    const text = renderTerminal(reportOf(RESULT), {colour: 'plain', detail: 'weaknesses'});
    assert.match(
      text,
      /^https:\/\/localhost:8443\/ \(127\.0\.0\.1\)\ngrade F, \d+ of 100 points {2}decided by broken\n1 failed, 1 warnings, 1 passed, 1 not tested; 56 connections in 1\.2 s\n/,
    );
    assert.match(
      text,
      /FAIL title of broken broken \[critical, CWE-295, API2:2023\][^]*second line[^]*risk of broken[^]*remedy of broken/,
    );
    assert.match(text, /no certificate/);
    assert.ok(!text.includes('evidence of fine'));
    assert.ok(!text.includes('\u001b'));
  });

  it('shows evidence of what passed when asked for all', () => {
    assert.match(renderTerminal(reportOf(RESULT), {colour: 'plain', detail: 'all'}), /evidence of fine/);
  });

  it('shows only what is new against a baseline', () => {
    const text = renderTerminal(reportOf(RESULT, new Map([['broken', 'fail']])), {colour: 'plain', detail: 'new'});
    assert.ok(
      text.includes('title of doubtful') && !text.includes('title of broken') && !text.includes('title of fine'),
    );
  });

  it('has colours by grade', () => {
    const colourOf = (findings: readonly Finding[]) =>
      /(\u001b\[\d+m)grade/.exec(
        renderTerminal(reportOf(resultWith(findings)), {colour: 'colour', detail: 'all'}),
      )?.[1];
    assert.equal(colourOf([]), '\u001b[32m');
    assert.equal(colourOf([finding('m', 'medium', failed())]), '\u001b[33m');
    assert.equal(colourOf(FINDINGS), '\u001b[31m');
  });
});

describe('SARIF report', () => {
  const parsed = (
    report: Report,
  ): {runs: [{results: Record<string, unknown>[]; tool: {driver: {rules: unknown[]}}; invocations: unknown}]} =>
    JSON.parse(renderSarif(report)) as never;

  it('has a rule for every check and a result for every weakness', () => {
    const [run] = parsed(reportOf(RESULT)).runs;
    assert.equal(run.tool.driver.rules.length, 4);
    assert.deepEqual(
      run.results.map(({ruleId, ruleIndex, level, baselineState}) => [ruleId, ruleIndex, level, baselineState]),
      [
        ['broken', 0, 'error', undefined],
        ['doubtful', 1, 'note', undefined],
      ],
    );
  });

  it('tells new from unchanged results against a baseline', () => {
    const [run] = parsed(reportOf(RESULT, new Map([['broken', 'fail']]))).runs;
    assert.deepEqual(
      run.results.map(({baselineState}) => baselineState),
      ['unchanged', 'new'],
    );
  });
});

describe('HTML report', () => {
  it('escapes what the server said, has no script and names no other host', () => {
    const html = renderHtml(reportOf(RESULT));
    assert.ok(!html.includes('<script'));
    assert.ok(html.includes('&#60;script&#62;'));
    assert.ok(!/(?:src|href)=/.test(html));
    assert.match(html, /default-src 'none'/);
  });

  it('lists failures by severity, and nothing to do when there are none', () => {
    const html = renderHtml(
      reportOf(resultWith([finding('m', 'medium', failed()), finding('c', 'critical', failed())])),
    );
    assert.match(html, /What to do[^]*critical<\/b>[^]*medium<\/b>/);
    assert.ok(!renderHtml(reportOf(resultWith([]))).includes('What to do'));
  });

  it('marks what is new, and says when there is no grade', () => {
    const unknown = resultWith([
      finding('scan-control', 'info', {status: 'not-tested', reason: 'x'}),
      ...FINDINGS.slice(1),
    ]);
    const html = renderHtml(reportOf(unknown, new Map()));
    assert.match(html, /grade-none/);
    assert.match(html, /<small>new<\/small>/);
  });
});
