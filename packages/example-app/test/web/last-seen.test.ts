import type { FeedPage, FeedPost } from '@seedbed/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_LAST_SEEN_CHARS } from '../../src/web/limits.ts'
import { createLastSeen, type LastSeen } from '../../src/web/peer/last-seen.ts'
import type { TextStore } from '../../src/web/peer/profiles.ts'

const test = suite('what was looked at last')

test('is kept for the next start of the same profile and build, once', () => {
  const store = createStore()
  keep(store, 'mine', 'build 1', seen('a', 'b'))
  const next = createLastSeen(store, 'build 1')
  next.take('mine')
  assert.equal(idsOf(next.get()), ['a', 'b'])
  const after = createLastSeen(store, 'build 1')
  after.take('mine')
  assert.is(after.get(), null, 'taken out, lest it break every start')
})

test('is nothing to another profile or another build, and unreadable text is nothing', () => {
  for (const [dataDir, build] of [['other', 'build 1'], ['mine', 'build 2']] as const) {
    const store = createStore()
    keep(store, 'mine', 'build 1', seen('a'))
    const next = createLastSeen(store, build)
    next.take(dataDir)
    assert.is(next.get(), null)
  }
  for (const text of ['{', '[]', '"text"', '7', 'null']) {
    const next = createLastSeen(createStore(text), 'build 1')
    next.take('mine')
    assert.is(next.get(), null, text)
  }
  const broken = createLastSeen({ getItem () { throw new Error('not allowed') }, setItem () { throw new Error('not allowed') } }, 'build 1')
  broken.take('mine')
  broken.show(seen('a'))
  broken.flush()
  assert.is(broken.get(), null)
})

test('gives way to what is shown', () => {
  const store = createStore()
  keep(store, 'mine', 'build 1', seen('a'))
  const keeper = createLastSeen(store, 'build 1')
  keeper.take('mine')
  keeper.show(seen('b'))
  assert.is(keeper.get(), null)
  keeper.flush()
  assert.equal(idsOf(taken(store)), ['b'])
})

test('who is muted leaves it at once, shown or not', () => {
  const store = createStore()
  const keeper = keep(store, 'mine', 'build 1', seen('a', 'b'))
  keeper.leave()
  keeper.mute(new Set(['author of a']))
  assert.equal(idsOf(taken(store)), ['b'])
})

test('what is too large is not kept', () => {
  const store = createStore()
  keep(store, 'mine', 'build 1', seen('x'.repeat(MAX_LAST_SEEN_CHARS)))
  assert.is(store.text, '')
})

test('is read again once something changed while something else is shown', async () => {
  const store = createStore()
  const keeper = keep(store, 'mine', 'build 1', seen('a'), 0)
  let asked = 0
  const read = async (): Promise<FeedPage> => { asked++; return seen('c').page }
  keeper.outdate(read)
  await pause()
  assert.is(asked, 0, 'the feed on the screen tells itself')
  keeper.leave()
  keeper.outdate(read)
  keeper.outdate(read)
  await pause()
  assert.is(asked, 1)
  assert.equal(idsOf(taken(store)), ['c'])
  const failing = keep(store, 'mine', 'build 1', seen('a'), 0)
  failing.leave()
  failing.outdate(async () => { throw new Error('left') })
  await pause()
  assert.is(store.text, '', 'nothing is shown of what cannot be read')
})

/** One that has just been written. */
function keep (store: TextStore, dataDir: string, build: string, what: LastSeen, rereadPauseMs?: number): ReturnType<typeof createLastSeen> {
  const keeper = rereadPauseMs === undefined ? createLastSeen(store, build) : createLastSeen(store, build, rereadPauseMs)
  keeper.take(dataDir)
  keeper.show(what)
  keeper.flush()
  return keeper
}

function taken (store: TextStore): LastSeen | null {
  const next = createLastSeen(store, 'build 1')
  next.take('mine')
  return next.get()
}

function seen (...ids: readonly string[]): LastSeen {
  const items = ids.map(id => ({ id, author: `author of ${id}` }) as unknown as FeedPost)
  return { name: 'feed', query: {}, page: { items, next: null, hidden: 0 }, communities: [], follows: [], read: [] }
}

function idsOf (last: LastSeen | null): string[] | null {
  return last === null ? null : last.page.items.map(({ id }) => id)
}

function createStore (text = ''): TextStore & { text: string } {
  const store = { text, getItem: () => store.text, setItem (_: string, value: string) { store.text = value } }
  return store
}

async function pause (): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(resolve => { setTimeout(resolve, 1) })
}

test.run()
