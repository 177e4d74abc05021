import { PATHS } from '../traffic/protocols.ts'
import { UPSTREAM_MODELS, type Gateway } from './gateway.ts'

/** No gateway at all: the load generator asks the upstream itself. What this takes is the floor of the rig. */
export const direct: Gateway = {
  name: 'direct',
  find: () => ({ version: '', bytes: 0 }),
  ask: ({ client, upstream }) =>
    client === upstream ? { path: PATHS[client], model: UPSTREAM_MODELS[client], headers: {} } : undefined,
  launch() {
    throw new Error('There is nothing to start')
  },
}
