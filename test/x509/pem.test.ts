import assert from 'node:assert/strict';
import fc from 'fast-check';
import {decodePem, decodePemOrDer, derBlocks, encodePem, parseCertificates} from '../../src/x509/pem';
import {certificateWith} from './certificate-parts';
import {codeOf} from './code-of';

const PEM = 'ERR_MTLS_PEM';
const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';
const BODY = 'AQIDBA==';

/** A block of another kind than certificates. */
function block(label: string): string {
  return [BEGIN, BODY, END].join('\n').replaceAll('CERTIFICATE', label);
}

describe('decoding PEM', () => {
  const VECTORS: readonly (readonly [string, string, number | string])[] = [
    ['accepts one block', `${BEGIN}\n${BODY}\n${END}\n`, 1],
    ['accepts a block without a line feed at the end', `${BEGIN}\n${BODY}\n${END}`, 1],
    ['accepts CRLF', `${BEGIN}\r\n${BODY}\r\n${END}\r\n`, 1],
    ['accepts CR alone', `${BEGIN}\r${BODY}\r${END}\r`, 1],
    ['accepts spaces at line ends', `${BEGIN} \n${BODY}\t\n${END}  \n`, 1],
    ['accepts several lines of any length', `${BEGIN}\nAQ\nIDBA\n==\n${END}\n`, 1],
    ['accepts several blocks', `${BEGIN}\n${BODY}\n${END}\n${BEGIN}\n${BODY}\n${END}\n`, 2],
    [
      'accepts text around blocks',
      `subject=CN = A\n${BEGIN}\n${BODY}\n${END}\n-- rule --\n${BEGIN}\n${BODY}\n${END}\nend`,
      2,
    ],
    ['refuses an empty text', '', PEM],
    ['refuses text without a block', 'no certificate here', PEM],
    ['refuses an empty block', `${BEGIN}\n${END}\n`, PEM],
    ['refuses a block that does not end', `${BEGIN}\n${BODY}\n`, PEM],
    ['refuses an end without begin', `${BODY}\n${END}\n`, PEM],
    ['refuses a second begin', `${BEGIN}\n${BODY}\n${BEGIN}\n${BODY}\n${END}\n`, PEM],
    ['refuses another label at the end', `${BEGIN}\n${BODY}\n-----END X509 CRL-----\n`, PEM],
    ['refuses another label', `-----BEGIN X509 CRL-----\n${BODY}\n-----END X509 CRL-----\n`, PEM],
    [
      'refuses OpenSSL’s trusted form',
      `-----BEGIN TRUSTED CERTIFICATE-----\n${BODY}\n-----END TRUSTED CERTIFICATE-----`,
      PEM,
    ],
    ['refuses a private key among certificates', `${BEGIN}\n${BODY}\n${END}\n${block('PRIVATE KEY')}\n`, PEM],
    ['refuses a boundary with four dashes', `-----BEGIN CERTIFICATE----\n${BODY}\n${END}\n`, PEM],
    ['refuses an indented boundary', ` ${BEGIN}\n${BODY}\n${END}\n`, PEM],
    ['refuses a boundary behind text', `${BODY}${END}\n`, PEM],
    ['refuses a block on one line', `${BEGIN}${BODY}${END}\n`, PEM],
    ['refuses a label in small letters', '-----BEGIN certificate-----\n', PEM],
    ['refuses headers', `${BEGIN}\nProc-Type: 4,ENCRYPTED\n\n${BODY}\n${END}\n`, PEM],
    ['refuses spaces within base64', `${BEGIN}\nAQ IDBA==\n${END}\n`, PEM],
    ['refuses an indented line', `${BEGIN}\n ${BODY}\n${END}\n`, PEM],
    ['refuses the URL alphabet', `${BEGIN}\n-_-_\n${END}\n`, PEM],
    ['refuses missing padding', `${BEGIN}\nAQIDBA\n${END}\n`, PEM],
    ['refuses padding in the middle', `${BEGIN}\nAQ==\n${BODY}\n${END}\n`, PEM],
    ['refuses bits behind the last octet', `${BEGIN}\nAQIDBB==\n${END}\n`, PEM],
    ['refuses other characters', `${BEGIN}\nAQID*A==\n${END}\n`, PEM],
  ];
  for (const [name, text, expected] of VECTORS)
    it(name, () => {
      if (typeof expected === 'number') {
        const blocks = decodePem(text, 'CERTIFICATE');
        assert.deepEqual(
          blocks,
          Array.from({length: expected}, () => Buffer.of(1, 2, 3, 4)),
        );
      } else
        assert.equal(
          codeOf(() => decodePem(text, 'CERTIFICATE')),
          expected,
        );
    });

  it('names the kind it found, and nothing of what stands in the block', () => {
    assert.throws(
      () => decodePem(`${block('PRIVATE KEY')}\n`, 'CERTIFICATE'),
      (error: Error) => error.message.includes('BEGIN PRIVATE KEY') && !error.message.includes(BODY),
    );
  });

  it('names the line', () => {
    assert.throws(() => decodePem(`text\n${BEGIN}\n****\n${END}\n`, 'CERTIFICATE'), /line 4/);
  });
});

