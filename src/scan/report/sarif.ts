import type {Severity} from '../checks/check';
import type {Report, ReportedFinding} from './report';

/** SARIF levels, and the number code hosts sort security findings by. */
const LEVELS: Readonly<Record<Severity, {readonly level: 'error' | 'warning' | 'note'; readonly score: string}>> = {
  critical: {level: 'error', score: '9.5'},
  high: {level: 'error', score: '8.0'},
  medium: {level: 'warning', score: '5.5'},
  low: {level: 'note', score: '3.0'},
  info: {level: 'note', score: '0.0'},
};

/** SARIF 2.1.0 (OASIS), one run: every check is a rule, every weakness a result. */
export function renderSarif(report: Report): string {
  const weaknesses = report.findings.filter(({status}) => status === 'fail' || status === 'warn');
  const sarif = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {driver: {name: 'mtls scan', rules: report.findings.map(ruleOf)}},
        invocations: [{executionSuccessful: report.grade !== '-', startTimeUtc: report.startedAt}],
        results: weaknesses.map(finding => resultOf(finding, report)),
      },
    ],
  };
  return `${JSON.stringify(sarif, null, 2)}\n`;
}

function ruleOf(finding: ReportedFinding): object {
  const {level, score} = LEVELS[finding.severity];
  return {
    id: finding.id,
    shortDescription: {text: finding.title},
    fullDescription: {text: finding.risk},
    help: {text: finding.remedy},
    defaultConfiguration: {level},
    properties: {'security-severity': score, tags: ['security', finding.cwe, finding.owasp]},
  };
}

function resultOf(finding: ReportedFinding, {target, findings}: Report): object {
  const {level} = LEVELS[finding.severity];
  return {
    ruleId: finding.id,
    ruleIndex: findings.indexOf(finding),
    // A warning is a weakness that another layer may make good.
    level: finding.status === 'warn' ? 'note' : level,
    message: {
      text: [`It does not hold that ${finding.title}.`, ...finding.evidence, `Fix: ${finding.remedy}`].join('\n'),
    },
    locations: [{physicalLocation: {artifactLocation: {uri: target.url}}}],
    partialFingerprints: {'mtlsScan/v1': `${target.url}#${finding.id}`},
    ...(finding.novelty === undefined ? {} : {baselineState: finding.novelty === 'new' ? 'new' : 'unchanged'}),
  };
}
