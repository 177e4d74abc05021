import { describe, expect, it, test } from 'vitest'
import { ConfigError } from './issues.ts'
import { loadConfig, parseConfig, type Loaded, type LoadOptions } from './load.ts'

type Outside = Partial<Omit<LoadOptions, 'readFile'>> & { readonly files?: Readonly<Record<string, string>> }

function load({ files = {}, ...options }: Outside): Loaded {
  return loadConfig({
    flags: {},
    env: {},
    cwd: '/project',
    homedir: '/home/me',
    platform: 'linux',
    readFile: (path) => files[path],
    ...options,
  })
}

const file = (text: string, options: Outside = {}) =>
  load({ files: { '/project/dragoman.yaml': text }, ...options })

function retriesAt(path: string, options: Outside): number {
  return load({ files: { [path]: 'retries: 5' }, ...options }).config.retries
}

function key(value: string, env: Readonly<Record<string, string>>): string | undefined {
  return file(`providers: { o: { type: openai, apiKey: "${value}" } }`, { env }).config.providers.o?.apiKey
}

function readFile(path: string): string | undefined {
  if (path.endsWith('.env')) return undefined
  throw new Error('permission denied')
}

function problems(run: () => unknown): readonly string[] {
  try {
    run()
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.message.split('\n')
    throw thrown
  }
  return []
}

const AZURE = `providers:
  azure: { type: azure-openai, endpoint: acme, apiKey: azure-key-1 }
`

describe('a sound file', () => {
  it('is read into exact types, durations in milliseconds and sizes in bytes', () => {
    const { config } = file(`
server: { port: 9000, bodyLimit: 1mb, uploadLimit: 2gb, cors: ["https://chat.example.com"] }
auth: { keys: [first-key, { name: team, key: second-key }] }
providers:
  azure: { type: azure-openai, endpoint: acme, apiKey: azure-key-1, timeouts: { idle: 5m }, retries: 0 }
  local: { type: openai-compatible, baseUrl: "http://localhost:11434/v1" }
models:
  "claude-*": azure/gpt-big
timeouts: { connect: 500ms }
log: { level: debug }
`)
    expect(config.server).toEqual({
      host: '127.0.0.1',
      port: 9000,
      workers: 1,
      bodyLimit: 1024 * 1024,
      uploadLimit: 2 * 1024 ** 3,
      cors: ['https://chat.example.com'],
      fetchUrls: 'public',
    })
    expect(config.auth.keys).toEqual([{ key: 'first-key' }, { name: 'team', key: 'second-key' }])
    expect(config.timeouts).toEqual({ connect: 500, firstByte: 300_000, idle: 300_000 })
    expect(config.providers.azure).toEqual({
      name: 'azure',
      type: 'azure-openai',
      endpoint: 'acme',
      apiKey: 'azure-key-1',
      auth: 'key',
      headers: {},
      timeouts: { connect: 500, firstByte: 300_000, idle: 300_000 },
      retries: 0,
      models: {},
      dialect: {},
    })
    expect(config.providers.local).not.toHaveProperty('apiKey')
    expect(config.lossy).toBe('warn')
    expect(config.log).toEqual({ level: 'debug', bodies: false })
    expect(config.source).toBe('dragoman.yaml')
    expect(config.warnings).toEqual([])
  })

  it('keeps the order of models, of names that look like numbers too', () => {
    const { config } = file(`${AZURE}models: { b: azure/b, "2": azure/two, "1": azure/one, a: azure/a }`)
    expect(config.models.map((rule) => rule.pattern)).toEqual(['b', '2', '1', 'a'])
  })

  it('takes every form of a target, split at the first slash', () => {
    const { config } = file(`${AZURE}models:
  one: azure/org/model
  list: [azure/a, { target: azure/b, protocol: responses, maxOutputTokens: 16384, toolBridge: true }]
  shared: { balance: [azure/a, azure/b], weights: [3, 1] }
  equal: { balance: [azure/a, azure/b] }
`)
    expect(config.models).toEqual([
      { pattern: 'one', steps: [{ targets: [{ provider: 'azure', model: 'org/model' }] }] },
      {
        pattern: 'list',
        steps: [
          { targets: [{ provider: 'azure', model: 'a' }] },
          {
            targets: [
              {
                provider: 'azure',
                model: 'b',
                protocol: 'responses',
                maxOutputTokens: 16384,
                toolBridge: true,
              },
            ],
          },
        ],
      },
      {
        pattern: 'shared',
        steps: [
          {
            targets: [
              { provider: 'azure', model: 'a' },
              { provider: 'azure', model: 'b' },
            ],
            weights: [3, 1],
          },
        ],
      },
      {
        pattern: 'equal',
        steps: [
          {
            targets: [
              { provider: 'azure', model: 'a' },
              { provider: 'azure', model: 'b' },
            ],
            weights: [1, 1],
          },
        ],
      },
    ])
  })

  it('takes balances and conditions anywhere in a list', () => {
    const { config } = file(`${AZURE}models:
  "*":
    - { target: azure/small, when: { class: auxiliary, maxTokens: 8000 } }
    - { balance: [azure/a, { target: azure/b, protocol: chat }], when: { images: false } }
    - azure/paygo
`)
    expect(config.models[0]?.steps).toEqual([
      { targets: [{ provider: 'azure', model: 'small' }], when: { class: ['auxiliary'], maxTokens: 8000 } },
      {
        targets: [
          { provider: 'azure', model: 'a' },
          { provider: 'azure', model: 'b', protocol: 'chat' },
        ],
        weights: [1, 1],
        when: { images: false },
      },
      { targets: [{ provider: 'azure', model: 'paygo' }] },
    ])
  })

  it('warns of a class that Claude Code does not have', () => {
    const { config } = file(`${AZURE}models: { x: { target: azure/a, when: { class: [main, subagnt] } } }`)
    expect(config.warnings.join()).toMatch(/no class `subagnt`.*Did you mean `subagent`/)
  })

  it('may be JSON, and may leave sections empty', () => {
    expect(
      parseConfig('{"providers":{"o":{"type":"openai","apiKey":"client"}},"models":null}').models,
    ).toEqual([])
  })

  it('forwards the client’s key when told so', () => {
    expect(file('providers: { o: { type: openai, apiKey: client } }').config.providers.o?.apiKey).toBe(
      'client',
    )
  })

  test.each([
    ['providers: {}', 'No providers'],
    [AZURE, 'No models'],
    ['providers: { o: { type: openai } }\nmodels: { x: o/y }', 'no apiKey'],
    [`${AZURE}models: { "*": azure/a, "gpt-*": azure/b }`, '`gpt-*` is never reached'],
  ])('is warned about what is probably not meant: %s', (text, warning) => {
    expect(file(text).config.warnings.join('\n')).toContain(warning)
  })
})

