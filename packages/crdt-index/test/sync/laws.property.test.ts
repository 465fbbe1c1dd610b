// What section 8 of the specification promises of two that give each other what they hold: whatever an author signed for one
// document, sessions end with equal sets. Bounds are small here, so that all of them are met.
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isCoveredBy, reduce, type EnvelopeMeta } from '../../src/documents/reduce.ts'
import { bytesToHex, compareBytes, concatBytes, hexToBytes } from '../../src/identity/encoding.ts'
import { AUTHOR_PREFIX_BYTES } from '../../src/keeping/local-authors.ts'
import { COVERED, EnvelopeKind, type EnvelopeHash, type Replica } from '../../src/model.ts'
import { createClaims } from '../../src/sync/claims.ts'
import type { EnvelopeFormat } from '../../src/sync/envelope-format.ts'
import { decodeFrame, type Frame } from '../../src/sync/frames.ts'
import { itemOf } from '../../src/sync/item.ts'
import { createItemSet } from '../../src/sync/item-set.ts'
import { createItemSetCache } from '../../src/sync/item-set-cache.ts'
import { createChannelPair } from '../../src/sync/memory-channel.ts'
import { realScheduler } from '../../src/sync/scheduler.ts'
import { initiateSession, respondSession, type SessionOptions } from '../../src/sync/session.ts'
import { communityOf, genesisOf, sha256 } from './memory-replica.ts'

const test = suite('laws of sessions')
const RUNS = Number(process.env['SEEDBED_TEST_RUNS'] ?? 300)
const community = communityOf('c')
const PERIOD = 202601
const AUTHOR = new Uint8Array(32).fill(7)
const BOUNDS = { devices: 2, deltasPerDevice: 2, snapshotsPerDevice: 1, bytes: 40 }
const MAX_ROUNDS = 6

type Signed = readonly [device: number, seq: number, length: number, seen?: ReadonlyArray<readonly [device: number, seq: number]>]
interface Envelope extends EnvelopeMeta { readonly bytes: Uint8Array, readonly item: Uint8Array }

function envelopeOf (signed: Signed): Envelope {
  const [device, seq, updateLength, seen] = signed
  const bytes = new TextEncoder().encode(JSON.stringify(signed))
  const kind = seen === undefined ? EnvelopeKind.delta : EnvelopeKind.snapshot
  return { device, seq, kind, seen: new Map(seen), updateLength, bytes, hash: bytesToHex(sha256(bytes)) as EnvelopeHash, item: itemOf(AUTHOR, kind, sha256(bytes)) }
}
const parse = (bytes: Uint8Array): Envelope => envelopeOf(JSON.parse(new TextDecoder().decode(bytes)) as Signed)
const format: Pick<EnvelopeFormat, 'place'> = { place: bytes => ({ period: PERIOD, item: parse(bytes).item, part: 0 }) }

class Holder implements Replica {
  held: readonly Envelope[] = []
  communities = (): [typeof community] => [community]
  genesis = (): Uint8Array => genesisOf('c')
  acceptGenesis = async (): Promise<{ verdict: 'accept' }> => ({ verdict: 'accept' })
  shards: Replica['shards'] = () => this.held.length === 0 ? [] : [{ period: PERIOD, count: this.held.length, digest: sha256(concatBytes(...this.held.map(({ hash }) => hexToBytes(hash)).sort(compareBytes))) }]
  items: Replica['items'] = () => createItemSet(this.held.map(({ item }) => item))
  covers: Replica['covers'] = () => {
    const [highest] = this.held
    return highest?.kind === EnvelopeKind.snapshot ? [{ author: AUTHOR.subarray(0, AUTHOR_PREFIX_BYTES), part: 0, seen: highest.seen }] : []
  }

  read: Replica['read'] = async (_community, _period, hashes, [cover] = []) => hashes.map(hash => {
    const envelope = this.held.find(held => held.hash === bytesToHex(hash))
    return envelope !== undefined && cover !== undefined && isCoveredBy(envelope, cover.seen) ? COVERED : envelope?.bytes
  })

