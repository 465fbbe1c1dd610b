// Sessions between sides that keep different months, or a month for some authors only.
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { EVERYTHING, type Keeping } from '../../src/keeping/keeping.ts'
import { AUTHOR_PREFIX_BYTES } from '../../src/keeping/local-authors.ts'
import type { Channel, CommunityAddress } from '../../src/model.ts'
import { createClaims } from '../../src/sync/claims.ts'
import { createExplained, type Explained } from '../../src/sync/explained.ts'
import { decodeFrame, type Frame } from '../../src/sync/frames.ts'
import { createItemSet } from '../../src/sync/item-set.ts'
import { createItemSetCache } from '../../src/sync/item-set-cache.ts'
import { createChannelPair } from '../../src/sync/memory-channel.ts'
import { createReconciliation } from '../../src/sync/reconcile.ts'
import { realScheduler } from '../../src/sync/scheduler.ts'
import { initiateSession, respondSession, type SessionOptions, type SessionResult } from '../../src/sync/session.ts'
import { spansOf } from '../../src/sync/within.ts'
import { communityOf, createMemoryReplica, envelopeOf, format, genesisOf, type MemoryReplica } from './memory-replica.ts'

const test = suite('sessions about a part')
const community = communityOf('c')
const RUNS = Number(process.env['SEEDBED_TEST_RUNS'] ?? 100)

const prefixOf = (author: number): Uint8Array => {
  const prefix = new Uint8Array(AUTHOR_PREFIX_BYTES)
  new DataView(prefix.buffer).setUint32(0, author)
  return prefix
}
const authorOf = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)

function keepingOf ({ since = 0, local = [], without = [] }: { since?: number, local?: readonly number[], without?: readonly number[] }): Keeping {
  return {
    ...EVERYTHING,
    keepsPeriod: (_community, period) => period === 0 || period >= since,
    sinceOf: () => since,
    localPrefixes: () => [...local].sort((a, b) => a - b).map(prefixOf),
    keepsPrefix: (_community, prefix) => !without.includes(authorOf(prefix)),
    leavesOut: () => without.length > 0
  }
}

interface Side { readonly replica: MemoryReplica & { keeping: Keeping }, readonly explained: Explained }
function sideOf (keeping: Keeping, ...envelopes: Uint8Array[]): Side {
  const replica = createMemoryReplica()
  replica.join(community, genesisOf('c'))
  replica.add(community, ...envelopes)
  return { replica: Object.assign(replica, { keeping }), explained: createExplained(() => 0) }
}

async function sync (a: Side, b: Side): Promise<{ near: SessionResult, far: SessionResult, bytes: number, opened: number[] }> {
  const [near, far] = createChannelPair(deliver => { queueMicrotask(deliver) }, () => {})
  let bytes = 0
  const opened: number[] = []
  const counted = (channel: Channel): Channel => ({
    read: async options => await channel.read(options),
    async write (frame, options) {
      bytes += frame.length
      const decoded = frame.length < 400_000 ? decodeFrame(frame) : null
      if (decoded?.type === 'open') opened.push(decoded.period)
      await channel.write(frame, options)
    },
    close: async () => { await channel.close() },
    abort: reason => { channel.abort(reason) }
  })
  const optionsOf = ({ replica, explained }: Side, channel: Channel): SessionOptions & { community: CommunityAddress } => ({
    community, channel: counted(channel), peer: 'the other', replica, explained, itemSets: createItemSetCache(replica), claims: createClaims(), format, scheduler: realScheduler, randomBytes: (length: number) => new Uint8Array(length).fill(9)
  })
  const answer = async (): Promise<SessionResult> => {
    const hello = decodeFrame(await far.read({ maxBytes: 1000 }) as Uint8Array) as Frame & { type: 'hello' }
    return await respondSession({ ...optionsOf(b, far), hello })
  }
  const [one, other] = await Promise.all([initiateSession(optionsOf(a, near)), answer()])
  return { near: one, far: other, bytes, opened }
}

const authorsIn = ({ replica }: Side, period: number): number[] => [...new Set([...replica.items(community, period)].map(authorOf))].sort((a, b) => a - b)

