import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SeedbedError } from '../../../src/errors.ts'
import { createLiveQuery } from '../../../src/queries/live/create-live-query.ts'
import type { LiveQuery } from '../../../src/queries/live/live-query.ts'
import type { LiveScope } from '../../../src/queries/live/live-scope.ts'
import { settle, virtualScheduler } from './virtual-scheduler.ts'

const test = suite('core/queries/live/create-live-query')
const INTERVAL_MS = 16

interface Value { readonly items: ReadonlyArray<{ readonly id: string, readonly score: number }> }

/** A query over a variable, with everything that a test wants to see of it. */
function world (initial: Value = { items: [{ id: 'a', score: 1 }, { id: 'b', score: 2 }] }) {
  const scheduler = virtualScheduler()
  const warnings: unknown[] = []
  const state = { value: initial, error: null as Error | null, reads: 0, watching: 0, open: true, nowMs: 1000, delay: null as Promise<void> | null, changed: (): void => {} }
  const scope: LiveScope = {
    scheduler,
    clock: () => state.nowMs,
    logger: { debug: () => {}, info: () => {}, warn: (...what) => { warnings.push(what) } },
    isOpen: () => state.open,
    running: new Map()
  }
  const query: LiveQuery<Value> = createLiveQuery({
    intervalMs: INTERVAL_MS,
    start (changed) {
      state.watching++
      state.changed = changed
      return () => { state.watching-- }
    },
    async read () {
      state.reads++
      const value = structuredClone(state.value)
      if (state.delay !== null) await state.delay
      if (state.error !== null) throw state.error
      return value
    },
    refresh: () => {}
  }, scope)
  const set = (score: number): void => {
    state.value = { items: [{ id: 'a', score }, { id: 'b', score: 2 }] }
    state.changed()
  }
  return { scheduler, scope, state, query, set, warnings }
}

test('nothing is read before somebody listens, and nothing is left after the last one', async () => {
  const { query, state, scheduler, scope, set } = world()
  assert.equal(query.getSnapshot(), { state: 'loading' })
  query.refresh()
  await scheduler.advance(100)
  assert.is(state.reads, 0)
  const listener = (): void => {}
  const leave = query.subscribe(listener)
  const leaveToo = query.subscribe(listener)
  assert.is(state.watching, 1)
  await scheduler.advance(0)
  assert.is(state.reads, 1)
  set(5)
  leave()
  leave()
  assert.is(state.watching, 1, 'leaving twice does not send somebody else away')
  assert.is(scheduler.pending(), 1)
  leaveToo()
  assert.equal([state.watching, scheduler.pending(), scope.running.size], [0, 0, 0])
  const left = query.getSnapshot()
  assert.is(left.state, 'ready')
  await scheduler.advance(100)
  assert.is(query.getSnapshot(), left)
  query.subscribe(listener)
  await scheduler.advance(0)
  assert.is(state.reads, 2, 'whoever comes back gets a new reading')
})

test('a burst is read once, and changes that keep coming once an interval', async () => {
  const { query, state, scheduler, set } = world()
  let told = 0
  query.subscribe(() => { told++ })
  await scheduler.advance(0)
  await scheduler.advance(100)
  assert.equal([state.reads, told], [1, 1])
  for (let score = 10; score < 60; score++) set(score)
  await scheduler.advance(0)
  assert.equal([state.reads, told], [2, 2], 'the first change after a quiet time waits for nothing but the end of the burst')
  for (let score = 60; score < 90; score++) set(score)
  await scheduler.advance(INTERVAL_MS - 1)
  assert.equal([state.reads, told], [2, 2])
  await scheduler.advance(1)
  assert.equal([state.reads, told], [3, 3])
  const snapshot = query.getSnapshot()
  assert.is(snapshot.state === 'ready' && snapshot.value.items[0]?.score, 89)
  await scheduler.advance(100)
  assert.is(state.reads, 3)
})

test('what takes long to read gets a pause as long, up to a tenth of a second', async () => {
  for (const [tookMs, pauseMs] of [[1, INTERVAL_MS], [40, 40], [500, 100]] as const) {
    const { query, state, scheduler, set } = world()
    query.subscribe(() => {})
    const { promise, resolve } = Promise.withResolvers<void>()
    state.delay = promise
    await scheduler.advance(0)
    set(7)
    await scheduler.advance(tookMs)
    state.delay = null
    resolve()
    await settle()
    await scheduler.advance(pauseMs - 1)
    assert.is(state.reads, 1, `${tookMs} ms`)
    await scheduler.advance(1)
    assert.is(state.reads, 2, `${tookMs} ms`)
  }
})

test('what changes during a reading is read again', async () => {
  const { query, state, scheduler, set } = world()
  query.subscribe(() => {})
  const { promise, resolve } = Promise.withResolvers<void>()
  state.delay = promise
  await scheduler.advance(0)
  set(7)
  await scheduler.advance(100)
  assert.is(state.reads, 1, 'never two readings at once')
  state.delay = null
  resolve()
  await settle()
  await scheduler.advance(100)
  assert.is(state.reads, 2)
  const snapshot = query.getSnapshot()
  assert.is(snapshot.state === 'ready' && snapshot.value.items[0]?.score, 7)
})

