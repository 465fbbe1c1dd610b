// Whose body is asked for first, and how many are looked for, against a store whose peers are a table.
import { duplexPair } from 'node:stream'
import { randomBytes } from 'node:crypto'
import { createSigner, type CommunityAddress, type ContentId, type CrdtIndex, type ItemId, type ItemView, type Revision } from '@seedbed/crdt-index'
import { createMemoryBlobs, createTorrentStore, refOf, type CandidateSource, type TorrentStore } from '@seedbed/torrent-store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { serialiseBody } from '../../src/bodies/body-file.ts'
import { createBodyEvents } from '../../src/bodies/body-events.ts'
import { createDistrust } from '../../src/bodies/distrust.ts'
import { createLibrary, type BodySources, type Library } from '../../src/bodies/library.ts'
import { pause } from '../../src/bodies/pause.ts'
import { createRecentRevisions } from '../../src/bodies/recent-revisions.ts'
import { createVerdicts } from '../../src/bodies/verdicts.ts'
import { BODY_RETRY_MS, DISTRUST_MS, MAX_DISTRUSTED, MAX_RECENT_REVISIONS } from '../../src/limits.ts'
import { codeOf } from '../nodes.ts'

const test = suite('library')
const signer = createSigner(randomBytes(32))
const community = 'c'.repeat(64) as CommunityAddress
const createdMs = 1_767_225_600_000

/** A post whose listing and body agree, unless its bytes are replaced. */
function post (text: string, bytes: Uint8Array = serialiseBody({ kind: 'post', author: signer.author, community, createdMs, title: 'Post', text }, payload => signer.sign(payload))): { item: ItemView, bytes: Uint8Array } {
  const { infoHash, length } = refOf(bytes)
  const contentId = infoHash as string as ContentId
  const revision: Revision = { contentId, length, editedMs: null, title: 'Post' }
  return { bytes, item: { kind: 'post', item: `item ${contentId}` as ItemId, contentId, length, author: signer.author, community, period: 202601, createdMs, deleted: false, revision, title: 'Post' } as ItemView }
}

interface World { readonly library: Library, readonly opened: string[], readonly looked: string[] }

interface Strange {
  /** Who of the members says to have what is asked for; default: all. */
  readonly having: (peers: readonly string[]) => string[]
  /** Who of `held` is no member, but found in the open swarm after so many milliseconds. */
  readonly stranger: string
  readonly afterMs: number
}

async function withLibrary (held: ReadonlyMap<string, readonly Uint8Array[]>, revisions: Revision[], work: (world: World) => Promise<void>, strange?: Strange): Promise<void> {
  const stores = new Map<string, TorrentStore>()
  for (const [peer, bodies] of held) {
    const store = await createTorrentStore({ db: createMemoryBlobs() })
    for (const body of bodies) await store.put(body)
    stores.set(peer, store)
  }
  const opened: string[] = []
  const looked: string[] = []
  await using torrents = await createTorrentStore({ db: createMemoryBlobs() })
  const watched: TorrentStore = Object.assign(Object.create(torrents) as TorrentStore, {
    get: async (infoHash: never) => {
      looked.push(infoHash)
      return await torrents.get(infoHash)
    },
    fetch: async (...args: Parameters<TorrentStore['fetch']>) => await torrents.fetch(...args),
    fetchMany: (...args: Parameters<TorrentStore['fetchMany']>) => torrents.fetchMany(...args),
    put: async (body: Uint8Array) => await torrents.put(body)
  })
  const index = { find: () => [], findRevision: () => [], revisions: () => revisions, item: () => undefined, on: () => () => {} } as unknown as CrdtIndex
  const candidate: BodySources['candidate'] = id => ({
    id,
    async open () {
      opened.push(id)
      const [near, far] = duplexPair()
      stores.get(id)?.serve(far)
      return near
    }
  })
  const swarm: CandidateSource | null = strange === undefined ? null : {
    async find (_ref, { found, signal }) {
      await pause(strange.afterMs, signal)
      if (!signal.aborted) found(candidate(strange.stranger))
    }
  }
  const library = createLibrary({
    torrents: watched, index, swarm, events: createBodyEvents(), distrust: createDistrust(),
    verdicts: createVerdicts({ torrents, index }), recent: createRecentRevisions(index),
    sources: {
      peers: () => [...held.keys()].filter(peer => peer !== strange?.stranger),
      ask: async (_topic, peers, ids) => new Map(ids.map(id => [id, strange?.having(peers) ?? [...peers]])),
      teller: () => undefined,
      candidate
    }
  })
  try {
    await work({ library, opened, looked })
  } finally {
    for (const store of stores.values()) await store.close()
  }
}

