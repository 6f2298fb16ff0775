import type {Principal} from '../../identity/principal';
import type {AccessRow} from '../../loopback/matrix';
import type {PeerState} from '../../server/peer';
import type {VerifiedPeer} from '../../trust/decision';

/** What one caller gets at one endpoint. */
export interface EndpointReport {
  readonly endpoint: string;
  readonly servedBy: string;
  /** `conditional`: it depends on the request or the connection, `because` says on what. */
  readonly verdict: 'allow' | 'conditional' | 'deny';
  readonly because?: string;
}

/** What a caller gets at every endpoint at this moment, by the same rules that decide about requests. */
export function endpointsFor(
  rows: readonly AccessRow[],
  peer: VerifiedPeer,
  principal: Principal,
  at: Date,
): readonly EndpointReport[] {
  return rows.map(row => ({
    endpoint: `${row.verb} ${row.path}`,
    servedBy: row.target || row.kind,
    ...verdictFor(row, peer, principal, at),
  }));
}

function verdictFor(
  {rule, problems, voters}: AccessRow,
  peer: VerifiedPeer,
  principal: Principal,
  at: Date,
): Pick<EndpointReport, 'verdict' | 'because'> {
  if (rule === undefined) return {verdict: 'deny', because: problems.join('; ')};
  const over = (protocol: string) => rule.refuse(stateOf(peer, principal, protocol), at.getTime());
  const why = over('TLSv1.3');
  if (why !== undefined) return {verdict: 'deny', because: `required ${why.required}, found ${why.found}`};
  const conditions = [
    ...(over('TLSv1.2') === undefined ? [] : ['over TLSv1.3 only']),
    ...(voters === 'some' ? ['voters decide with the request'] : []),
  ];
  return conditions.length === 0 ? {verdict: 'allow'} : {verdict: 'conditional', because: conditions.join('; ')};
}

/** A connection that nobody made: rules look at the certificate and the protocol alone. */
function stateOf(peer: VerifiedPeer, principal: Principal, protocol: string): PeerState {
  const nowhere = {remoteAddress: undefined, remotePort: undefined, group: undefined, serverName: undefined};
  return {
    peer,
    principal,
    generation: 0,
    validUntilMs: peer.path.validUntil.getTime(),
    connection: {...nowhere, protocol, cipher: '', session: 'new'},
  };
}
