/** What people copy: every example's config is accepted, its program runs, and the manifests say what they must. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments, parse } from 'yaml'
import { parseConfig } from '../src/config/load.ts'
import { startGateway } from './support/gateway.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const examples = readdirSync(join(ROOT, 'examples'))

const env = {
  AZURE_OPENAI_API_KEY: 'azure-key-123456',
  FOUNDRY_API_KEY: 'foundry-key-123456',
  DRAGOMAN_KEY: 'client-key-123456',
}

describe('examples', () => {
  it.each([...examples.map((name) => `examples/${name}/dragoman.yaml`), 'deploy/dragoman.yaml'])(
    '%s is a config without faults',
    (path) => {
      expect(parseConfig(read(path), env).warnings).toEqual([])
    },
  )

  it('the SDK program streams, calls its tool and ends', async () => {
    const { url, simulator } = await startGateway()
    const { stdout } = await run(process.execPath, ['examples/openai-sdk-on-foundry/main.mjs'], {
      cwd: ROOT,
      env: { ...process.env, OPENAI_BASE_URL: `${url}/v1` },
    })
    expect(stdout).toContain('→ get_weather {"city":')
    expect(stdout).toContain('21 °C, light rain')
    expect(simulator.last.path).toBe('/anthropic/v1/messages')
  })
})

describe('deployment', () => {
  it('runs as an ordinary user, with a health check', () => {
    const dockerfile = read('deploy/Dockerfile')
    expect(dockerfile).toMatch(/^USER node$/m)
    expect(dockerfile).toMatch(/^HEALTHCHECK /m)
    expect(dockerfile.indexOf('USER node')).toBeLessThan(dockerfile.indexOf('ENTRYPOINT'))
  })

  it('asks compose for the secrets that its config needs', () => {
    const { services } = parse(read('deploy/compose.yaml')) as {
      services: { dragoman: { environment: object } }
    }
    expect(Object.keys(services.dragoman.environment)).toEqual(['DRAGOMAN_KEY', 'AZURE_OPENAI_API_KEY'])
  })

  it('gives Kubernetes probes, no privileges, and one secret for all replicas', () => {
    const documents = parseAllDocuments(read('deploy/kubernetes/dragoman.yaml')).map((document) =>
      document.toJS(),
    )
    expect(documents.map(({ kind }) => kind)).toEqual(['Deployment', 'Service', 'PodDisruptionBudget'])
    const [{ spec }] = documents as [{ spec: { template: { spec: any } } }]
    const pod = spec.template.spec
    const [container] = pod.containers
    expect(pod.securityContext.runAsNonRoot).toBe(true)
    expect(container.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
    })
    expect([container.livenessProbe, container.readinessProbe].map((probe) => probe.httpGet.path)).toEqual([
      '/healthz',
      '/readyz',
    ])
    expect(container.env.map(({ name }: { name: string }) => name)).toContain('DRAGOMAN_SECRET')
  })
})
