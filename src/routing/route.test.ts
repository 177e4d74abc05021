import { describe, expect, it } from 'vitest'
import { GatewayError } from '../errors.ts'
import type { RequestFacts } from './condition.ts'
import { route } from './route.ts'
import type { ModelRule, Step, TargetRef } from './rule.ts'

const at = (provider: string, model: string): TargetRef => ({ provider, model })
const big = at('azure', 'gpt-big')
const small = at('azure', 'gpt-small')
const claude = at('foundry', 'claude-sonnet')
const providers = new Set(['azure', 'foundry'])

const only = (target: TargetRef, when?: Step['when']): Step => ({
  targets: [target],
  ...(when !== undefined && { when }),
})
const rule = (pattern: string, ...steps: readonly Step[]): ModelRule => ({ pattern, steps })

const facts = (known: Partial<RequestFacts> = {}): RequestFacts => ({
  inputTokens: 1000,
  thinking: false,
  images: false,
  tools: false,
  requestClass: undefined,
  agent: false,
  agentType: undefined,
  session: 'some session',
  sealedBy: undefined,
  midTurn: false,
  ...known,
})

const go = (name: string, rules: readonly ModelRule[], known: Partial<RequestFacts> = {}) =>
  route(name, { rules, providers }, facts(known))

describe('routing', () => {
  const rules = [rule('claude-sonnet-*', only(big), only(claude)), rule('*', only(big))]

  it('gives the targets of the rule in their order, each once', () => {
    expect(go('claude-sonnet-5-5', rules)).toEqual([big, claude])
    expect(go('x', [rule('x', only(big), only(claude), only(big))])).toEqual([big, claude])
  })

  it('counts the same model in another protocol as another try', () => {
    const both = [rule('x', only({ ...big, protocol: 'responses' }), only({ ...big, protocol: 'chat' }))]
    expect(go('x', both)).toHaveLength(2)
  })

  it('goes straight to provider/model when a client asks for it, past a catch-all', () => {
    expect(go('foundry/claude/opus', rules)).toEqual([at('foundry', 'claude/opus')])
  })

  it('passes the requested name on where the target says *', () => {
    expect(go('o4-mini', [rule('*', only(at('azure', '*')))])).toEqual([at('azure', 'o4-mini')])
  })

  it('pins everything to one target with a single rule', () => {
    for (const name of ['claude-opus-5-5', 'gpt-5', 'x']) {
      expect(go(name, [rule('*', only(big))])).toEqual([big])
    }
  })

  it('refuses an unknown name and lists what exists', () => {
    const attempt = () => go('mystery', [rule('claude-sonnet-*', only(big))])
    expect(attempt).toThrow(GatewayError)
    expect(attempt).toThrow(/'mystery' is not configured.*claude-sonnet-\*.*azure, foundry/)
  })
})

describe('conditions', () => {
  const rules = [
    rule('claude-*', only(small, { class: ['auxiliary', 'side_reply'], maxTokens: 8000 }), only(big)),
  ]

  it('put a target before the others for the requests that they fit', () => {
    expect(go('claude-x', rules, { requestClass: 'auxiliary' })).toEqual([small, big])
    expect(go('claude-x', rules, { requestClass: 'auxiliary', inputTokens: 8001 })).toEqual([big])
    expect(go('claude-x', rules, { requestClass: 'main' })).toEqual([big])
    expect(go('claude-x', rules)).toEqual([big])
  })

  it('pass a rule over of which no step fits', () => {
    const passed = [rule('claude-*', only(claude, { images: true })), rule('*', only(big))]
    expect(go('claude-x', passed)).toEqual([big])
    expect(go('claude-x', passed, { images: true })).toEqual([claude])
  })

  it('say so when they leave nothing', () => {
    const attempt = () => go('x', [rule('x', only(big, { thinking: true, minTokens: 5 }))])
    expect(attempt).toThrow(/other requests than this one \(thinking, at least 5 tokens\)/)
  })

  const cases: readonly (readonly [Step['when'], Partial<RequestFacts>, Partial<RequestFacts>])[] = [
    [{ minTokens: 1000 }, {}, { inputTokens: 999 }],
    [{ maxTokens: 1000 }, {}, { inputTokens: 1001 }],
    [{ thinking: false }, {}, { thinking: true }],
    [{ images: true }, { images: true }, {}],
    [{ tools: false }, {}, { tools: true }],
    [{ agent: true }, { agent: true }, {}],
    [{ agentType: ['Explore'] }, { agentType: 'Explore' }, { agentType: 'Plan' }],
    [{ class: ['compaction'] }, { requestClass: 'compaction' }, { requestClass: 'main' }],
  ]
  it.each(cases)('%j holds for %j and not for %j', (when, fits, misses) => {
    const conditional = [rule('x', only(small, when), only(big))]
    expect(go('x', conditional, fits)[0]).toEqual(small)
    expect(go('x', conditional, misses)).toEqual([big])
  })

  it('do not look at the request where there are none', () => {
    const blind = new Proxy(facts(), {
      get: () => {
        throw new Error('looked')
      },
    })
    expect(route('x', { rules: [rule('x', only(big))], providers }, blind)).toEqual([big])
  })
})

describe('sealed reasoning', () => {
  const east = at('azure', 'east')
  const west = at('azure', 'west')
  const peers: Step = { targets: [east, west], weights: [1, 1] }

  it('goes back to the peer that sealed it', () => {
    for (const sealer of [east, west]) {
      for (const session of ['a', 'b', 'c', 'd']) {
        expect(go('x', [rule('x', peers)], { session, sealedBy: sealer })[0]).toEqual(sealer)
      }
    }
  })

  it('goes before the config’s order only while tools are being called', () => {
    const ordered = [rule('x', only(big), only(claude))]
    expect(go('x', ordered, { sealedBy: claude, midTurn: true })).toEqual([claude, big])
    expect(go('x', ordered, { sealedBy: claude, midTurn: false })).toEqual([big, claude])
  })

  it('of somebody else changes nothing', () => {
    expect(
      go('x', [rule('x', only(big), only(claude))], { sealedBy: at('gone', 'x'), midTurn: true }),
    ).toEqual([big, claude])
  })
})
