import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createStampBook, type StampBook, type StampBookPorts, type StampNeed } from '../../src/envelope/stamp-book.ts'
import { findStamp } from '../../src/envelope/stamp.ts'
import type { AuthorId, CommunityAddress } from '../../src/model.ts'

const test = suite('stamp book')
const need: StampNeed = { community: 'c0'.repeat(32) as CommunityAddress, author: 'a1'.repeat(32) as AuthorId, difficulty: 9 }
const good = findStamp(need.community, need.author, need.difficulty)
const elsewhere = findStamp(need.community, 'a2'.repeat(32) as AuthorId, need.difficulty)

interface Fixture {
  readonly book: StampBook
  readonly stored: Map<string, Uint8Array>
  readonly searches: Array<{ found: (stamp: Uint8Array) => void, signal: AbortSignal, hurry: AbortSignal }>
  readonly told: boolean[]
}

function fixture ({ stored = new Map<string, Uint8Array>(), held = async () => undefined }: { stored?: Map<string, Uint8Array>, held?: StampBookPorts['held'] } = {}): Fixture {
  const result: Fixture = {
    stored, searches: [], told: [],
    book: createStampBook({
      held,
      store: {
        stamp: async (author, community) => stored.get(`${author} ${community}`),
        putStamp: async (author, community, stamp) => { stored.set(`${author} ${community}`, stamp) }
      },
      finder: {
        find: async (_community, _author, _difficulty, { signal, hurry } = {}) => {
          assert.ok(signal !== undefined && hurry !== undefined)
          signal.throwIfAborted()
          const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
          signal.addEventListener('abort', () => { reject(signal.reason as Error) })
          result.searches.push({ found: resolve, signal, hurry })
          return await promise
        }
      },
      onProgress: (_need, _progress, found) => { result.told.push(found) }
    })
  }
  return result
}

const settled = async (): Promise<void> => { await new Promise(resolve => setTimeout(resolve, 5)) }
const failure = async (call: Promise<unknown>): Promise<{ code?: string, message?: string }> => await call.then(() => assert.unreachable(), (error: { code?: string }) => error) ?? {}

test('many ask, one search, and it is never searched again', async () => {
  const { book, searches, stored, told } = fixture()
  const asked = Array.from({ length: 5 }, async () => await book.stamp(need))
  await settled()
  assert.is(searches.length, 1)
  assert.is(book.atHand(need), undefined)
  searches[0]?.found(good)
  for (const stamp of await Promise.all(asked)) assert.equal(stamp, good)
  assert.equal(book.atHand(need), good)
  assert.equal(await book.stamp(need), good)
  assert.equal(told, [false, true])
  const after = fixture({ stored })
  assert.equal(await after.book.stamp(need), good)
  assert.is(searches.length + after.searches.length, 1)
})

test('difficulty 0 is at hand', async () => {
  const { book, searches, told } = fixture()
  assert.equal(book.atHand({ ...need, difficulty: 0 }), new Uint8Array())
  assert.equal(await book.stamp({ ...need, difficulty: 0 }), new Uint8Array())
  assert.equal([searches.length, told.length], [0, 0])
})

test('takes the stamp of an envelope that another device wrote, when it is good', async () => {
  const { book, searches } = fixture({ held: async () => good })
  assert.equal(await book.known(need), good)
  assert.equal(await book.stamp(need), good)
  assert.is(searches.length, 0)
  const bad = fixture({ held: async () => elsewhere, stored: new Map([[`${need.author} ${need.community}`, elsewhere]]) })
  assert.is(await bad.book.known(need), undefined)
  void bad.book.stamp(need).catch(() => {})
  await settled()
  assert.is(bad.searches.length, 1)
  bad.book.close()
})

test('the search ends when the last one gives up, not before', async () => {
  const { book, searches } = fixture()
  const [one, two] = [new AbortController(), new AbortController()]
  const asked = [one, two].map(async ({ signal }) => await failure(book.stamp(need, { signal })))
  await settled()
  one.abort(new Error('one'))
  assert.is((await asked[0])?.message, 'one')
  assert.is(searches[0]?.signal.aborted, false)
  two.abort(new Error('two'))
  assert.is((await asked[1])?.message, 'two')
  assert.is(searches[0]?.signal.aborted, true)
  void book.stamp(need).catch(() => {})
  await settled()
  assert.is(searches.length, 2)
  book.close()
})

test('nobody waits for a background search until somebody does', async () => {
  const { book, searches } = fixture()
  const early = book.stamp(need, { background: true })
  await settled()
  assert.is(searches[0]?.hurry.aborted, false)
  const write = book.stamp(need)
  assert.is(searches[0]?.hurry.aborted, true)
  searches[0]?.found(good)
  assert.equal(await write, good)
  assert.equal(await early, good)
  assert.is(searches.length, 1)
})

test('leaving ends the searches of that community, close ends all', async () => {
  const { book, searches } = fixture()
  const other = { ...need, community: 'c1'.repeat(32) as CommunityAddress }
  const [left, stays] = [failure(book.stamp(need)), failure(book.stamp(other))]
  await settled()
  book.forget(need.community)
  assert.is((await left).code, 'NOT_JOINED')
  assert.equal(searches.map(({ signal }) => signal.aborted), [true, false])
  book.close()
  book.close()
  assert.is((await stays).code, 'CLOSED')
  assert.is((await failure(book.stamp(need))).code, 'CLOSED')
})

test('a finder\'s word is checked', async () => {
  const { book, searches, stored } = fixture()
  const asked = failure(book.stamp(need))
  await settled()
  searches[0]?.found(elsewhere)
  assert.match((await asked).message ?? '', /none/)
  assert.is(stored.size, 0)
})

test.run()
