import type {Refusal} from '../errors';
import type {CertificateFacts} from '../x509/certificate';
import type {ConstraintBase} from '../x509/name-constraints';
import type {GeneralName} from '../x509/names';
import {isWildcardOrHostName} from '../x509/host-name';
import {describeName} from './name-text';
import {isSelfIssued} from './path';
import type {CandidatePath, CheckContext, Step} from './path';
import {formOf, isWellFormedBase, relate} from './name-subtree';

const COMMON_NAME = '2.5.4.3';
const EMAIL_ADDRESS = '1.2.840.113549.1.9.1';

/**
 * RFC 5280 sections 4.2.1.10 and 6.1.3 (b), (c): the names of every certificate lie inside the permitted and outside
 * the excluded subtrees of every CA above, anchor included. The intersection of permitted subtrees is never computed:
 * a name lies in it when it lies in each.
 */
export function checkNameConstraints({steps}: CandidatePath, {budget}: CheckContext): Refusal | undefined {
  for (const [index, authority] of steps.entries()) {
    const constraints = authority.certificate.extensions.nameConstraints;
    if (constraints === undefined) continue;
    const malformed = [...constraints.permitted, ...constraints.excluded].find(base => !isWellFormedBase(base));
    if (malformed !== undefined) return malformedBase(malformed, authority.where);
    const bases = constraints.permitted.length + constraints.excluded.length;
    for (const step of steps.slice(index + 1)) {
      // Section 6.1.4: rollover certificates of a CA are exempt, a leaf never is.
      if (step.role !== 'leaf' && isSelfIssued(step.certificate)) continue;
      const names = constrainedNames(step);
      if (budget.spend(names.length * bases) === 'exhausted') return budget.refusal(step.where);
      for (const name of names) {
        const why =
          checkPermitted(name, constraints.permitted, authority) ??
          checkExcluded(name, constraints.excluded, authority);
        if (why !== undefined) return {...why, where: step.where};
      }
    }
  }
  return undefined;
}

/** Every name that constraints speak about: alternative names, the subject, and what software takes from inside it. */
function constrainedNames({certificate, role}: Step): readonly GeneralName[] {
  const {subject, subjectAltNames} = certificate;
  const names: GeneralName[] = [...subjectAltNames];
  if (subject.rdns.length > 0) names.push({kind: 'directory', value: subject});
  for (const value of subjectValues(certificate, EMAIL_ADDRESS)) names.push({kind: 'email', value});
  if (role === 'leaf' && !subjectAltNames.some(name => name.kind === 'dns'))
    for (const value of subjectValues(certificate, COMMON_NAME))
      // Software without alternative names falls back to a common name that looks like a host name.
      if (value.includes('.') && isWildcardOrHostName(value)) names.push({kind: 'dns', value});
  return names;
}

function subjectValues({subject}: CertificateFacts, type: string): readonly string[] {
  return subject.rdns.flatMap(rdn => rdn.filter(attribute => attribute.type === type).map(({value}) => value));
}

function checkPermitted(name: GeneralName, permitted: readonly ConstraintBase[], authority: Step): Refusal | undefined {
  const form = formOf(name);
  const bases = permitted.filter(base => formOf(base) === form);
  if (bases.length === 0 || bases.some(base => relate(name, base) === 'inside')) return undefined;
  return {
    code: 'ERR_MTLS_NAME_CONSTRAINT',
    required: `a ${form} name in the subtrees that ${authority.where} permits`,
    found: describeName(name),
  };
}

function checkExcluded(name: GeneralName, excluded: readonly ConstraintBase[], authority: Step): Refusal | undefined {
  const form = formOf(name);
  const hit = excluded.find(base => formOf(base) === form && relate(name, base) !== 'outside');
  if (hit === undefined) return undefined;
  return {
    code: 'ERR_MTLS_NAME_CONSTRAINT',
    required: `a ${form} name outside the subtrees that ${authority.where} excludes`,
    found: describeName(name),
  };
}

function malformedBase(base: ConstraintBase, where: string): Refusal {
  return {
    code: 'ERR_MTLS_NAME_CONSTRAINT',
    required: 'a host name without a leading dot',
    found: base.kind === 'dns' ? base.value : base.kind,
    where,
  };
}
