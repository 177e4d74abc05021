import { describe, expect, it } from 'vitest'
import { Lessons, type Lesson } from './lessons.ts'

const beta = (value: string): Lesson => ({ kind: 'beta', value })

describe('what was learned', () => {
  it('is kept by target, each thing once', () => {
    const lessons = new Lessons()
    lessons.learn('a', [beta('x'), beta('y')])
    lessons.learn('a', [beta('x')])
    expect(lessons.of('a')).toEqual([beta('x'), beta('y')])
    expect(lessons.of('b')).toEqual([])
  })

  it('does not grow without end: the oldest is forgotten', () => {
    const lessons = new Lessons({ targets: 2, lessons: 2, seals: 2 })
    for (const target of ['a', 'b', 'c']) lessons.learn(target, [beta('1'), beta('2'), beta('3')])
    expect(lessons.of('a')).toEqual([])
    expect(lessons.of('c')).toEqual([beta('2'), beta('3')])
    for (const target of ['a', 'b', 'c']) lessons.learnUnreadable(target, ['1', '2', '3'])
    expect(lessons.unreadable('a')).toBeUndefined()
    expect(['1', '2', '3'].map(lessons.unreadable('c')!)).toEqual([false, true, true])
  })
})