describe('what is wrong is named with line, path and remedy:', () => {
  test.each<[title: string, text: string, message: string | RegExp]>([
    ['a mistyped key', 'serve: {}', 'dragoman.yaml:1: serve: unknown key. Did you mean `server`?'],
    [
      'a mistyped key of a provider',
      'providers:\n  a:\n    type: azure-openai\n    endpont: acme',
      'dragoman.yaml:4: providers.a.endpont: unknown key. Did you mean `endpoint`?',
    ],
    [
      'a mistyped key of a target',
      `${AZURE}models:\n  x: { target: azure/a, protocl: chat }`,
      'dragoman.yaml:4: models.x.protocl: unknown key. Did you mean `protocol`?',
    ],
    [
      'a key of another type of provider',
      'providers: { o: { type: openai, resource: acme } }',
      /providers\.o\.resource: unknown key\. Known here: `type`, `baseUrl`/,
    ],
    ['a mistyped type', 'providers: { a: { type: azure } }', /providers\.a\.type: must be `azure-openai`/],
    ['a missing type', 'providers:\n  a:\n    endpoint: x', /:2: providers\.a\.type: is missing/],
    [
      'a mistyped value',
      'lossy: rejct',
      'dragoman.yaml:1: lossy: must be `warn` or `reject`. Did you mean `reject`?',
    ],
    [
      'a duration without its unit',
      'timeouts:\n  connect: 10',
      /:2: timeouts\.connect: must be a duration with its unit/,
    ],
    ['a duration of apples', 'timeouts: { idle: 10 apples }', /timeouts\.idle: must be a duration/],
    ['a size of apples', 'server: { bodyLimit: big }', /server\.bodyLimit: must be a size/],
    [
      'a port out of range',
      'server: { port: 70000 }',
      /server\.port: must be a whole number from 0 to 65535/,
    ],
    ['a port that is no number', 'server: { port: eighty }', /server\.port: must be a whole number/],
    ['no worker', 'server: { workers: 0 }', /server\.workers: must be `auto` or a whole number from 1/],
    ['workers in words', 'server: { workers: many }', /server\.workers: must be `auto` or a whole number/],
    [
      'a list where a section belongs',
      'server: [1]',
      'dragoman.yaml:1: server: must be a section with keys, not a list',
    ],
    ['a number as a target', `${AZURE}models: { x: 3 }`, /models\.x: cannot be a number/],
    ['broken YAML', 'a: [1', /^dragoman\.yaml:\d+:\d+: this is not valid YAML/],
    ['an unquoted reference in braces', 'server: { host: ${H} }', /write `"\$\{NAME\}"` with quotes/],
    ['a key written twice', 'lossy: warn\nlossy: warn', /dragoman\.yaml:2:1: .*unique/],
    ['a file that is no section', '- a', /a config file holds keys/],
    [
      'an unset variable',
      'secret: ${NOPE}',
      /:1: secret: the environment variable NOPE is not set\. Set NOPE/,
    ],
    ['a reference that is none', 'secret: "${my key}"', /secret: `\$\{` begins no reference/],
    [
      'an unknown provider',
      `${AZURE}models:\n  x: azur/gpt`,
      'dragoman.yaml:4: models.x: there is no provider `azur`. Did you mean `azure`?',
    ],
    [
      'an unknown provider in a list',
      `${AZURE}models: { x: [azure/a, b/c] }`,
      /models\.x\[1\]: there is no provider `b`/,
    ],
    [
      'a target without a provider',
      `${AZURE}models: { x: gpt }`,
      /models\.x: `gpt` is not `provider\/model`/,
    ],
    [
      'an unknown condition',
      `${AZURE}models: { x: [{ target: azure/a, when: { thinkin: true } }] }`,
      /x\[0\]\.when\.thinkin: unknown key.*`thinking`/,
    ],
    ['no condition', `${AZURE}models: { x: { target: azure/a, when: {} } }`, /x\.when: needs at least one/],
    [
      'sizes that exclude each other',
      `${AZURE}models: { x: { target: azure/a, when: { minTokens: 9, maxTokens: 8 } } }`,
      /x\.when\.maxTokens: is below/,
    ],
    [
      'weights of another length',
      `${AZURE}models: { x: { balance: [azure/a], weights: [1, 2] } }`,
      /x\.weights: 2 weights for 1/,
    ],
    [
      'a weight of nothing',
      `${AZURE}models: { x: { balance: [azure/a], weights: [0] } }`,
      /weights\[0\]: must be a positive/,
    ],
    [
      'Azure OpenAI without an address',
      'providers: { a: { type: azure-openai } }',
      /`endpoint` or `baseUrl` is missing/,
    ],
    [
      'Foundry without an address',
      'providers: { a: { type: azure-foundry } }',
      /`resource` or `endpoint` or `baseUrl`/,
    ],
    [
      'a compatible server without an address',
      'providers: { a: { type: openai-compatible } }',
      /`baseUrl` or `preset`/,
    ],
    [
      'http:// to another machine',
      'providers: { o: { type: openai, baseUrl: "http://10.0.0.1/v1" } }',
      /baseUrl: is plain http/,
    ],
    [
      'an http:// endpoint',
      'providers: { a: { type: azure-openai, endpoint: "http://a.openai.azure.com" } }',
      /endpoint: is plain http/,
    ],
    ['a URL that is none', 'providers: { o: { type: openai, baseUrl: api } }', /baseUrl: is not a URL/],
    [
      'credentials in a URL',
      'providers: { o: { type: openai, baseUrl: "https://u:p@h/v1" } }',
      /holds a user name/,
    ],
    [
      'a key beside Entra',
      'providers: { a: { type: azure-openai, endpoint: a, auth: entra, apiKey: k1 } }',
      /takes no key/,
    ],
    [
      'an open address without keys',
      'server:\n  host: 0.0.0.0',
      /:2: server\.host: listens to other machines/,
    ],
    ['every origin without keys', 'server: { cors: ["*"] }', /cors\[0\]: `\*` lets every web page/],
    ['an origin with a path', 'server: { cors: ["https://a.b/c"] }', /is not a browser origin/],
    ['the same key twice', 'auth: { keys: [key-1, key-1] }', /auth\.keys\[1\]: is the same key/],
    [
      'a placeholder',
      'providers:\n  o:\n    type: openai\n    apiKey: your-api-key',
      /:4: providers\.o\.apiKey: `your-api-key` is a placeholder/,
    ],
    [
      'a placeholder among clients’ keys',
      'auth: { keys: [changeme] }',
      /auth\.keys\[0\]: `changeme` is a placeholder/,
    ],
  ])('%s', (_, text, message) => {
    const found = problems(() => file(text))
    expect(found).toHaveLength(1)
    const [line = ''] = found
    const expected = typeof message === 'string' ? line === message : message.test(line)
    expect(expected ? 'as expected' : line).toBe('as expected')
  })

  it('all of it at once, in the order of the file', () => {
    const found = problems(() =>
      file(`server: { prt: 1 }
providers:
  azure: { type: azure-openai, endpoint: acme, apiKey: "\${NOPE}" }
models:
  x: foundry/claude
retries: many
`),
    )
    expect(found.map((line) => line.split(': ').slice(0, 2).join(' '))).toEqual([
      'dragoman.yaml:1 server.prt',
      'dragoman.yaml:3 providers.azure.apiKey',
      'dragoman.yaml:5 models.x',
      'dragoman.yaml:6 retries',
    ])
  })

  it('never with a secret in it', () => {
    const secret = 'a secret with spaces and häkchen'
    const found = problems(() =>
      file(
        `auth: { keys: ["${secret}"] }\nproviders: { o: { type: openai, apiKey: "${secret}" } }\nsecret: "${secret}"`,
      ),
    )
    expect(found).toHaveLength(3)
    expect(found.join()).not.toContain('häkchen')
  })

  it('what only the provider’s own code can tell, too', () => {
    expect(
      problems(() => file(AZURE, { checkProvider: () => ({ field: 'endpoint', problem: 'is nowhere' }) })),
    ).toEqual(['dragoman.yaml:2: providers.azure.endpoint: is nowhere'])
  })
})

