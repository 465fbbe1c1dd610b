import { randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import type { CrdtIndex } from '../../src/crdt-index.ts'
import { bytesToHex } from '../../src/identity/encoding.ts'
import { createSigner } from '../../src/identity/keys.ts'
import type { CommunityAddress, ContentId } from '../../src/model.ts'

const test = suite('envelopes of a community')
const DAY_MS = 86_400_000

async function openIndex (): Promise<CrdtIndex> {
  return await createCrdtIndex({ db: new MemoryLevel() })
}

async function collect (index: CrdtIndex, community: CommunityAddress): Promise<Uint8Array[]> {
  return await Array.fromAsync(index.envelopes(community))
}

/** Some authors' posts in three months, votes on them, and a profile. */
async function populate (index: CrdtIndex): Promise<CommunityAddress> {
  const authors = Array.from({ length: 4 }, () => createSigner(randomBytes(32)))
  const founder = authors[0] ?? assert.unreachable() as never
  const { address } = await index.create({ founder, slug: 'seeds', title: 'Seeds' })
  for (const [at, author] of authors.entries()) {
    const contentId = randomBytes(20).toString('hex') as ContentId
    await index.writer(author).post({ community: address, contentId, length: 100, title: `post ${at}`, createdMs: Date.now() - at * 40 * DAY_MS })
    const [item] = index.find(contentId)
    assert.ok(item)
    for (const voter of authors) if (voter !== author) await index.writer(voter).vote({ community: address, period: item.period, item: item.item, value: 1 })
  }
  return address
}

test('what one index gives, another takes in any order and in parts, and gives again in the same order', async () => {
  await using index = await openIndex()
  const community = await populate(index)
  const genesis = index.genesis(community)
  const envelopes = await collect(index, community)
  assert.ok(envelopes.length > 10)
  await fc.assert(fc.asyncProperty(fc.shuffledSubarray(envelopes, { minLength: envelopes.length }), fc.integer({ min: 1, max: 7 }), async (shuffled, batch) => {
    await using other = await openIndex()
    await other.join(community, genesis)
    for (let at = 0; at < shuffled.length; at += batch) {
      for (const { verdict } of await other.ingest(community, shuffled.slice(at, at + batch))) assert.is(verdict, 'accept')
    }
    assert.is(other.status(community).digest, index.status(community).digest)
    assert.equal((await collect(other, community)).map(bytesToHex), envelopes.map(bytesToHex))
  }), { numRuns: 15 })
})

test('the definition comes first, then the newest month', async () => {
  await using index = await openIndex()
  const community = await populate(index)
  const [first] = await collect(index, community)
  await using other = await openIndex()
  await other.join(community, index.genesis(community))
  assert.ok(first)
  await other.ingest(community, [first])
  assert.equal(other.status(community).shards.map(({ period }) => period), [0])
  const periods = index.status(community).shards.map(({ period }) => period)
  assert.equal(periods, [0, ...periods.slice(1).sort((a, b) => b - a)])
})

test('what a peer could not get in does not get in this way either', async () => {
  await using index = await openIndex()
  const community = await populate(index)
  const [envelope] = await collect(index, community)
  assert.ok(envelope)
  await using other = await openIndex()
  await other.join(community, index.genesis(community))
  const forged = Uint8Array.from(envelope)
  forged[5] = (forged[5] ?? 0) ^ 1
  const verdicts = await other.ingest(community, [forged, new Uint8Array(10), envelope, envelope])
  assert.equal(verdicts.map(({ verdict }) => verdict), ['reject', 'reject', 'accept', 'ignore'])
  assert.is(other.status(community).shards.length, 1)
})

test('a community that is not joined has none and takes none', async () => {
  await using index = await openIndex()
  const community = 'ab'.repeat(32) as CommunityAddress
  const codes = await Promise.all([index.ingest(community, []), Array.fromAsync((async function * () { yield * index.envelopes(community) })())].map(async call => await call.then(() => null, (error: unknown) => (error as { code?: string }).code)))
  assert.equal(codes, ['NOT_JOINED', 'NOT_JOINED'])
})

test.run()