test('reconciling some authors alone names what is theirs and nothing else', () => {
  const itemOf = (n: number): Uint8Array => {
    const item = new Uint8Array(40) // no sum of some is that of others, as of hashes
    new DataView(item.buffer).setUint32(0, [1, 2, 3, 0xffffffff][n % 4]!)
    for (let word = 0; word < 8; word++) new DataView(item.buffer).setUint32(8 + word * 4, Math.imul(n * 8 + word + 1, 0x9e3779b1) ^ (n * n << word))
    return item
  }
  const numbers = fc.uniqueArray(fc.nat(4000), { maxLength: 600, size: 'max' })
  const prefixes = fc.subarray([1, 2, 3, 0xffffffff])
  fc.assert(fc.property(numbers, numbers, prefixes, fc.option(prefixes, { nil: undefined }), fc.boolean(), fc.constantFrom(undefined, 2048), (as, bs, near, far, isFarFirst, maxMessageBytes) => {
    const option = (wanted: number[] | undefined): object => wanted === undefined ? {} : { within: spansOf(wanted.map(author => { const prefix = prefixOf(author); if (author === 0xffffffff) prefix.fill(0xff, 0, 4); return prefix })) }
    const limit = maxMessageBytes === undefined ? {} : { maxMessageBytes }
    const sides = [
      { side: createReconciliation({ set: createItemSet(as.map(itemOf)), ...limit, ...option(near) }), have: new Set<string>(), need: new Set<string>() },
      { side: createReconciliation({ set: createItemSet(bs.map(itemOf)), ...limit, ...option(far) }), have: new Set<string>(), need: new Set<string>() }
    ]
    if (isFarFirst) sides.reverse()
    let message: Uint8Array | null = sides[0]!.side.start()
    let messages = 0
    for (let turn = 1; message !== null; turn = 1 - turn) {
      assert.ok(++messages < 100, 'it comes to an end')
      const one = sides[turn]!
      const step = one.side.receive(message)
      for (const item of step.have) one.have.add(Buffer.from(item).toString('hex'))
      for (const item of step.need) one.need.add(Buffer.from(item).toString('hex'))
      message = step.reply
    }
    if (isFarFirst) sides.reverse()
    const spoken = (n: number): boolean => [near, far ?? [1, 2, 3, 0xffffffff]].every(wanted => wanted.includes([1, 2, 3, 0xffffffff][n % 4]!))
    const lacking = (from: number[], other: number[]): string[] => from.filter(n => spoken(n) && !other.includes(n)).map(n => Buffer.from(itemOf(n)).toString('hex')).sort()
    assert.equal([...sides[0]!.need].sort(), lacking(bs, as), 'near needs')
    assert.equal([...sides[1]!.need].sort(), lacking(as, bs), 'far needs')
  }), { numRuns: RUNS })
})

test('of a month that one side keeps for its own authors only, theirs go both ways and nothing else', async () => {
  const month = 202601
  const universe = Array.from({ length: 200 }, (_, n) => envelopeOf({ author: 1 + n % 5, period: month }))
  await fc.assert(fc.asyncProperty(fc.subarray(universe), fc.subarray(universe), fc.subarray([1, 2, 3, 4, 5], { minLength: 1 }), fc.boolean(), async (as, bs, local, isFirst) => {
    const whole = sideOf(EVERYTHING, ...as)
    const part = sideOf(keepingOf({ since: 202602, local }), ...bs.filter(envelope => local.includes(authorOf(envelope))))
    const before = part.replica.count(community)
    const { near, far } = await (isFirst ? sync(part, whole) : sync(whole, part))
    assert.equal([near.status, far.status], ['done', 'done'])
    assert.ok(authorsIn(part, month).every(author => local.includes(author)))
    const both = new Set([...as, ...bs].filter(envelope => local.includes(authorOf(envelope))))
    assert.is(part.replica.count(community), before === 0 ? 0 : both.size, 'a month of which nothing is here is not gone into')
    assert.is(whole.replica.count(community), new Set([...as, ...bs.filter(envelope => local.includes(authorOf(envelope)))]).size)
  }), { numRuns: RUNS })
})