  ingest: Replica['ingest'] = async (_community, envelopes) => {
    const fresh = envelopes.map(parse)
    const before = new Set(this.held.map(({ hash }) => hash))
    const held = reduce([...this.held, ...fresh], BOUNDS)
    if (held.some(({ hash }) => !before.has(hash))) this.held = held
    return fresh.map(({ hash }) => this.held.some(held => held.hash === hash) ? { verdict: 'accept' } : { verdict: 'ignore', reason: 'covered' })
  }

  async hold (signed: readonly Signed[]): Promise<this> {
    await this.ingest(community, signed.map(each => envelopeOf(each).bytes), '')
    return this
  }

  get hashes (): string[] { return this.held.map(({ hash }) => hash).sort() }
}

async function meet (a: Holder, b: Holder): Promise<void> {
  const [near, far] = createChannelPair(deliver => { queueMicrotask(deliver) }, () => {})
  const optionsOf = (replica: Holder): Omit<SessionOptions, 'channel'> & { community: typeof community } => ({
    community, peer: 'the other', replica, itemSets: createItemSetCache(replica), claims: createClaims(), format, scheduler: realScheduler, randomBytes: length => new Uint8Array(length).fill(9)
  })
  const answer = async (): Promise<void> => {
    const hello = decodeFrame(await far.read({ maxBytes: 1000 }) as Uint8Array) as Frame & { type: 'hello' }
    const { status, fault, error } = await respondSession({ ...optionsOf(b), channel: far, hello })
    assert.equal([status, fault, error], ['done', undefined, undefined])
  }
  const [{ status }] = await Promise.all([initiateSession({ ...optionsOf(a), channel: near }), answer()])
  assert.is(status, 'done')
}

async function agree (...holders: readonly Holder[]): Promise<void> {
  for (let round = 0; holders.some(({ hashes }) => hashes.join() !== holders[0]?.hashes.join()); round++) {
    assert.ok(round < MAX_ROUNDS, `they never agree: ${holders.map(({ held }) => held.map(({ bytes }) => new TextDecoder().decode(bytes)).join(' ')).join(' | ')}`)
    for (const a of holders) for (const b of holders) if (a !== b) await meet(a, b)
  }
}

// Of each two, none takes anything of the other one's by itself, and one takes all of it together.
const ALL_OR_NOTHING: ReadonlyArray<readonly [readonly Signed[], readonly Signed[]]> = [
  [[[2, 3, 21, [[2, 3]]], [1, 2, 8]], [[3, 2, 20, [[3, 2], [1, 3]]], [3, 3, 19]]],
  [[[3, 2, 24, [[3, 2], [2, 4]]]], [[2, 4, 3, [[2, 4], [1, 1]]], [1, 3, 23]]],
  [[[3, 1, 23, [[3, 1], [1, 4]]]], [[1, 3, 16, [[1, 3], [2, 1]]], [2, 2, 20]]]
]

test('what counts only all together comes together', async () => {
  for (const [mine, theirs] of ALL_OR_NOTHING) {
    await agree(await new Holder().hold(mine), await new Holder().hold(theirs))
    await agree(await new Holder().hold(theirs), await new Holder().hold(mine))
  }
})

test('whatever an author signed, and in whatever order it came, sessions end with equal sets', async () => {
  const number = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max })
  const signed: fc.Arbitrary<Signed> = fc.tuple(number(3), number(4), number(25), fc.option(fc.option(fc.tuple(number(3), number(4)), { nil: undefined }), { nil: undefined }), fc.boolean())
    .map(([device, seq, length, other, isDelta]) => isDelta ? [device, seq, length] : [device, seq, length, [[device, seq], ...other === undefined || other[0] === device ? [] : [other]]])
  const deliveries = fc.array(fc.array(fc.nat(11), { maxLength: 5 }), { maxLength: 3 })
  await fc.assert(fc.asyncProperty(fc.array(signed, { minLength: 2, maxLength: 12 }), fc.array(deliveries, { minLength: 2, maxLength: 3 }), async (pool, delivered) => {
    const holders = await Promise.all(delivered.map(async batches => {
      const holder = new Holder()
      for (const batch of batches) await holder.hold(batch.map(n => pool[n % pool.length]!))
      return holder
    }))
    await agree(...holders)
  }), { numRuns: RUNS })
})

test.run()
