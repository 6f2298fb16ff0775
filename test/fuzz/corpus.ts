import {createAuthority} from '../../src/pki/authority';

/** Samples of one kind of structure; each uses as many features as there are. */
export type Samples = readonly [Buffer, ...Buffer[]];

/** What the mutations start from. The keys in it are new in every run. */
export interface Corpus {
  readonly certificates: Samples;
  readonly crls: Samples;
  readonly ocspResponses: Samples;
}

export function makeCorpus(): Corpus {
  const root = createAuthority({
    subject: [
      [{type: 'country', value: 'DE'}],
      [
        {type: 'organization', value: 'Klinik Süd'},
        {type: 'domainComponent', value: 'example'},
      ],
      [{type: 'commonName', value: 'Root'}],
    ],
    pathLength: 2,
    certificatePolicies: ['2.5.29.32.0'],
    policyMappings: [{issuerDomain: '1.2.3', subjectDomain: '1.2.4'}],
    policyConstraints: {requireExplicitPolicy: 0, inhibitPolicyMapping: 1},
    inhibitAnyPolicy: 1,
    nameConstraints: {
      permitted: ['dns:clinic.example', 'email:.clinic.example', 'ip:10.0.0.0/8', 'uri:.clinic.example'],
      excluded: [{kind: 'directory', value: {organization: 'Other'}}, 'ip:2001:db8::/32'],
    },
  });
  const client = root.issueClient({
    subject: {organization: 'Klinik', organizationalUnit: ['Ärzte', 'Staff'], commonName: 'Alice'},
    subjectAltNames: [
      'dns:*.clinic.example',
      'email:alice@clinic.example',
      'uri:spiffe://clinic.example/alice',
      'ip:2001:db8::1',
      'upn:alice@clinic.example',
      'registeredId:1.2.3.4',
      {kind: 'directory', value: {commonName: 'Alice'}},
      {kind: 'other', type: '1.2.3', value: Buffer.of(5, 0)},
    ],
    issuerAltNames: ['dns:ca.clinic.example'],
    authorityKeyIdentifier: {
      keyIdentifier: root.keyIdentifier,
      issuer: [{kind: 'directory', value: root.name}],
      serialNumber: 1n,
    },
    crlDistributionPoints: [
      'http://crl.clinic.example/a.crl',
      {name: {relativeName: [{type: 'commonName', value: 'CRL'}]}, reasons: ['keyCompromise']},
      {crlIssuer: [{kind: 'directory', value: root.name}]},
    ],
    freshestCrl: ['http://crl.clinic.example/delta.crl'],
    authorityInfoAccess: {ocsp: ['http://ocsp.clinic.example/'], caIssuers: ['http://ca.clinic.example/ca.cer']},
    tlsFeatures: [5],
    certificatePolicies: ['1.2.3', '1.2.4'],
    serialNumber: 5n,
  });
  const rsa = root.issueServer({subject: {commonName: 'server'}, key: 'rsa-2048', noRevocationAvailable: true});
  const edwards = root.issueClient({subject: {commonName: 'device'}, key: 'ed25519'});
  return {
    certificates: [root.certificate, client.certificate, rsa.certificate, edwards.certificate],
    crls: [
      root.issueCrl({}).der,
      root.issueCrl({
        entries: [
          {serialNumber: 5n, reason: 'keyCompromise', revokedAt: new Date('2026-01-01T00:00:00Z')},
          {
            serialNumber: 2n ** 100n,
            revokedAt: new Date('2026-01-02T00:00:00Z'),
            certificateIssuer: {commonName: 'Other'},
          },
        ],
        deltaOf: 3,
        freshestCrl: ['http://crl.clinic.example/delta.crl'],
        issuingDistributionPoint: {
          name: {fullName: ['uri:http://crl.clinic.example/a.crl']},
          onlySomeReasons: ['keyCompromise'],
          indirect: true,
        },
      }).der,
    ],
    ocspResponses: [
      root.answerOcsp({
        answers: [
          {certificate: 5n, status: {kind: 'good'}},
          {
            certificate: 6n,
            status: {kind: 'revoked', since: new Date('2026-01-01T00:00:00Z'), reason: 'keyCompromise'},
          },
          {certificate: 7n, status: {kind: 'unknown'}, nextUpdate: 'none'},
        ],
        nonce: Buffer.alloc(32, 7),
        responder: root.issueOcspResponder({subject: {commonName: 'Responder'}}),
      }),
    ],
  };
}
