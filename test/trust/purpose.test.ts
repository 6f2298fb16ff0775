import {testTable} from './fixture';

describe('checkPurpose', () => {
  describe('of a leaf', () => {
    testTable([
      ['clientAuth among others', {client: {extendedKeyUsage: ['serverAuth', 'clientAuth']}}, 'accept'],
      ['serverAuth alone', {client: {extendedKeyUsage: ['serverAuth']}}, 'ERR_MTLS_EXTENDED_KEY_USAGE'],
      ['anyExtendedKeyUsage alone', {client: {extendedKeyUsage: ['any']}}, 'ERR_MTLS_EXTENDED_KEY_USAGE'],
      ['no extendedKeyUsage', {client: {without: ['extendedKeyUsage']}}, 'ERR_MTLS_EXTENDED_KEY_USAGE'],
      [
        'no extendedKeyUsage when it may be absent',
        {client: {without: ['extendedKeyUsage']}, policy: {absentExtendedKeyUsage: 'allow'}},
        'accept',
      ],
      [
        'another extendedKeyUsage when it may be absent',
        {client: {extendedKeyUsage: ['serverAuth']}, policy: {absentExtendedKeyUsage: 'allow'}},
        'ERR_MTLS_EXTENDED_KEY_USAGE',
      ],
      [
        'no extendedKeyUsage when none is required',
        {client: {without: ['extendedKeyUsage']}, policy: {requiredExtendedKeyUsage: []}},
        'accept',
      ],
      [
        'one of two required usages',
        {policy: {requiredExtendedKeyUsage: ['1.3.6.1.5.5.7.3.2', '1.3.6.1.4.1.55555.7']}},
        'ERR_MTLS_EXTENDED_KEY_USAGE',
      ],
      [
        'both required usages',
        {
          client: {extendedKeyUsage: ['clientAuth', '1.3.6.1.4.1.55555.7']},
          policy: {requiredExtendedKeyUsage: ['1.3.6.1.5.5.7.3.2', '1.3.6.1.4.1.55555.7']},
        },
        'accept',
      ],
      ['no keyUsage', {client: {without: ['keyUsage']}}, 'accept'],
      ['keyUsage without digitalSignature', {client: {keyUsage: ['keyAgreement']}}, 'ERR_MTLS_KEY_USAGE'],
    ]);
  });

  describe('of an issuer', () => {
    testTable([
      ['keyCertSign alone', {issuing: {keyUsage: ['keyCertSign']}}, 'accept'],
      ['keyUsage without keyCertSign', {issuing: {keyUsage: ['cRLSign']}}, 'ERR_MTLS_KEY_USAGE'],
      ['an intermediate without keyUsage', {issuing: {without: ['keyUsage']}}, 'ERR_MTLS_KEY_USAGE'],
      ['an anchor without keyUsage', {root: {without: ['keyUsage']}}, 'accept'],
      ['an anchor with keyUsage without keyCertSign', {root: {keyUsage: ['cRLSign']}}, 'ERR_MTLS_KEY_USAGE'],
      ['an issuer limited to clientAuth', {issuing: {extendedKeyUsage: ['clientAuth']}}, 'accept'],
      ['an issuer of any purpose', {issuing: {extendedKeyUsage: ['any']}}, 'accept'],
      ['an issuer limited to serverAuth', {issuing: {extendedKeyUsage: ['serverAuth']}}, 'ERR_MTLS_EXTENDED_KEY_USAGE'],
      ['an anchor limited to clientAuth', {root: {extendedKeyUsage: ['clientAuth']}}, 'accept'],
      ['an anchor limited to serverAuth', {root: {extendedKeyUsage: ['serverAuth']}}, 'ERR_MTLS_EXTENDED_KEY_USAGE'],
    ]);
  });
});
