import {oid, sequence} from '../../src/pki/der';
import {testTable} from './fixture';

const UNKNOWN = '1.3.6.1.4.1.55555.1';

describe('checkProfile', () => {
  testTable([
    ['a plain chain', {}, 'accept'],
    ['an unknown extension', {client: extension(UNKNOWN, false)}, 'accept'],
    ['an unknown critical extension in the leaf', {client: extension(UNKNOWN, true)}, 'ERR_MTLS_CRITICAL_EXTENSION'],
    ['an unknown critical extension in a CA', {issuing: extension(UNKNOWN, true)}, 'ERR_MTLS_CRITICAL_EXTENSION'],
    ['an unknown critical extension in the anchor', {root: extension(UNKNOWN, true)}, 'ERR_MTLS_CRITICAL_EXTENSION'],
  ]);

  describe('version and serial number', () => {
    testTable([
      ['a leaf of version 1', {client: {version: 1}}, 'ERR_MTLS_PROFILE'],
      ['a CA of version 1', {issuing: {version: 1}}, 'ERR_MTLS_PROFILE'],
      ['an anchor of version 1', {root: {version: 1}}, 'ERR_MTLS_PROFILE'],
      ['serial number 1', {client: {serialNumber: 1n}}, 'accept'],
      ['serial number 0', {client: {serialNumber: 0n}}, 'ERR_MTLS_PROFILE'],
      ['serial number 0 in an anchor', {root: {serialNumber: 0n}}, 'accept'],
      ['serial number 0 in an intermediate', {issuing: {serialNumber: 0n}}, 'ERR_MTLS_PROFILE'],
      ['serial number -1 in an anchor', {root: {serialNumber: -1n}}, 'ERR_MTLS_PROFILE'],
      ['serial number -1', {client: {serialNumber: -1n}}, 'ERR_MTLS_PROFILE'],
      ['a serial number of 20 octets', {client: {serialNumber: 2n ** 159n - 1n}}, 'accept'],
      ['a serial number of 21 octets', {client: {serialNumber: 2n ** 159n}}, 'ERR_MTLS_PROFILE'],
    ]);
  });

  describe('subject', () => {
    const names = {subject: [], subjectAltNames: ['dns:a.example']} as const;
    testTable([
      ['an empty subject with critical alternative names', {client: names}, 'accept'],
      [
        'an empty subject with alternative names that are not critical',
        {client: {...names, criticality: {subjectAltNames: 'not critical'}}},
        'ERR_MTLS_PROFILE',
      ],
      ['an empty subject without alternative names', {client: {subject: []}}, 'ERR_MTLS_PROFILE'],
      [
        'critical alternative names beside a subject',
        {client: {subjectAltNames: ['dns:a.example'], criticality: {subjectAltNames: 'critical'}}},
        'accept',
      ],
    ]);
  });

  describe('host names', () => {
    testTable([
      ['a host name with a hyphen', {client: {subjectAltNames: ['dns:a-b.example']}}, 'accept'],
      ['a host name with an underscore', {client: {subjectAltNames: ['dns:a_b.example']}}, 'ERR_MTLS_PROFILE'],
      ['a URI with an underscore', {client: {subjectAltNames: ['uri:spiffe://a.example/a_b']}}, 'accept'],
    ]);
  });

  describe('criticality', () => {
    const constraints = {nameConstraints: {permitted: ['dns:example']}} as const;
    const policies = {certificatePolicies: ['1.2.3'], policyConstraints: {inhibitPolicyMapping: 0}} as const;
    testTable([
      ['critical nameConstraints', {issuing: constraints}, 'accept'],
      ['nameConstraints that are not critical', {issuing: not('nameConstraints', constraints)}, 'ERR_MTLS_PROFILE'],
      ['critical inhibitAnyPolicy', {issuing: {inhibitAnyPolicy: 0}}, 'accept'],
      [
        'inhibitAnyPolicy that is not critical',
        {issuing: not('inhibitAnyPolicy', {inhibitAnyPolicy: 0})},
        'ERR_MTLS_PROFILE',
      ],
      ['basicConstraints that are not critical below the anchor', {issuing: not('basicConstraints', {})}, 'accept'],
      ['basicConstraints that are not critical in the anchor', {root: not('basicConstraints', {})}, 'ERR_MTLS_PROFILE'],
      [
        'policyConstraints that are not critical below the anchor',
        {issuing: not('policyConstraints', policies)},
        'accept',
      ],
      ['critical policyConstraints in the anchor', {root: policies}, 'accept'],
      [
        'policyConstraints that are not critical in the anchor',
        {root: not('policyConstraints', policies)},
        'ERR_MTLS_PROFILE',
      ],
      [
        'a critical subjectKeyIdentifier',
        {client: {criticality: {subjectKeyIdentifier: 'critical'}}},
        'ERR_MTLS_PROFILE',
      ],
      [
        'a critical authorityKeyIdentifier',
        {client: {criticality: {authorityKeyIdentifier: 'critical'}}},
        'ERR_MTLS_PROFILE',
      ],
      [
        'critical authorityInfoAccess',
        {
          client: {
            authorityInfoAccess: {ocsp: ['http://ocsp.example']},
            criticality: {authorityInfoAccess: 'critical'},
          },
        },
        'ERR_MTLS_PROFILE',
      ],
      ['critical extendedKeyUsage', {client: {criticality: {extendedKeyUsage: 'critical'}}}, 'accept'],
      ['keyUsage that is not critical', {client: {criticality: {keyUsage: 'not critical'}}}, 'accept'],
    ]);
  });

  describe('key identifiers', () => {
    const other = Buffer.from('other');
    testTable([
      ['a leaf without subjectKeyIdentifier', {client: {without: ['subjectKeyIdentifier']}}, 'accept'],
      ['a CA without subjectKeyIdentifier', {issuing: {without: ['subjectKeyIdentifier']}}, 'ERR_MTLS_PROFILE'],
      ['an anchor without subjectKeyIdentifier', {root: {without: ['subjectKeyIdentifier']}}, 'ERR_MTLS_PROFILE'],
      ['a leaf without authorityKeyIdentifier', {client: {without: ['authorityKeyIdentifier']}}, 'ERR_MTLS_PROFILE'],
      ['a CA without authorityKeyIdentifier', {issuing: {without: ['authorityKeyIdentifier']}}, 'ERR_MTLS_PROFILE'],
      ['a self-signed anchor without authorityKeyIdentifier', {root: {}}, 'accept'],
      [
        'a self-signed anchor that names itself',
        {root: {subjectKeyIdentifier: other, authorityKeyIdentifier: {keyIdentifier: other}}},
        'accept',
      ],
      [
        'a self-signed anchor that names another key',
        {root: {authorityKeyIdentifier: {keyIdentifier: other}}},
        'ERR_MTLS_PROFILE',
      ],
      [
        'authorityKeyIdentifier without a key identifier',
        {client: {authorityKeyIdentifier: {issuer: [{kind: 'directory', value: 'Root'}], serialNumber: 1n}}},
        'ERR_MTLS_PROFILE',
      ],
      [
        'another key identifier than the issuer has',
        {client: {authorityKeyIdentifier: {keyIdentifier: other}}},
        'ERR_MTLS_PROFILE',
      ],
      [
        'a cross-signed anchor without authorityKeyIdentifier',
        {root: {mistakes: {issuer: 'Elsewhere'}}},
        'ERR_MTLS_PROFILE',
      ],
      [
        'a cross-signed anchor that names the key of its issuer',
        {root: {mistakes: {issuer: 'Elsewhere'}, authorityKeyIdentifier: {keyIdentifier: other}}},
        'accept',
      ],
    ]);
  });

  describe('what is for CAs', () => {
    testTable([
      ['keyCertSign in a leaf', {client: {keyUsage: ['digitalSignature', 'keyCertSign']}}, 'ERR_MTLS_PROFILE'],
      ['cRLSign in a leaf', {client: {keyUsage: ['digitalSignature', 'cRLSign']}}, 'accept'],
      ['a path length in a leaf', {client: {basicConstraints: {ca: false, pathLength: 0}}}, 'ERR_MTLS_PROFILE'],
      ['name constraints in a leaf', {client: {nameConstraints: {permitted: ['dns:example']}}}, 'ERR_MTLS_PROFILE'],
      ['a leaf without basicConstraints', {client: {without: ['basicConstraints']}}, 'accept'],
    ]);
  });

  describe('noRevAvail', () => {
    const none = {noRevocationAvailable: true} as const;
    const point = ['http://crl.example/1'];
    testTable([
      ['a leaf without revocation information', {client: none}, 'accept'],
      [
        'a leaf without revocation information that names where to fetch its issuer',
        {client: {...none, authorityInfoAccess: {caIssuers: ['http://ca.example/ca.crt']}}},
        'accept',
      ],
      ['a CA without revocation information', {issuing: none}, 'ERR_MTLS_PROFILE'],
      [
        'noRevAvail beside CRL distribution points',
        {client: {...none, crlDistributionPoints: point}},
        'ERR_MTLS_PROFILE',
      ],
      ['noRevAvail beside freshestCRL', {client: {...none, freshestCrl: point}}, 'ERR_MTLS_PROFILE'],
      [
        'noRevAvail beside an OCSP responder',
        {client: {...none, authorityInfoAccess: {ocsp: ['http://ocsp.example']}}},
        'ERR_MTLS_PROFILE',
      ],
    ]);
  });
});

function extension(type: string, critical: boolean) {
  return {otherExtensions: [{oid: type, critical, value: sequence(oid('1.2.3'))}]};
}

function not<T extends object>(name: string, spec: T) {
  return {...spec, criticality: {[name]: 'not critical' as const}};
}
