import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createAuthority} from '../../src/pki/authority';

/** Writes what every contestant and the load generator need into a folder that the benchmark deletes again. */
export function prepareCertificates(folder: string): void {
  const write = (name: string, text: string): void => {
    writeFileSync(join(folder, name), text, {mode: name.endsWith('.key') ? 0o600 : 0o644});
  };
  const servers = createAuthority({subject: {commonName: 'Bench servers'}});
  const server = servers.issueServer({
    subject: {commonName: 'localhost'},
    subjectAltNames: ['dns:localhost', 'ip:127.0.0.1'],
  });
  const clients = createAuthority({subject: {commonName: 'Bench clients'}});
  const client = clients.issueClient({
    subject: {commonName: 'alice', organizationalUnit: 'Clinicians'},
    subjectAltNames: ['uri:spiffe://clinic.example/clinician/alice'],
  });
  write('server-ca.crt', servers.pem);
  write('server.crt', server.chainPem);
  write('server.key', server.exportKeyPem());
  write('clients-ca.crt', clients.pem);
  write('clients.crl', clients.issueCrl().pem);
  write('client.crt', client.chainPem);
  write('client.key', client.exportKeyPem());
}
