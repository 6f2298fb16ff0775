import assert from 'node:assert/strict';
import type {Finding, Outcome, Severity} from '../../src/scan/checks/check';
import {scoreOf} from '../../src/scan/score';

function finding(severity: Severity, status: Outcome['status'], id = `${severity}-${status}`): Finding {
  const outcome: Outcome = status === 'not-tested' ? {status, reason: ''} : {status, evidence: []};
  return {id, title: '', severity, risk: '', remedy: '', cwe: 1, owasp: '', outcome};
}

const many = (count: number, severity: Severity, status: Outcome['status']) =>
  Array.from({length: count}, (_, index) => finding(severity, status, `${severity}-${index}`));

describe('scoreOf', () => {
  const CASES: readonly (readonly [string, readonly Finding[], number, string])[] = [
    ['nothing wrong is an A', [finding('critical', 'pass')], 100, 'A'],
    ['what was not tested costs nothing', [finding('critical', 'not-tested')], 100, 'A'],
    ['one critical failure is an F', [finding('critical', 'fail')], 60, 'F'],
    ['one high failure is a D', [finding('high', 'fail')], 85, 'D'],
    ['one medium failure is a B', [finding('medium', 'fail')], 94, 'B'],
    ['low failures cost points only', [finding('low', 'fail')], 98, 'A'],
    ['info never costs', many(50, 'info', 'fail'), 100, 'A'],
    ['a critical warning is a C', [finding('critical', 'warn')], 80, 'C'],
    ['a high warning is a B', [finding('high', 'warn')], 92, 'B'],
    ['five low failures are still an A', many(5, 'low', 'fail'), 90, 'A'],
    ['six low failures are not', many(6, 'low', 'fail'), 88, 'B'],
    ['four medium failures make a C', many(4, 'medium', 'fail'), 76, 'C'],
    ['six medium failures make a D', many(6, 'medium', 'fail'), 64, 'D'],
    ['eight medium failures make an E', many(8, 'medium', 'fail'), 52, 'E'],
    ['eleven medium failures make an F', many(11, 'medium', 'fail'), 34, 'F'],
    ['points stop at zero', many(5, 'critical', 'fail'), 0, 'F'],
    [
      'an essential question without answer gives no grade',
      [finding('critical', 'not-tested', 'client-certificate-required')],
      100,
      '-',
    ],
    [
      'but an F stays an F',
      [finding('critical', 'not-tested', 'client-certificate-required'), finding('critical', 'fail')],
      60,
      'F',
    ],
  ];
  for (const [name, findings, points, grade] of CASES) {
    it(name, () => {
      const score = scoreOf(findings);
      assert.deepEqual({points: score.points, grade: score.grade}, {points, grade});
    });
  }

  it('says what decided the grade: the ceiling, or else all that cost points', () => {
    assert.deepEqual(scoreOf([finding('high', 'fail'), finding('low', 'fail')]).because, ['high-fail']);
    assert.equal(scoreOf(many(6, 'low', 'fail')).because.length, 6);
    assert.deepEqual(scoreOf([finding('low', 'fail')]).because, []);
    assert.deepEqual(scoreOf([finding('info', 'not-tested', 'scan-control')]).because, ['scan-control']);
  });
});