describe('the environment in values', () => {
  it('is filled in', () => expect(key('${K}', { K: 'real-key' })).toBe('real-key'))
  it('has defaults for what is unset or empty', () => {
    expect(key('${K:-other-key}', {})).toBe('other-key')
    expect(key('${K:-other-key}', { K: '' })).toBe('other-key')
  })
  it('may be part of a text', () => expect(key('a-${K}-b', { K: 'x' })).toBe('a-x-b'))
  it('leaves a key out when its default is nothing', () => expect(key('${K:-}', {})).toBeUndefined())
  it('is not read twice', () => {
    expect(problems(() => key('${K}', { K: '${L}', L: 'no' }))).toEqual([])
    expect(key('${K}', { K: '${L}', L: 'no' })).toBe('${L}')
  })
  it('can be escaped', () => expect(key('$${K}', { K: 'no' })).toBe('${K}'))
  it('is an error when empty', () => {
    expect(problems(() => key('${K}', { K: '' }))[0]).toMatch(/K is empty/)
  })
  it('may spell numbers and booleans', () => {
    const { config } = file('server: { port: "${P}" }\nlog: { bodies: "${B}" }', {
      env: { P: '9', B: 'true' },
    })
    expect(config.server.port).toBe(9)
    expect(config.log.bodies).toBe(true)
    const workers = (written: string) =>
      file('server: { workers: "${W}" }', { env: { W: written } }).config.server.workers
    expect([workers('4'), workers('auto')]).toEqual([4, 'auto'])
  })
})

