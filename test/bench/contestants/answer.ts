/** The answer every contestant gives: one patient, about 410 bytes of JSON. */
const ANSWER = Object.freeze({
  id: 'p-1001',
  name: 'Ines Marchetti',
  birthDate: '1961-04-02',
  careTeam: ['spiffe://clinic.example/clinician/alice', 'monitor-7.devices.clinic.example'],
  allergies: ['penicillin', 'latex'],
  address: {street: '12 Harbour Street', city: 'Porto', postalCode: '4050-123', country: 'PT'},
  contact: {phone: '+351 22 555 0199', email: 'ines.marchetti@mail.example'},
  note: 'Prefers appointments in the morning.',
});

/** The patient of that id, made anew for each request, as a handler would. */
export function patient(id: string): object {
  return {...ANSWER, id};
}

/** Tells the benchmark where to send requests. */
export function ready(port: number): void {
  process.stdout.write(`ready ${port}\n`);
}

/** Reads an environment variable the benchmark sets. */
export function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: start contestants through npm run bench`);
  return value;
}
