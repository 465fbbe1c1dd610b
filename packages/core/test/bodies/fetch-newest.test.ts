// Which revision of many items is fetched, against a store whose peers are a table.
import type { ContentId, Revision } from '@seedbed/crdt-index'
import { createMemoryBlobs, createTorrentStore, refOf, type FetchCandidate, type TorrentStore } from '@seedbed/torrent-store'
import { duplexPair } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fetchNewest } from '../../src/bodies/fetch-newest.ts'
import { STORE_CONCURRENCY } from '../../src/limits.ts'

const test = suite('newest revisions')
let here: TorrentStore
const peers = new Map<string, TorrentStore>()
const opened: string[] = []
test.before.each(async () => {
  here = await createTorrentStore({ db: createMemoryBlobs() })
  opened.length = 0
})
test.after.each(async () => {
  await here.close()
  for (const store of peers.values()) await store.close()
  peers.clear()
})

const candidate = (id: string): FetchCandidate => ({
  id,
  async open () {
    opened.push(id)
    const [near, far] = duplexPair()
    peers.get(id)?.serve(far)
    return near
  }
})
interface Want { readonly name: string, readonly revision: Revision }
const bytesOf = (name: string): Buffer => Buffer.from(`body of ${name}`)
const idOf = (name: string): ContentId => refOf(bytesOf(name)).infoHash as string as ContentId
const want = (name: string): Want => ({ name, revision: { contentId: idOf(name), length: bytesOf(name).length, editedMs: null, title: null } })

async function peer (id: string, names: readonly string[]): Promise<void> {
  const store = await createTorrentStore({ db: createMemoryBlobs() })
  for (const name of names) await store.put(bytesOf(name))
  peers.set(id, store)
}

/** What came of each item, when `said` says who has what and `wrong` contradicts its entry. */
async function run (items: readonly string[][], said: Readonly<Record<string, string[]>>, wrong: readonly string[] = [], signal?: AbortSignal): Promise<Array<string | null>> {
  const got: Array<string | null> = items.map(() => null)
  const stored: Array<Promise<boolean>> = []
  await fetchNewest(here, new Map(items.map((names, i) => [i, names.map(want)])), {
    holders: new Map(Object.entries(said).map(([name, ids]) => [idOf(name), ids])),
    candidate,
    check: ({ name }, bytes, from) => wrong.includes(name) ? null : `${name} from ${from}: ${Buffer.from(bytes).toString()}`,
    had (item, { name }, found) {
      assert.is(got[item], null, 'each item once')
      assert.is(found.split(' from')[0], name)
      got[item] = found
      stored.push(here.has(refOf(bytesOf(name)).infoHash))
    },
    timeoutMs: 5000,
    ...(signal === undefined ? {} : { signal })
  })
  assert.ok((await Promise.all(stored)).every(Boolean), 'stored before it is told')
  return got
}
const from = (id: string, name: string): string => `${name} from ${id}: body of ${name}`

test('the newest that somebody has, over one connection a peer', async () => {
  await peer('p', ['a2', 'b1', 'c1'])
  assert.equal(await run([['a2', 'a1'], ['b2', 'b1'], ['c1'], ['d1']], { a2: ['p'], a1: ['p'], b1: ['p'], c1: ['p'] }), [from('p', 'a2'), from('p', 'b1'), from('p', 'c1'), null])
  assert.equal(opened, ['p'])
})

test('one that is not what its entry says gives way to the one before, and is not kept', async () => {
  await peer('p', ['a3', 'a2', 'a1', 'b1'])
  assert.equal(await run([['a3', 'a2', 'a1'], ['b1']], { a3: ['p'], a2: ['p'], a1: ['p'], b1: ['p'] }, ['a3', 'a2']), [from('p', 'a1'), from('p', 'b1')])
  assert.not.ok(await here.has(refOf(bytesOf('a3')).infoHash))
})

test('one that its holder does not give after all gives way too, or comes from another', async () => {
  await peer('liar', ['x'])
  await peer('p', ['a1', 'b2'])
  assert.equal(await run([['a2', 'a1'], ['b2', 'b1']], { a2: ['liar'], a1: ['p'], b2: ['liar', 'p'], b1: ['p'] }), [from('p', 'a1'), from('p', 'b2')])
})

test('more than are written at once all come', async () => {
  const names = Array.from({ length: 2 * STORE_CONCURRENCY + 1 }, (_, i) => `n${i}`)
  await peer('p', names)
  assert.equal(await run(names.map(name => [name]), Object.fromEntries(names.map(name => [name, ['p']]))), names.map(name => from('p', name)))
})

test('bytes that several items list are fetched once and judged for each', async () => {
  await peer('p', ['shared'])
  assert.equal(await run([['shared'], ['shared']], { shared: ['p'] }), [from('p', 'shared'), from('p', 'shared')])
  assert.equal(opened, ['p'])
})

test('an abort and a failing disk are told', async () => {
  await peer('p', ['a1'])
  const reason = new Error('enough')
  await run([['a1']], { a1: ['p'] }, [], AbortSignal.abort(reason)).then(() => assert.unreachable(), (error: unknown) => { assert.is(error, reason) })
  await here.close()
  here = await createTorrentStore({ db: { ...createMemoryBlobs(), put: async () => { throw new Error('disk') } } })
  await run([['a1']], { a1: ['p'] }).then(() => assert.unreachable(), (error: unknown) => { assert.is((error as Error).message, 'disk') })
})

test.run()
