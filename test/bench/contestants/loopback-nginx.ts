import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {writeFileSync} from 'node:fs';
import {connect, createServer} from 'node:net';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {ready, required} from './answer';
import {startBare} from './bare';

/**
 * LoopBack without any security on plain HTTP, behind an nginx that asks for client certificates. nginx gets what is
 * cheapest for it: one worker, no access log, connections to LoopBack that are kept. It is a child of this process, so
 * that the CPU time of both is counted, and ends with it.
 */
async function main(): Promise<void> {
  const folder = required('BENCH_CERTS');
  const [upstream, port] = [await startBare({protocol: 'http'}), await freePort()];
  const config = join(folder, 'nginx.conf');
  writeFileSync(config, configuration(folder, port, upstream));
  const nginx = spawn('nginx', ['-p', folder, '-c', config], {stdio: ['ignore', 'inherit', 'inherit']});
  nginx.once('exit', code => process.exit(code ?? 1));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => nginx.kill());
  while (!(await accepts(port))) await pause(20);
  ready(port);
}

function configuration(folder: string, port: number, upstream: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr warn;
events {}
http {
  access_log off;
  ${temporary.map(name => `${name}_temp_path ${folder}/nginx-${name};`).join('\n  ')}
  upstream loopback {
    server 127.0.0.1:${upstream};
    keepalive 16;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} ssl;
    keepalive_requests 1000000000;
    ssl_protocols TLSv1.3;
    ssl_certificate ${folder}/server.crt;
    ssl_certificate_key ${folder}/server.key;
    ssl_client_certificate ${folder}/clients-ca.crt;
    ssl_crl ${folder}/clients.crl;
    ssl_verify_client on;
    location / {
      proxy_pass http://loopback;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Client-Verify $ssl_client_verify;
      proxy_set_header X-Client-Subject $ssl_client_s_dn;
      proxy_set_header X-Client-Certificate $ssl_client_escaped_cert;
    }
  }
}
`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  server.close();
  return port;
}

function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}

void main();
