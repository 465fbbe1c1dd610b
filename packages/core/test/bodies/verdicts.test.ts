// Whose a content is, when several authors list it: the signed header decides, here and for what is kept and served.
import { randomBytes } from 'node:crypto'
import { createSigner, type AuthorId, type CommunityAddress, type ContentId, type CrdtIndex, type ItemId, type ItemView, type Signer } from '@seedbed/crdt-index'
import { createMemoryBlobs, createTorrentStore, type TorrentStore } from '@seedbed/torrent-store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { serialiseBody } from '../../src/bodies/body-file.ts'
import { createVerdicts, type Verdicts } from '../../src/bodies/verdicts.ts'
import { MAX_VERDICTS } from '../../src/limits.ts'
import { createPins } from '../../src/retention/pins.ts'

const test = suite('verdicts')
const victim = createSigner(randomBytes(32))
const evil = createSigner(randomBytes(32))
const community = 'c'.repeat(64) as CommunityAddress
const createdMs = 1_767_225_600_000

function listing (author: AuthorId, contentId: ContentId, more: Partial<ItemView> = {}): ItemView {
  return { kind: 'post', item: `${author} ${contentId}` as ItemId, contentId, author, community, period: 202601, createdMs, deleted: false, revision: { contentId, length: 1, editedMs: null, title: 'Post' }, ...more } as ItemView
}

const bodyOf = (signer: Signer, revises?: ContentId): Uint8Array => serialiseBody(
  { kind: 'post', author: signer.author, community, createdMs, title: 'Post', text: 'Text.', ...(revises === undefined ? {} : { revises }) }, payload => signer.sign(payload)
)

interface World { readonly torrents: TorrentStore, readonly listings: ItemView[], readonly reads: () => number, readonly verdicts: Verdicts, readonly index: CrdtIndex }

async function withWorld (work: (world: World) => Promise<void>): Promise<void> {
  await using torrents = await createTorrentStore({ db: createMemoryBlobs() })
  const listings: ItemView[] = []
  let reads = 0
  const index = { findRevision: () => [...listings], entry: async () => undefined } as unknown as CrdtIndex
  const verdicts = createVerdicts({
    index,
    torrents: {
      async get (infoHash) {
        reads++
        return await torrents.get(infoHash)
      }
    }
  })
  await work({ torrents, listings, reads: () => reads, verdicts, index })
}

async function put (torrents: TorrentStore, body: Uint8Array): Promise<ContentId> {
  return (await torrents.put(body)).infoHash as string as ContentId
}

test('one listing is taken at its word without a look at the disk; of several the named one counts', async () => {
  await withWorld(async ({ torrents, listings, reads, verdicts }) => {
    const id = await put(torrents, bodyOf(victim))
    const own = listing(victim.author, id)
    listings.push(own)
    assert.equal(await verdicts.rightful(id), [own])
    assert.is(reads(), 0)
    for (const lie of [
      listing(evil.author, id), listing(victim.author, id, { createdMs: createdMs - 1 }), listing(victim.author, id, { kind: 'comment' }),
      listing(victim.author, id, { community: 'd'.repeat(64) as CommunityAddress })
    ]) {
      listings.unshift(lie)
      assert.equal(await verdicts.rightful(id), [own])
      assert.equal([verdicts.isBorrowed(lie), verdicts.isBorrowed(own)], [true, false])
    }
    assert.is(reads(), 1, 'remembered')
  })
})

test('a later revision is by whom its header names, of what it revises', async () => {
  await withWorld(async ({ torrents, listings, verdicts }) => {
    const first = await put(torrents, bodyOf(victim))
    const second = await put(torrents, bodyOf(victim, first))
    const own = listing(victim.author, first)
    listings.push(listing(evil.author, second), listing(victim.author, second), own)
    assert.equal(await verdicts.rightful(second), [own])
  })
})

test('while nothing is known all listings count, and bytes that nobody signed are nobody\'s', async () => {
  await withWorld(async ({ torrents, listings, verdicts }) => {
    const missing = 'ab'.repeat(20) as ContentId
    listings.push(listing(victim.author, missing), listing(evil.author, missing))
    assert.is((await verdicts.rightful(missing)).length, 2)
    const junk = await put(torrents, new TextEncoder().encode('no body\n'))
    assert.is(await verdicts.known(junk), null)
    assert.equal(await verdicts.rightful(junk), [])
  })
})

test('what is remembered is bounded', async () => {
  await withWorld(async ({ verdicts }) => {
    const idOf = (n: number): ContentId => n.toString(16).padStart(40, '0') as ContentId
    for (let n = 0; n <= MAX_VERDICTS; n++) verdicts.note(idOf(n), null)
    assert.equal([verdicts.recall(idOf(0)), verdicts.recall(idOf(1))], [undefined, null])
  })
})

test('listing what somebody else deleted does not pin it', async () => {
  await withWorld(async ({ torrents, listings, verdicts, index }) => {
    const id = await put(torrents, bodyOf(victim))
    const pins = createPins({ index, author: evil.author, verdicts, recent: { of: item => [item.revision] } })
    listings.push(listing(evil.author, id), listing(victim.author, id, { deleted: true }))
    assert.is(await pins.reasonFor(id), null)
    const victims = createPins({ index, author: victim.author, verdicts, recent: { of: item => [item.revision] } })
    assert.is(await victims.reasonFor(id), null)
    listings[1] = listing(victim.author, id)
    assert.is(await victims.reasonFor(id), 'own')
    listings[0] = listing(evil.author, id, { deleted: true })
    assert.is(await victims.reasonFor(id), 'own', 'and nobody else can delete it')
  })
})

test.run()