describe('precedence', () => {
  const text = 'server: { host: localhost, port: 1 }\nlog: { level: warn }\nauth: { keys: [file-key] }'
  const env = {
    DRAGOMAN_PORT: '2',
    DRAGOMAN_LOG_LEVEL: 'error',
    DRAGOMAN_KEY: 'env-key',
    DRAGOMAN_SECRET: 'sealing',
  }

  it('is flag, DRAGOMAN_*, file, default, each with its origin', () => {
    const { config } = file(text, { env, flags: { port: '3' } })
    expect(config.server).toMatchObject({ host: 'localhost', port: 3, workers: 1 })
    expect(config.log.level).toBe('error')
    expect(config.auth.keys).toEqual([{ key: 'env-key' }])
    expect(config.secret).toBe('sealing')
    expect(config.origins).toMatchObject({
      'server.host': 'dragoman.yaml:1',
      'server.port': 'flag --port',
      'server.workers': 'default',
      'log.level': 'env DRAGOMAN_LOG_LEVEL',
      'auth.keys[0]': 'env DRAGOMAN_KEY',
      secret: 'env DRAGOMAN_SECRET',
    })
    expect(config.warnings).toContain('DRAGOMAN_KEY replaces the keys in the config file')
  })

  it('lets flags choose host and level', () => {
    const { config } = file(text, { env, flags: { host: '::1', logLevel: 'debug' } })
    expect([config.server.host, config.log.level]).toEqual(['::1', 'debug'])
  })

  it('complains about a flag by its name', () => {
    expect(problems(() => file(text, { flags: { port: 'x' } }))[0]).toMatch(
      /^flag --port: server\.port: must be/,
    )
  })

  it('keeps a list of keys that holds DRAGOMAN_KEY already', () => {
    const { config } = file('auth: { keys: ["${DRAGOMAN_KEY}", other] }', { env })
    expect(config.auth.keys.map(({ key }) => key)).toEqual(['env-key', 'other'])
  })

  it('says which variable a value of the file was made of', () => {
    const { origins } = file('server: { port: "${P}" }', { env: { P: '9' } }).config
    expect(origins['server.port']).toBe('dragoman.yaml:1 (env P)')
  })

  it('puts the state folder where DRAGOMAN_STATE_DIR says', () => {
    expect(file('lossy: warn', { env: { DRAGOMAN_STATE_DIR: '/state' } }).config.stateDir).toBe('/state')
    expect(file('lossy: warn').config.stateDir).toBe('/home/me/.local/state/dragoman')
  })
})

