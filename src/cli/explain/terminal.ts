import {escapeUnprintable} from '../../audit/redact';
import type {Paint} from '../paint';
import {columns} from '../table';
import type {EndpointReport} from './endpoints';
import type {CheckText, Explanation, PathText, RefusalText, RuleText} from './explanation';

/** Alternative paths shown beside the one that decided. */
const MAX_OTHER_PATHS = 3;

/** The explanation for a person at a terminal: the decision first, then how it came about. */
export function renderExplanation(explanation: Explanation, paint: Paint): string {
  const {paths, deadEnds, rules, endpoints, warnings} = explanation;
  const [decisive, ...others] = paths;
  const parts = [
    headline(explanation, paint),
    certificateLines(explanation),
    ...(decisive ? [pathLines(decisive, paint)] : []),
    ...others.slice(0, MAX_OTHER_PATHS).map(path => pathLines(path, paint)),
    section(
      'Dead ends',
      deadEnds.map(why => `  ${sentenceOf(why)}`),
      paint,
    ),
    section(
      'Identity rules',
      rules.map(rule => ruleLine(rule, paint)),
      paint,
    ),
    endpoints === undefined ? '' : endpointLines(endpoints, paint),
    section(
      'Warnings',
      warnings.map(warning => `  ${warning}`),
      paint,
    ),
  ];
  return parts.filter(part => part !== '').join('\n');
}

function headline({outcome, at}: Explanation, paint: Paint): string {
  if (outcome.decision === 'reject')
    return [
      `${paint('red', 'REFUSED')} at ${at}, ${outcome.why.code}`,
      `  why  ${escapeUnprintable(sentenceOf(outcome.why))}`,
      `  fix  ${outcome.why.remedy}`,
      '',
    ].join('\n');
  const {id, idSource, roles} = outcome.principal;
  return [
    `${paint('green', 'ACCEPTED')} at ${at}`,
    `  principal  ${escapeUnprintable(id)} (${idSource})`,
    `  roles      ${roles.join(', ')}`,
    `  by         ${outcome.matched.join(', ')}`,
    '',
  ].join('\n');
}

function certificateLines({certificate}: Explanation): string {
  if (certificate === undefined) return '';
  const {subject, issuer, serialNumber, fingerprint, notBefore, notAfter, subjectAltNames} = certificate;
  return columns(
    [
      ['subject', subject],
      ['issuer', issuer],
      ['names', subjectAltNames.join(', ') || 'none'],
      ['valid', `${notBefore} to ${notAfter}`],
      ['serial number', serialNumber],
      ['SHA-256', fingerprint],
    ].map(row => row.map(escapeUnprintable)),
    '  ',
  );
}

function pathLines({certificates, checks}: PathText, paint: Paint): string {
  const way = certificates
    .map(({where, subject}) => (where.endsWith(subject) ? where : `${where} ${subject}`))
    .join(' < ');
  return section(
    `Path: ${escapeUnprintable(way)}`,
    checks.map(check => checkLine(check, paint)),
    paint,
  );
}

function checkLine(check: CheckText, paint: Paint): string {
  const name = check.check.padEnd(16);
  return check.verdict === 'pass'
    ? `  ${paint('green', 'pass')}  ${name}  ${escapeUnprintable(check.evidence)}`
    : `  ${paint('red', 'FAIL')}  ${name}  ${escapeUnprintable(sentenceOf(check.why))}`;
}

function ruleLine({rule, verdict, conditions, reasons}: RuleText, paint: Paint): string {
  const style = {match: 'green', near: 'yellow', 'no match': 'gray'} as const;
  const held = conditions.map(({attribute, anyOf}) => `${attribute} is ${anyOf.join(' or ')}`);
  const text = (verdict === 'match' ? held : reasons).join('; ');
  return `  ${paint(style[verdict], verdict.padEnd(8))}  ${rule}: ${escapeUnprintable(text)}`;
}

const MARKS = {allow: ['yes', 'green'], conditional: ['if ', 'yellow'], deny: ['-  ', 'gray']} as const;

function endpointLines(endpoints: readonly EndpointReport[], paint: Paint): string {
  const width = Math.max(0, ...endpoints.map(({endpoint}) => endpoint.length));
  const reached = endpoints.filter(({verdict}) => verdict !== 'deny').length;
  const lines = endpoints.map(({endpoint, verdict, because, servedBy}) => {
    const [mark, style] = MARKS[verdict];
    return `  ${paint(style, mark)}  ${endpoint.padEnd(width)}  ${because ?? servedBy}`;
  });
  return section(`Endpoints: ${reached} of ${endpoints.length}`, lines, paint);
}

function section(title: string, lines: readonly string[], paint: Paint): string {
  return lines.length === 0 ? '' : [paint('bold', title), ...lines, ''].join('\n');
}

/** The refusal in a sentence, without its code. */
export function sentenceOf({where, sentence, required, found}: RefusalText): string {
  return `${where === undefined ? '' : `${where}: `}${sentence}: required ${required}, found ${found}`;
}
