import {MtlsError} from '../../errors';
import {Budget, DEFAULT_LIMITS} from '../../scan/budget';
import {nameText} from '../../scan/certificate-names';
import {createContext} from '../../scan/context';
import {DEFAULT_OPTIONS} from '../../scan/options';
import type {HelloAnswer} from '../../scan/probe/hello-exchange';
import {groupName, PROTOCOLS, schemeName} from '../../scan/probe/registry';
import {suiteName} from '../../scan/probe/suites';
import {parseTarget, resolveTarget} from '../../scan/target';
import {parseCertificate} from '../../x509/certificate';
import {parseOcspResponse} from '../../x509/ocsp';
import {describeChain} from './certificate';
import type {Description} from './description';
import {describeOcsp} from './ocsp-answer';

/**
 * Describes what a server shows before a client has shown anything: one handshake per version, none of them finished.
 *
 * @throws MtlsError `ERR_MTLS_SCAN_TARGET`
 */
export async function describeServer(text: string, now: Date): Promise<readonly Description[]> {
  const name = parseTarget(text);
  for (const target of await resolveTarget(name)) {
    const {tls} = createContext(target, {...DEFAULT_OPTIONS, now}, new Budget(DEFAULT_LIMITS));
    const flights = await tls.flights();
    const [newest] = flights;
    if (newest === undefined) continue;
    return [
      ...flights.map(describeFlight),
      ...describeChain(newest.certificates.map(parseCertificate), now),
      ...(newest.staple === undefined ? [] : describeOcsp(parseOcspResponse(newest.staple), now)),
    ];
  }
  throw new MtlsError({
    code: 'ERR_MTLS_SCAN_TARGET',
    required: 'a TLS server that shows a certificate',
    found: 'none',
    where: `${name.host}:${name.port}`,
  });
}

function describeFlight({hello, certificateRequest, keyExchange, staple}: HelloAnswer): Description {
  const version = Object.entries(PROTOCOLS).find(([, number]) => number === hello?.version)?.[0] ?? 'unknown version';
  const group = hello?.group ?? keyExchange?.group;
  return {
    title: `Server, ${version}`,
    facts: [
      ['suite', suiteName(hello?.suite ?? 0)],
      ['group', group === undefined ? 'none' : groupName(group)],
      ['OCSP answer', staple === undefined ? 'not stapled' : 'stapled'],
      ...(certificateRequest === undefined
        ? []
        : ([
            ['accepts clients of', certificateRequest.authorities.map(nameText)],
            ['client signatures', certificateRequest.signatureSchemes.map(schemeName)],
          ] as const)),
    ],
    warnings: certificateRequest === undefined ? ['it asks for no client certificate: this is not mutual TLS'] : [],
  };
}
