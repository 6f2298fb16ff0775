import {chooser, seeded} from './requests';
import type {Ask} from './requests';

/** Everybody with a role in the example. */
const KNOWN = ['clinician-alice', 'clinician-bob', 'pharmacist-carol', 'auditor-dan', 'admin-erin', 'device-monitor-1'];

/** Also those who should get no answer. */
export const CALLERS: readonly string[] = [
  ...KNOWN,
  ...['stranger-mallory', 'left', 'expired', 'elsewhere', 'server-only'],
];

const ALICE = 'spiffe://clinic.example/clinician/alice';
const BOB = 'spiffe://clinic.example/clinician/bob';

/** What is written in here stands for an id that the clinic gave out last. */
export const LAST_ID = 'LAST-ID';

const IDS = ['p-1001', 'p-1002', 'p-1003', 'p-9999', 'p-1001%20', '%C3%A9', '%C3', '..', '__proto__', 'records', ''];
const READS: readonly ((id: string) => string)[] = [
  () => '/patients',
  id => `/patients/${id}`,
  id => `/patients/${id}/records`,
  () => '/prescriptions',
  () => '/audit-trail?limit=0',
  () => '/audit-trail?limit=501',
  () => '/audit-trail?limit=all',
  () => '/openapi.json',
  id => `/patients/${id}/care-team`,
  id => `/patients/${id}/`,
  id => `//patients/${id}`,
  id => `/Patients/${id}`,
  () => '/explorer',
  () => '/',
  () => '/nothing',
];
const NOTE = {kind: 'note', text: 'Seen today'};
const ORDER = {medication: 'Ibuprofen 400 mg', dosage: 'as needed'};
const VITALS = {heartRate: 71, oxygenSaturation: 98.5};
const PATIENT = {name: 'Noor Haddad', birthDate: '1999-02-28', careTeam: [ALICE, 'monitor-1.devices.clinic.example']};

interface Write {
  readonly method: string;
  readonly path: (id: string) => string;
  readonly bodies: readonly unknown[];
}

const WRITES: readonly Write[] = [
  {
    method: 'POST',
    path: id => `/patients/${id}/records`,
    bodies: [
      NOTE,
      {...NOTE, kind: 'rumour'},
      {...NOTE, text: ''},
      {...NOTE, author: BOB},
      {kind: 'note'},
      [NOTE],
      null,
    ],
  },
  {
    method: 'POST',
    path: id => `/patients/${id}/vitals`,
    bodies: [VITALS, {...VITALS, heartRate: 401}, {...VITALS, heartRate: 71.5}, {...VITALS, mood: 'good'}, {}, '71'],
  },
  {
    method: 'POST',
    path: id => `/patients/${id}/prescriptions`,
    bodies: [ORDER, {...ORDER, dosage: 'x'.repeat(201)}, {...ORDER, dispensedBy: BOB}, {...ORDER, medication: 7}, {}],
  },
  {
    method: 'POST',
    path: () => '/patients',
    bodies: [
      {...PATIENT, id: 'p-1003'},
      {...PATIENT, id: 'p-1001'},
      {...PATIENT, id: 'p-1004', birthDate: 'long ago'},
      {...PATIENT, id: 'p-1004', careTeam: ALICE},
      {id: 'p-1004'},
    ],
  },
  {
    method: 'PUT',
    path: id => `/patients/${id}/care-team`,
    bodies: [[ALICE, 'monitor-1.devices.clinic.example'], [BOB], [ALICE, BOB], [''], ALICE, Array(51).fill(ALICE), {}],
  },
  {method: 'POST', path: id => `/prescriptions/${id}/dispense`, bodies: [undefined, {}, ORDER]},
];
const PRESCRIPTIONS = ['rx-1', LAST_ID, LAST_ID, 'rx-9999', ''];
const VERBS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'TRACE'];
const TYPES = ['application/json; charset=utf-8', 'text/plain', 'application/x-www-form-urlencoded', 'nonsense'];

/** Reads only, which may come in any order: every path for everybody, and unusual ones for somebody. */
export function reads(count: number, seed: number): readonly Ask[] {
  const everything = READS.flatMap(path =>
    IDS.flatMap(id => KNOWN.map(caller => ({method: 'GET', path: path(id), caller}))),
  );
  const one = chooser(seeded(seed));
  const unusual = Array.from({length: count}, () => {
    const accept = one(['application/json', 'text/html', 'application/xml', '*/*']);
    return {method: one(VERBS), path: one(READS)(one(IDS)), headers: {accept}, caller: one(CALLERS)};
  });
  return [...everything, ...unusual];
}

/** Requests that leave something behind, to be sent one after the other: valid bodies half of the time. */
export function writes(count: number, seed: number): readonly Ask[] {
  const one = chooser(seeded(seed));
  return Array.from({length: count}, (_, index) => {
    const {method, path, bodies} = one(WRITES);
    const body: unknown = one([bodies[0], one(bodies)]);
    const id = path('').startsWith('/prescriptions')
      ? one(PRESCRIPTIONS)
      : one(index % 8 === 0 ? IDS : IDS.slice(0, 3));
    const type = one(['application/json', 'application/json', 'application/json', one(TYPES)]);
    return {
      method: one([method, method, method, method, method, one(VERBS)]),
      path: path(id),
      caller: one(index % 8 === 0 ? CALLERS : KNOWN),
      ...(body === undefined ? {} : {headers: {'content-type': type}, body: one(brokenOr(JSON.stringify(body)))}),
    };
  });
}

function brokenOr(text: string): readonly string[] {
  return [...Array<string>(9).fill(text), text.slice(0, -1)];
}
