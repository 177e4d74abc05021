import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PATHS } from '../traffic/protocols.ts'
import { UPSTREAM_MODELS, type Gateway, type LaunchSite } from './gateway.ts'
import { NOT_INSTALLED, PEERS, sizeOf } from './installed.ts'

const UNPACKED = join(PEERS, 'nginx', 'root', 'usr', 'sbin', 'nginx')

/** Moves bytes and reads none: the limit of what passing through can cost. */
export const nginx: Gateway = {
  name: 'nginx',
  find() {
    const { stderr, error } = spawnSync(binary(), ['-v'], { encoding: 'utf8' })
    if (error !== undefined) return NOT_INSTALLED
    return { version: /nginx\/(\S+)/.exec(stderr)?.[1] ?? 'unknown', bytes: sizeOf(binary()) }
  },
  ask: ({ client, upstream }) =>
    client === upstream ? { path: PATHS[client], model: UPSTREAM_MODELS[client], headers: {} } : undefined,
  launch(site) {
    const file = join(site.folder, 'nginx.conf')
    writeFileSync(file, configuration(site))
    return {
      command: binary(),
      args: ['-e', join(site.folder, 'error.log'), '-p', site.folder, '-c', file],
    }
  },
}

const binary = (): string => (existsSync(UNPACKED) ? UNPACKED : 'nginx')

const ENDLESS = 1_000_000_000

const configuration = ({ folder, port, upstreamPort }: LaunchSite): string => `
daemon off;
worker_processes 1;
worker_rlimit_nofile 65536;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/nginx.pid;
events { worker_connections 16384; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  client_max_body_size 0;
  keepalive_timeout 75s;
  keepalive_requests ${ENDLESS};
  tcp_nodelay on;
  upstream model {
    server 127.0.0.1:${upstreamPort};
    keepalive 512;
    keepalive_requests ${ENDLESS};
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://model;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_request_buffering off;
      proxy_read_timeout 300s;
    }
  }
}
`
