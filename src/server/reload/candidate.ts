import {createHash} from 'node:crypto';
import type {ReloadPart} from '../../audit/events';
import type {ConfigFault} from '../../errors';
import type {Source, SourceReader} from '../../tls/source';
import {readOptions} from '../config';
import type {ResolvedOptions} from '../config';
import {filesOf} from '../crl-sources';
import {CONFIG_VARIABLE} from '../environment';
import {SourceContents} from './contents';
import type {Answers} from './contents';
import {stateOf} from './file-state';

/** A configuration as it is written at one moment: read, not yet checked. */
export interface Candidate {
  /** Undefined where the options cannot be read; there are faults then. */
  readonly options: ResolvedOptions | undefined;
  readonly faults: readonly ConfigFault[];
  /** Reads a source from the bytes that belong to this candidate. */
  readonly read: SourceReader;
  /** A hash of every part; two candidates with the same hashes say the same. */
  readonly parts: ReadonlyMap<ReloadPart, string>;
  /** Files and folders it was read from. */
  readonly paths: readonly string[];
  /** What {@link stateOf} said of them before they were read. */
  readonly fileState: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Reads options and every source they name, without an opinion about what they hold. */
export async function readCandidate(
  given: unknown,
  variables: Variables,
  now: Date,
  answers: Answers = new Map(),
): Promise<Candidate> {
  const faults: ConfigFault[] = [];
  const configFile = variables[CONFIG_VARIABLE] ?? '';
  const options = await readOptions(given, variables, now, fault => void faults.push(fault));
  const sources = options === undefined ? NO_SOURCES : await sourcesOf(options);
  const all = Object.values(sources).flat();
  const paths = [...(configFile === '' ? [] : [configFile]), ...pathsOf(all), ...pathsOf(options?.revocation.crl)];
  const fileState = await stateOf(paths);
  const contents = await SourceContents.read(all, answers);
  return {options, faults, read: contents.reader, parts: partsOf(options, sources, contents), paths, fileState};
}

/** The parts in which two candidates differ. */
export function differencesOf(a: Candidate['parts'], b: Candidate['parts']): readonly ReloadPart[] {
  return [...new Set([...a.keys(), ...b.keys()])].filter(part => a.get(part) !== b.get(part));
}

type Sources = Readonly<Record<'credentials' | 'anchors' | 'intermediates' | 'crl' | 'deny-list', readonly Source[]>>;

const NO_SOURCES: Sources = Object.freeze({credentials: [], anchors: [], intermediates: [], crl: [], 'deny-list': []});

async function sourcesOf(options: ResolvedOptions): Promise<Sources> {
  const {credentials, stapling = 'off', sessions, anchors, intermediates, revocation} = options;
  const {key, cert, pkcs12, passphrase} = credentials;
  const issuer = stapling === 'off' ? undefined : stapling.issuer;
  const secret = sessions === 'off' ? undefined : sessions.secret;
  const crls = await Promise.all([revocation.crl ?? []].flat().map(filesOf));
  return {
    credentials: [key, cert, pkcs12, passphrase, issuer, secret].filter(source => source !== undefined),
    anchors: anchors.map(({ca}) => ca),
    intermediates,
    crl: crls.flat(),
    'deny-list': [revocation.revocation?.denyList ?? []].flat(),
  };
}

/** What a part is made of: what the options say about it and what its sources hold. */
function partsOf(
  options: ResolvedOptions | undefined,
  sources: Sources,
  contents: SourceContents,
): ReadonlyMap<ReloadPart, string> {
  if (options === undefined) return new Map();
  const {credentials, hostNames, stapling, sessions, anchors, intermediates, maxIntermediates, identity} = options;
  const {crl, revocation} = options.revocation;
  const part = (name: keyof Sources, ...said: readonly unknown[]): readonly [ReloadPart, string] => [
    name,
    hash([said, contents.digestOf(sources[name])]),
  ];
  return new Map([
    part('credentials', credentials, hostNames, stapling, sessions),
    part('anchors', anchors, maxIntermediates),
    part('intermediates', intermediates),
    part('crl', crl, revocation),
    part('deny-list'),
    ['identity', hash(identity)],
  ]);
}

/** Functions leave no trace here: they come from code, which does not change. */
function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

function pathsOf(sources: Source | readonly Source[] = []): readonly string[] {
  return [sources].flat().flatMap(source => {
    if (typeof source === 'string') return [source];
    return typeof source === 'object' && 'path' in source ? [source.path] : [];
  });
}
