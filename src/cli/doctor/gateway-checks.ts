import type { Check } from './check.ts'

/** What may be wrong with the gateway's own process. */
export const GATEWAY_CHECKS: readonly Check[] = [
  {
    id: 'port-taken',
    area: 'gateway',
    title: 'The port is taken',
    level: 'error',
    looksAt: 'Who listens on `server.port` while our gateway does not run.',
    means: 'The gateway cannot start there, and clients that are sent there talk to another program.',
    mend: 'Stop the other program, or set another `server.port` (then connect clients again).',
    find: ({ portOwner, config }) =>
      portOwner === undefined || config === undefined
        ? []
        : [
            {
              finding: `port ${config.server.port} is taken by ${portOwner}`,
              mend: `Stop it, or set server.port in ${config.source}`,
            },
          ],
  },
  {
    id: 'stale-pid',
    area: 'gateway',
    title: 'A pid file was left behind',
    level: 'warning',
    looksAt: 'Pid files in the state folder, by the instance that answers and not by the pid alone.',
    means: 'A gateway ended without tidying up: it was killed, or the machine went down.',
    mend: 'It has been removed. `dragoman start --detach` starts the gateway again, `dragoman logs` shows its last words.',
    find: ({ cleaned }) => cleaned.map((finding) => ({ finding, mend: 'dragoman start --detach' })),
  },
  {
    id: 'gateway-silent',
    area: 'gateway',
    title: 'The gateway does not answer',
    level: 'error',
    looksAt: 'Whether the process that is written down answers `/health` as itself.',
    means: 'It starts, finishes its last answers, or hangs.',
    mend: '`dragoman restart --force`; `dragoman logs` shows what it does.',
    find: ({ gateway }) =>
      gateway?.found.state === 'silent'
        ? [
            {
              finding: `process ${gateway.record.pid} does not answer on port ${gateway.record.port}`,
              mend: 'dragoman restart --force',
            },
          ]
        : [],
  },
  {
    id: 'gateway-outdated',
    area: 'gateway',
    title: 'An older gateway still runs',
    level: 'warning',
    looksAt: 'The version of the gateway that runs, and that of this program.',
    means: 'Dragoman was updated while its gateway ran.',
    mend: '`dragoman restart`',
    find: ({ gateway, version }) =>
      gateway !== undefined && gateway.record.version !== version
        ? [
            {
              finding: `version ${gateway.record.version} runs, ${version} is installed`,
              mend: 'dragoman restart',
            },
          ]
        : [],
  },
]
