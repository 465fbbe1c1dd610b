import type { NodeEvents } from '@seedbed/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keepCopies } from '../../src/seedbox/keep-copies.ts'
import { MAX_COPIES_AT_ONCE, MAX_COPIES_OF_AUTHOR_AT_ONCE, MAX_WAITING_COPIES_OF_AUTHOR } from '../../src/seedbox/limits.ts'

const test = suite('seedbox/keep-copies')

interface World {
  readonly asked: string[]
  readonly wrote: (author: string, id: string, own?: boolean) => void
  /** Ends the reading of an id, in success or failure. */
  readonly end: (id: string, found?: boolean) => Promise<void>
  readonly stop: () => void
  readonly listeners: () => number
}

function world (): World {
  const controller = new AbortController()
  const asked: string[] = []
  const under = new Map<string, PromiseWithResolvers<never>>()
  const listeners = new Set<(event: NodeEvents['entry']) => void>()
  keepCopies({
    on: (_event, listener) => {
      listeners.add(listener as never)
      return () => { listeners.delete(listener as never) }
    },
    bodies: {
      read: async (id: string) => {
        asked.push(id)
        const answer = Promise.withResolvers<never>()
        under.set(id, answer)
        return await answer.promise
      }
    }
  }, controller.signal)
  return {
    asked,
    wrote: (author, id, own = false) => { for (const listener of listeners) listener({ kind: 'post', id, author, community: 'c', own } as NodeEvents['entry']) },
    async end (id, found = true) {
      if (found) under.get(id)?.resolve(undefined as never)
      else under.get(id)?.reject(new Error('nobody has it'))
      await new Promise(resolve => { setImmediate(resolve) })
    },
    stop: () => { controller.abort() },
    listeners: () => listeners.size
  }
}

test('reads what others write, once each, and nothing of its own', () => {
  const { asked, wrote } = world()
  wrote('ann', 'a')
  wrote('ann', 'own', true)
  wrote('ben', 'b')
  assert.equal(asked, ['a', 'b'])
})

test('an author who lists what nobody has holds up few, and authors take turns', async () => {
  const { asked, wrote, end } = world()
  for (let i = 0; i < 100; i++) wrote('mallory', `m${i}`)
  assert.is(asked.length, MAX_COPIES_OF_AUTHOR_AT_ONCE)
  for (let i = 0; i < MAX_COPIES_AT_ONCE; i++) wrote(`author ${i}`, `text ${i}`)
  assert.is(asked.length, MAX_COPIES_AT_ONCE)
  await end('m0', false)
  await end('m1', false)
  await end('text 0')
  const waited = MAX_COPIES_AT_ONCE - MAX_COPIES_OF_AUTHOR_AT_ONCE
  assert.equal(asked.slice(-3), ['m2', `text ${waited}`, `text ${waited + 1}`])
  await end('text 1')
  assert.is(asked.at(-1), 'm3')
})

test('what waits is bounded, and nothing is read after the end', async () => {
  const { asked, wrote, end, stop, listeners } = world()
  for (let i = 0; i < MAX_WAITING_COPIES_OF_AUTHOR + 50; i++) wrote('mallory', `m${i}`)
  for (let i = 0; i < asked.length; i++) await end(asked[i] ?? '')
  assert.is(asked.length, MAX_WAITING_COPIES_OF_AUTHOR + MAX_COPIES_OF_AUTHOR_AT_ONCE)
  for (let i = 0; i < 5; i++) wrote('ann', `a${i}`)
  const before = asked.length
  stop()
  assert.is(listeners(), 0)
  await end('a0')
  wrote('ben', 'b')
  assert.is(asked.length, before)
})

test.run()
