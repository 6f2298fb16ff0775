import type {Report, ReportedFinding} from './report';
import {REPORT_VERSION} from './report';

const text = {type: 'string'} as const;
const texts = {type: 'array', items: text} as const;
const count = {type: 'integer', minimum: 0} as const;

/** One property per property of the type: a new one without a row does not compile. */
const FINDING: Readonly<Record<keyof ReportedFinding, object>> = {
  id: {...text, description: 'stable id of the check'},
  family: text,
  title: {...text, description: 'what should be so'},
  status: {enum: ['pass', 'warn', 'fail', 'not-tested']},
  severity: {enum: ['critical', 'high', 'medium', 'low', 'info']},
  evidence: {...texts, description: 'what was seen; for not-tested the reason'},
  risk: {...text, description: 'what an attacker gains'},
  remedy: text,
  cwe: {type: 'string', pattern: '^CWE-[0-9]+$'},
  owasp: {type: 'string', pattern: '^API[0-9]+:[0-9]{4}$'},
  novelty: {enum: ['new', 'known'], description: 'only with a baseline'},
};

const REPORT: Readonly<Record<keyof Report, object>> = {
  reportVersion: {const: REPORT_VERSION},
  target: {
    type: 'object',
    required: ['url', 'address'],
    properties: {url: text, address: text},
    additionalProperties: false,
  },
  startedAt: {...text, description: 'ISO 8601'},
  durationMs: count,
  connections: count,
  grade: {enum: ['A', 'B', 'C', 'D', 'E', 'F', '-']},
  score: {type: 'integer', minimum: 0, maximum: 100},
  decidedBy: {...texts, description: 'ids of the findings that decided the grade'},
  counts: {
    type: 'object',
    required: ['pass', 'warn', 'fail', 'not-tested'],
    properties: {pass: count, warn: count, fail: count, 'not-tested': count},
    additionalProperties: false,
  },
  findings: {
    type: 'array',
    items: {
      type: 'object',
      required: Object.keys(FINDING).filter(name => name !== 'novelty'),
      properties: FINDING,
      additionalProperties: false,
    },
  },
};

/** JSON Schema (draft 7) of the JSON report. */
export const REPORT_SCHEMA: object = Object.freeze({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Report of mtls scan',
  type: 'object',
  required: Object.keys(REPORT),
  properties: REPORT,
  additionalProperties: false,
});
