import {parseCertificate} from '../../x509/certificate';
import type {BasicOcspResponse, OcspResponse, ResponderId, SingleResponse} from '../../x509/ocsp';
import {describeCertificate, signatureWarnings} from './certificate';
import type {Description} from './description';
import {nameText, signatureText, timeText} from './words';

/** Describes an OCSP answer and the certificates in it. Nobody has verified the signature: that takes the issuer. */
export function describeOcsp(response: OcspResponse, now: Date): readonly Description[] {
  if (response.status !== 'successful') {
    return [{title: 'OCSP answer', facts: [['status', response.status]], warnings: ['the responder gave no answer']}];
  }
  const {basic} = response;
  return [describeBasic(basic, now), ...basic.certificates.map(der => describeCertificate(parseCertificate(der), now))];
}

function describeBasic(basic: BasicOcspResponse, now: Date): Description {
  return {
    title: 'OCSP answer',
    facts: [
      ['status', 'successful'],
      ['responder', responderText(basic.responderId)],
      ['produced', timeText(basic.producedAt, now)],
      ['signature', `${signatureText(basic.signatureAlgorithm)}, not verified here`],
      ['nonce', basic.nonce === undefined ? 'none' : `${basic.nonce.length} octets`],
      ...basic.responses.map(single => [`serial ${single.certId.serialNumber}`, statusText(single, now)] as const),
    ],
    warnings: [
      ...signatureWarnings(basic.signatureAlgorithm),
      ...basic.responses.flatMap(single => freshnessWarnings(single, now)),
      ...[...basic.unknownCritical, ...basic.responses.flatMap(single => single.unknownCritical)].map(
        oid => `critical extension ${oid} is not understood: it will be refused`,
      ),
    ],
  };
}

function responderText(responder: ResponderId): string {
  return responder.kind === 'name' ? nameText(responder.name) : `key with SHA-1 ${responder.hash.toString('hex')}`;
}

function statusText({status, thisUpdate, nextUpdate}: SingleResponse, now: Date): readonly string[] {
  const told =
    status.kind === 'revoked' ? `revoked since ${timeText(status.since, now)}, ${status.reason}` : status.kind;
  return [
    told,
    `as of ${timeText(thisUpdate, now)}`,
    nextUpdate === undefined ? 'next update not told' : `next update ${timeText(nextUpdate, now)}`,
  ];
}

function freshnessWarnings({certId, status, thisUpdate, nextUpdate}: SingleResponse, now: Date): readonly string[] {
  const about = `serial ${certId.serialNumber}`;
  return [
    ...(status.kind === 'unknown' ? [`${about}: the responder does not know the certificate`] : []),
    ...(thisUpdate > now ? [`${about}: it is from the future`] : []),
    ...(nextUpdate === undefined ? [`${about}: it does not say how long it counts`] : []),
    ...(nextUpdate !== undefined && nextUpdate < now ? [`${about}: it counts no more`] : []),
  ];
}