test('months that one side does not keep are not gone into, and nobody withholds them', async () => {
  const envelopes = [202601, 202602, 202603].flatMap(period => Array.from({ length: 50 }, (_, n) => envelopeOf({ author: n, period })))
  for (const turned of [false, true]) {
    const whole = sideOf(EVERYTHING, ...envelopes)
    const recent = sideOf(keepingOf({ since: 202603 }))
    const { near, far, opened } = await (turned ? sync(whole, recent) : sync(recent, whole))
    assert.equal(opened, [202603])
    const shardsOf = (result: SessionResult): unknown[] => result.shards.filter(({ equal }) => !equal).sort((a, b) => a.period - b.period).map(({ period, missing, partial, elsewhere }) => [period, missing, partial, elsewhere ?? 0])
    assert.equal(shardsOf(turned ? near : far), [[202601, 0, true, 0], [202602, 0, true, 0]])
    assert.equal(shardsOf(turned ? far : near), [[202601, 0, true, 50], [202602, 0, true, 50]])
    assert.is(recent.replica.count(community), 50)
  }
})

test('a responder that is asked to open what it does not keep settles at once', async () => {
  const asker = sideOf(EVERYTHING, ...Array.from({ length: 50 }, (_, n) => envelopeOf({ author: n, period: 202601 })))
  const recent = sideOf(keepingOf({ since: 202603 }))
  const all = recent.replica.keeping.sinceOf
  recent.replica.keeping.sinceOf = () => 0 // says what is not so
  const { near, far, opened } = await sync(asker, recent)
  recent.replica.keeping.sinceOf = all
  assert.equal([near.status, far.status, opened, recent.replica.count(community), near.sent], ['done', 'done', [202601], 0, 0])
})

test('authors that are left out are not asked for, and the rest is', async () => {
  const whole = sideOf(EVERYTHING, ...Array.from({ length: 100 }, (_, n) => envelopeOf({ author: n % 10, period: 202601 })))
  const cut = sideOf(keepingOf({ without: [3, 4] }))
  const { near, far } = await sync(cut, whole)
  assert.equal([near.status, far.status, near.received, far.sent], ['done', 'done', 80, 80])
  assert.equal(authorsIn(cut, 202601), [0, 1, 2, 5, 6, 7, 8, 9])
  assert.equal(near.shards, [{ period: 202601, equal: false, missing: 0, partial: true, settled: true, given: true }])
})

test('a difference that lasts is not gone into again until a side changes', async () => {
  const whole = sideOf(EVERYTHING, ...Array.from({ length: 2000 }, (_, n) => envelopeOf({ author: n % 10, period: 202601 })))
  const cut = sideOf(keepingOf({ without: [3, 4] }))
  for (const [one, other] of [[cut, whole], [whole, cut]] as const) {
    const first = await sync(one, other)
    const second = await sync(one, other)
    const third = await sync(other, one)
    if (one === cut) assert.ok(first.bytes > 1000, 'the first time there is something to say')
    for (const { opened, bytes, near, far } of [second, third]) {
      assert.equal(opened, [])
      assert.ok(bytes < 500, `${bytes} bytes`)
      assert.equal([near, far].map(({ status, shards }) => [status, shards.map(({ missing, partial }) => [missing, partial])]), [['done', [[0, true]]], ['done', [[0, true]]]])
    }
    whole.replica.add(community, envelopeOf({ author: 7, period: 202601 }))
    const after = await sync(one, other)
    assert.equal([[...new Set(after.opened)], cut.replica.count(community)], [[202601], whole.replica.count(community) - 400])
  }
})

test('what is kept out for now is gone into again', async () => {
  const whole = sideOf(EVERYTHING, ...Array.from({ length: 50 }, (_, n) => envelopeOf({ author: n, period: 202601 })))
  const early = sideOf(EVERYTHING)
  const { ingest } = early.replica
  early.replica.ingest = async (_community, envelopes) => envelopes.map(() => ({ verdict: 'ignore', reason: 'ahead of time' }))
  await sync(early, whole)
  early.replica.ingest = ingest
  const { opened } = await sync(early, whole)
  assert.equal([opened, early.replica.count(community)], [[202601], 50])
})

test.run()
