import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SeedbedError } from '../../src/errors.ts'
import type { StreamMessage } from '../../src/remote/protocol.ts'
import { createStreams, type Streams } from '../../src/remote/streams.ts'

const test = suite('streams over a link')

/** Two ends whose messages cross in microtasks; `log` is what was said. */
function pair (): { a: Streams, b: Streams, log: string[] } {
  const log: string[] = []
  const ends: Streams[] = []
  const to = (end: number) => (message: StreamMessage): void => {
    log.push(message.t)
    queueMicrotask(() => { ends[end]?.handle(structuredClone(message)) })
  }
  ends.push(createStreams(to(1)), createStreams(to(0)))
  return { a: ends[0] as Streams, b: ends[1] as Streams, log }
}

async function codeOf (work: Promise<unknown>): Promise<unknown> {
  return await work.then(() => null, (error: unknown) => (error as { code?: unknown }).code)
}

test('a reader gets every part in order, each when it asks for it', async () => {
  const { a, b } = pair()
  let made = 0
  a.provide('s', Promise.resolve((async function * () { while (made < 5) yield made++ })()))
  const got: unknown[] = []
  for await (const part of b.receive('s')) {
    got.push(part)
    assert.ok(made <= got.length + 1, 'nothing is made ahead of the reader')
  }
  assert.equal(got, [0, 1, 2, 3, 4])
})

test('leaving early ends the source', async () => {
  const { a, b } = pair()
  const ended = Promise.withResolvers<void>()
  a.provide('s', Promise.resolve((async function * () {
    try {
      for (let i = 0; ; i++) yield i
    } finally {
      ended.resolve()
    }
  })()))
  for await (const part of b.receive('s')) if (part === 2) break
  await ended.promise
})

test('what the source throws reaches the reader with its code', async () => {
  const { a, b } = pair()
  a.provide('s', Promise.resolve((async function * () {
    yield 1
    throw new SeedbedError('STORAGE_FAILED', 'no space')
  })()))
  a.provide('refused', Promise.reject(new SeedbedError('UNKNOWN_COMMUNITY', 'none')))
  assert.is(await codeOf(Array.fromAsync(b.receive('s'))), 'STORAGE_FAILED')
  assert.is(await codeOf(Array.fromAsync(b.receive('refused'))), 'UNKNOWN_COMMUNITY')
})

test('a link that goes fails its readers and ends its sources', async () => {
  const { a, b } = pair()
  const ended = Promise.withResolvers<void>()
  const never = Promise.withResolvers<void>()
  a.provide('s', Promise.resolve({
    [Symbol.asyncIterator]: () => ({
      next: async () => { await never.promise; return { done: true, value: undefined } },
      return: async () => { ended.resolve(); return { done: true, value: undefined } }
    })
  }))
  const reading = codeOf(Array.fromAsync(b.receive('s')))
  await new Promise(resolve => setTimeout(resolve, 5))
  b.close()
  a.close()
  assert.is(await reading, 'HOST_LOST')
  await ended.promise
})

test.run()