describe('encoding PEM', () => {
  it('writes lines of 64 characters', () => {
    const lines = encodePem(Buffer.alloc(49), 'X509 CRL').split('\n');
    assert.deepEqual(
      lines.map(line => line.length),
      [24, 64, 4, 22, 0],
    );
  });

  it('decodes to the bytes it was given', () => {
    fc.assert(
      fc.property(fc.uint8Array({minLength: 1, maxLength: 300}), bytes => {
        assert.deepEqual(decodePem(encodePem(bytes, 'X509 CRL'), 'X509 CRL'), [Buffer.from(bytes)]);
      }),
    );
  });
});

describe('certificates from a file', () => {
  const der = certificateWith();

  it('are read from PEM, in order', () => {
    const other = certificateWith({serialNumber: Buffer.of(2, 1, 6)});
    const file = Buffer.from(encodePem(der, 'CERTIFICATE') + encodePem(other, 'CERTIFICATE'));
    assert.deepEqual(
      parseCertificates(file).map(certificate => certificate.serialNumber),
      ['5', '6'],
    );
  });

  it('are read from DER', () => {
    assert.deepEqual(
      parseCertificates(der).map(certificate => certificate.der),
      [der],
    );
  });

  it('are refused when one of them does not parse', () => {
    const file = Buffer.from(encodePem(der, 'CERTIFICATE') + encodePem(Buffer.of(1, 2), 'CERTIFICATE'));
    assert.equal(
      codeOf(() => parseCertificates(file)),
      'ERR_MTLS_DER',
    );
  });

  it('are refused with a second DER certificate behind the first', () => {
    assert.equal(
      codeOf(() => parseCertificates(Buffer.concat([der, der]))),
      'ERR_MTLS_DER',
    );
  });

  it('are refused in an empty file', () => {
    assert.equal(
      codeOf(() => parseCertificates(Buffer.alloc(0))),
      PEM,
    );
  });

  it('are taken for PEM when the text before them starts with a zero', () => {
    const file = Buffer.from(`0 first\n${encodePem(der, 'CERTIFICATE')}`);
    assert.equal(decodePemOrDer(file, 'CERTIFICATE').length, 1);
  });
});

describe('decoding a PEM file of several slices', () => {
  const SLICE_BYTES = 1 << 18;
  const bytes = Buffer.from(Array.from({length: SLICE_BYTES}, (_, index) => (index * 7919) % 251));
  const pem = encodePem(bytes, 'X509 CRL');
  const body = pem.split('\n').slice(1, -2);
  const around = (lines: readonly string[]): string =>
    ['-----BEGIN X509 CRL-----', ...lines, '-----END X509 CRL-----'].join('\n');
  const decoded = (text: string): readonly Buffer[] => decodePemOrDer(Buffer.from(text), 'X509 CRL');

  for (const [name, text] of [
    ['lines of 64 characters', pem],
    ['CRLF', pem.replaceAll('\n', '\r\n')],
    ['CR alone', pem.replaceAll('\n', '\r')],
    ['lines of 61 characters', around(body.join('').match(/.{1,61}/g) ?? [])],
    ['text before the block', `${'a remark\n'.repeat(SLICE_BYTES / 8)}${pem}`],
  ] as const) {
    it(`reads ${name}`, () => {
      assert.deepEqual(decoded(text), [bytes]);
    });
  }

  it('reads several blocks, whatever side of a slice they begin on', () => {
    const small = encodePem(bytes.subarray(0, 1_000), 'X509 CRL');
    const blocks = decoded(small.repeat(500));
    assert.equal(blocks.length, 500);
    assert.ok(blocks.every(block => block.equals(bytes.subarray(0, 1_000))));
  });

  it('pauses after each slice', () => {
    const steps = derBlocks(Buffer.from(pem), 'X509 CRL');
    let pauses = 0;
    while (steps.next().done !== true) pauses++;
    assert.ok(pauses >= 2, `${pauses} pauses`);
  });

  for (const [name, lines] of [
    ['padding that more follows, in the next slice', [...body.slice(0, 4_000), `${'A'.repeat(66)}==`, ...body]],
    ['a character too few', [...body.slice(0, -1), 'AQI']],
    ['a character in the first slice that is none of base64', ['*QID', ...body]],
    ['a line as long as a slice', ['A'.repeat(SLICE_BYTES), ...body]],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.equal(
        codeOf(() => decoded(around(lines))),
        PEM,
      );
    });
  }
});