test('a reading whose listeners left while it ran changes nothing', async () => {
  const { query, state, scheduler } = world()
  const { promise, resolve } = Promise.withResolvers<void>()
  state.delay = promise
  const leave = query.subscribe(() => {})
  await scheduler.advance(0)
  leave()
  resolve()
  await settle()
  assert.equal(query.getSnapshot(), { state: 'loading' })
  assert.is(scheduler.pending(), 0)
})

test('the snapshot and what is equal in it keep their identity', async () => {
  const { query, state, scheduler, set } = world()
  let told = 0
  query.subscribe(() => { told++ })
  await scheduler.advance(0)
  const first = query.getSnapshot()
  assert.ok(first.state === 'ready')
  assert.is(first.updatedAtMs, 1000)
  state.nowMs = 2000
  state.changed()
  await scheduler.advance(100)
  assert.is(state.reads, 2)
  assert.is(query.getSnapshot(), first)
  assert.is(told, 1, 'nobody is told of what did not change')
  set(9)
  await scheduler.advance(100)
  const second = query.getSnapshot()
  assert.ok(second.state === 'ready')
  assert.is.not(second.value.items, first.value.items)
  assert.is.not(second.value.items[0], first.value.items[0])
  assert.is(second.value.items[1], first.value.items[1])
  assert.is(second.updatedAtMs, 2000)
})

test('a failure keeps the last value and ends with the next reading that works', async () => {
  const { query, state, scheduler, warnings } = world()
  query.subscribe(() => {})
  state.error = new SeedbedError('UNKNOWN_ID', 'nobody knows it')
  await scheduler.advance(0)
  assert.equal(query.getSnapshot(), { state: 'failed', error: { code: 'UNKNOWN_ID', message: 'nobody knows it' }, value: null })
  const failed = query.getSnapshot()
  query.refresh()
  await scheduler.advance(100)
  assert.is(query.getSnapshot(), failed, 'the same failure is the same moment')
  state.error = null
  query.refresh()
  await scheduler.advance(100)
  const ready = query.getSnapshot()
  assert.ok(ready.state === 'ready')
  state.error = new TypeError('a defect')
  query.refresh()
  await scheduler.advance(100)
  const broken = query.getSnapshot()
  assert.ok(broken.state === 'failed')
  assert.is(broken.error.code, 'INTERNAL')
  assert.is(broken.value, ready.value)
  assert.is(warnings.length, 1, 'a defect is logged')
})

test('a listener that throws disturbs nobody', async () => {
  const { query, scheduler, warnings } = world()
  let told = 0
  query.subscribe(() => { throw new Error('mine') })
  query.subscribe(() => { told++ })
  await scheduler.advance(0)
  assert.is(told, 1)
  assert.is(warnings.length, 1)
})

test('an iterator yields the latest values only and releases the query when it is left', async () => {
  const { query, state, scheduler, set } = world()
  const seen: unknown[] = []
  const iterating = (async () => {
    for await (const { items } of query) {
      seen.push(items[0]?.score)
      if (seen.length === 3) break
    }
  })()
  assert.is(state.watching, 1)
  await scheduler.advance(0)
  assert.equal(seen, [1])
  set(2)
  await scheduler.advance(100)
  assert.equal(seen, [1, 2])
  state.changed()
  await scheduler.advance(100)
  assert.equal(seen, [1, 2], 'what did not change is not yielded')
  set(3)
  await scheduler.advance(100)
  await iterating
  assert.equal(seen, [1, 2, 3])
  assert.equal([state.watching, scheduler.pending()], [0, 0])
})

test('a slow reader skips what it missed', async () => {
  const { query, scheduler, set } = world()
  const iterator = query[Symbol.asyncIterator]()
  const first = iterator.next()
  await scheduler.advance(0)
  assert.is((await first).value.items[0].score, 1)
  for (const score of [2, 3, 4]) {
    set(score)
    await scheduler.advance(100)
  }
  assert.is((await iterator.next()).value.items[0].score, 4)
  const waiting = iterator.next()
  await iterator.return?.()
  assert.is((await waiting).done, true)
  assert.is((await iterator.next()).done, true)
})

test('an iterator that was never asked holds nothing; a later one starts with a fresh value', async () => {
  const { query, state, scheduler, set } = world()
  void query[Symbol.asyncIterator]()
  assert.is(state.watching, 0)
  const leave = query.subscribe(() => {})
  await scheduler.advance(0)
  leave()
  set(8)
  const iterator = query[Symbol.asyncIterator]()
  const next = iterator.next()
  await scheduler.advance(100)
  assert.is((await next).value.items[0].score, 8, 'not the value of an earlier time')
  await iterator.return?.()
})

test('closing ends iterators and listeners for good', async () => {
  for (const how of ['query', 'dispose', 'node'] as const) {
    const { query, state, scheduler, scope, set } = world()
    let told = 0
    query.subscribe(() => { told++ })
    const iterator = query[Symbol.asyncIterator]()
    const first = iterator.next()
    await scheduler.advance(0)
    await first
    const next = iterator.next()
    if (how === 'node') {
      state.open = false
      for (const { close } of [...scope.running.values()]) close()
    } else if (how === 'dispose') {
      query[Symbol.dispose]()
    } else {
      query.close()
      query.close()
    }
    assert.is((await next).done, true)
    set(100)
    await scheduler.advance(100)
    assert.equal([told, state.watching, scheduler.pending(), scope.running.size], [1, 0, 0, 0])
    query.subscribe(() => {})()
    assert.is((await query[Symbol.asyncIterator]().next()).done, true)
    assert.is(state.watching, 0)
  }
})

test.run()
