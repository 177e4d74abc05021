import { expect, test } from 'vitest'
import { nearbyRoutes } from './nearby.ts'

test.each([
  ['/v1/chat/completion', 'POST /v1/chat/completions'],
  ['/openai/v1/chat/completions', 'POST /v1/chat/completions'],
  ['/v1/message', 'POST /v1/messages'],
  ['/api/v1/messages/count_tokens', 'POST /v1/messages/count_tokens'],
  ['/v1/model', 'GET /v1/models'],
])('who asks for %s is pointed to %s', (asked, offered) => {
  expect(nearbyRoutes(asked)[0]).toBe(offered)
})

test('a path like no other gets the main routes', () => {
  expect(nearbyRoutes('/v1/something/else/entirely')).toEqual([
    'POST /v1/messages',
    'POST /v1/chat/completions',
    'GET /v1/models',
  ])
})

test('a path of any length is compared in bounded time', () => {
  expect(nearbyRoutes('/x'.repeat(30_000))).toHaveLength(3)
})