describe('the file', () => {
  const files = {
    '/flag.yaml': 'retries: 1',
    '/env.yaml': 'retries: 2',
    '/project/dragoman.yaml': 'retries: 3',
    '/home/me/.config/dragoman/dragoman.yaml': 'retries: 4',
  }
  const retries = (options: Outside) => load({ files, ...options }).config.retries

  it('is that of --config, else DRAGOMAN_CONFIG, else of the working folder, else of the config folder', () => {
    const env = { DRAGOMAN_CONFIG: '/env.yaml' }
    expect(retries({ flags: { config: '../flag.yaml' }, env })).toBe(1)
    expect(retries({ env })).toBe(2)
    expect(retries({})).toBe(3)
    expect(retries({ cwd: '/elsewhere' })).toBe(4)
  })

  it('lives in the platform’s own folder', () => {
    expect(retriesAt('/x/dragoman/dragoman.yaml', { env: { XDG_CONFIG_HOME: '/x' } })).toBe(5)
    expect(
      retriesAt('/home/me/Library/Application Support/dragoman/dragoman.yaml', { platform: 'darwin' }),
    ).toBe(5)
    const windows = { platform: 'win32', cwd: 'C:\\work', homedir: 'C:\\me' } as const
    expect(retriesAt('C:\\me\\AppData\\Roaming\\dragoman\\dragoman.yaml', windows)).toBe(5)
    expect(retriesAt('D:\\a\\dragoman\\dragoman.yaml', { ...windows, env: { APPDATA: 'D:\\a' } })).toBe(5)
  })

  it('must exist when it was asked for', () => {
    expect(problems(() => load({ flags: { config: 'x.yaml' } }))).toEqual([
      'x.yaml: there is no such file. Check --config and DRAGOMAN_CONFIG',
    ])
  })

  it('is not passed over when it cannot be read', () => {
    const options = {
      flags: {},
      env: {},
      cwd: '/project',
      homedir: '/h',
      platform: 'linux' as const,
      readFile,
    }
    expect(problems(() => loadConfig(options))[0]).toMatch(
      /^dragoman\.yaml: cannot be read: permission denied/,
    )
  })

  it('is missed with advice when nothing else is there', () => {
    expect(problems(() => load({}))[0]).toMatch(/there is none: .*dragoman\.yaml.*Write dragoman\.yaml/)
  })
})

describe('.env', () => {
  const text = 'secret: ${S}'

  it('beside the file beats that of the working folder, and the environment beats both', () => {
    const files = {
      '/conf/d.yaml': text,
      '/conf/.env': 'S=beside',
      '/project/.env': 'S=working',
    }
    const flags = { config: '/conf/d.yaml' }
    expect(load({ files, flags }).config.secret).toBe('beside')
    expect(load({ files: { ...files, '/conf/.env': '' }, flags }).config.secret).toBe('working')
    expect(load({ files, flags, env: { S: 'real' } }).config.secret).toBe('real')
  })

  it('is named as the origin', () => {
    const { origins } = load({ files: { '/project/dragoman.yaml': text, '/project/.env': 'S=x-1' } }).config
    expect(origins.secret).toBe('dragoman.yaml:1 (env S (.env))')
  })

  it('may say where the config file is', () => {
    const files = { '/c.yaml': 'retries: 7', '/project/.env': 'DRAGOMAN_CONFIG=/c.yaml' }
    expect(load({ files }).config.retries).toBe(7)
  })
})

describe('the secret', () => {
  it('is the kept one when none is configured', () => {
    expect(file('lossy: warn', { secretFor: (folder) => `kept in ${folder}` }).config.secret).toBe(
      'kept in /home/me/.local/state/dragoman',
    )
    expect(file('secret: written', { secretFor: () => 'kept' }).config.secret).toBe('written')
  })
})