test('a peer that gave what no author can have signed is asked last from then on', async () => {
  const lie = post('', new TextEncoder().encode('no body file\n'))
  const posts = Array.from({ length: 8 }, (_, i) => post(`Text ${i}`))
  const all = posts.map(({ bytes }) => bytes)
  await withLibrary(new Map([['liar', [lie.bytes, ...all]], ['honest', all]]), [], async ({ library, opened }) => {
    assert.is(await codeOf(library.read(lie.item, { timeoutMs: 5000 })), 'BODY_MISMATCH')
    opened.length = 0
    for (const { item } of posts) await library.read(item, { timeoutMs: 5000 })
    assert.is(opened[0], 'honest')
    assert.is(opened.filter(peer => peer === 'honest').length, posts.length, 'asked for each one')
  })
})

test('a peer is blamed for a while, and only so many peers are', () => {
  let nowMs = 0
  const distrust = createDistrust(() => nowMs)
  distrust.blameFaults([{ id: 'wrong bytes', reason: 'BAD_BYTES' }, { id: 'absent', reason: 'ABSENT' }])
  distrust.blame('a')
  assert.equal(distrust.order(['a', 'wrong bytes', 'absent', 'b']), ['absent', 'b', 'a', 'wrong bytes'])
  nowMs = DISTRUST_MS
  assert.equal(distrust.order(['a', 'b']), ['a', 'b'])
  for (let i = 0; i <= MAX_DISTRUSTED; i++) distrust.blame(`peer ${i}`)
  assert.equal([distrust.isDistrusted('peer 0'), distrust.isDistrusted('peer 1')], [false, true])
})

test('bodies of the newest revisions and the first are looked for, however many are listed', async () => {
  const { item, bytes } = post('First')
  const edits: Revision[] = Array.from({ length: 1000 }, (_, n) => ({ contentId: (n + 1).toString(16).padStart(40, '0') as ContentId, length: 100, editedMs: createdMs + n + 1, title: 'Post' }))
  const listed = { ...item, revision: edits.at(-1) } as ItemView
  await withLibrary(new Map([['peer', [bytes]]]), [item.revision, ...edits], async ({ library, looked }) => {
    assert.equal(await library.localMany([listed]), [null])
    assert.is(looked.length, MAX_RECENT_REVISIONS + 1)
    assert.is((await library.read(listed, { timeoutMs: 10_000 })).revision.contentId, item.contentId)
  })
})

test('what the caller looked for a moment ago is not looked for again', async () => {
  const posts = Array.from({ length: 3 }, (_, i) => post(`Text ${i}`))
  await withLibrary(new Map([['peer', posts.map(({ bytes }) => bytes)]]), [], async ({ library, looked }) => {
    const items = posts.map(({ item }) => item)
    const here = await library.localMany(items)
    looked.length = 0
    const found = await library.readMany(items, { timeoutMs: 5000, here })
    assert.equal(found.map(each => each?.body.fields.text), ['Text 0', 'Text 1', 'Text 2'])
    assert.equal(looked, [])
    assert.equal(await library.readMany(items, { timeoutMs: 5000, here: found }), found, 'and what it found is taken for found')
  })
})

test('a member that says now and then to have what it does not give ends no search of the open swarm', async () => {
  const { item, bytes } = post('Rare')
  let asked = 0
  await withLibrary(new Map([['liar', []], ['stranger', [bytes]]]), [], async ({ library }) => {
    assert.is((await library.read(item, { timeoutMs: 60_000 })).servedBy, 'stranger')
  }, { having: peers => asked++ % 2 === 0 ? [] : [...peers], stranger: 'stranger', afterMs: 2 * BODY_RETRY_MS })
})

test.run()
