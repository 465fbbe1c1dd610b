import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encode } from '@ipld/dag-cbor'
import { MAX_FETCHED_CLAIMS, MAX_WANTED_HASHES } from '../../src/limits.ts'
import { COVERED, EnvelopeKind, type Channel, type CommunityAddress } from '../../src/model.ts'
import { hexToBytes } from '../../src/identity/encoding.ts'
import { createClaims } from '../../src/sync/claims.ts'
import { decodeFrame, encodeFrame, type Frame } from '../../src/sync/frames.ts'
import { createItemSet } from '../../src/sync/item-set.ts'
import { createItemSetCache } from '../../src/sync/item-set-cache.ts'
import { createChannelPair } from '../../src/sync/memory-channel.ts'
import { createReconciliation } from '../../src/sync/reconcile.ts'
import { realScheduler } from '../../src/sync/scheduler.ts'
import { initiateSession, respondSession, type SessionOptions, type SessionResult } from '../../src/sync/session.ts'
import { communityOf, createMemoryReplica, envelopeOf, format, genesisOf, type MemoryReplica } from './memory-replica.ts'

const test = suite('sync session')
const community = communityOf('c')

function replicaOf (...envelopes: Uint8Array[]): MemoryReplica {
  const replica = createMemoryReplica()
  replica.join(community, genesisOf('c'))
  replica.add(community, ...envelopes)
  return replica
}
function pair (): [Channel, Channel] {
  return createChannelPair(deliver => { queueMicrotask(deliver) }, () => {})
}
function optionsOf (replica: MemoryReplica, channel: Channel, peer: string): SessionOptions & { community: CommunityAddress } {
  return { community, channel, peer, replica, itemSets: createItemSetCache(replica), claims: createClaims(), format, scheduler: realScheduler, randomBytes: length => new Uint8Array(length).fill(9) }
}
async function sync (a: MemoryReplica, b: MemoryReplica): Promise<[SessionResult, SessionResult]> {
  const [near, far] = pair()
  return await Promise.all([initiateSession(optionsOf(a, near, 'b')), answer(b, far)])
}
async function answer (replica: MemoryReplica, channel: Channel): Promise<SessionResult> {
  const hello = decodeFrame(await channel.read({ maxBytes: 1000 }) as Uint8Array) as Frame & { type: 'hello' }
  return await respondSession({ ...optionsOf(replica, channel, 'a'), hello })
}
/** The initiator of a session against a script that plays the responder. */
async function against (replica: MemoryReplica, script: (send: (frame: Frame) => Promise<void>, receive: () => Promise<Frame>, channel: Channel) => Promise<void>): Promise<SessionResult> {
  const [near, far] = pair()
  const session = initiateSession(optionsOf(replica, near, 'b'))
  await script(async frame => { await far.write(encodeFrame(frame)) }, async () => decodeFrame(await far.read({ maxBytes: 2 ** 20 }) as Uint8Array), far).catch(() => {})
  return await session
}

test('two peers with any two sets end with the union and equal digests', async () => {
  const universe = Array.from({ length: 300 }, (_, n) => envelopeOf({ author: n % 7, period: [0, 202511, 202512, 202601][n % 4] ?? 0, length: 60 + n, kind: n % 3 === 0 ? EnvelopeKind.snapshot : EnvelopeKind.delta }))
  await fc.assert(fc.asyncProperty(fc.subarray(universe), fc.subarray(universe), async (as, bs) => {
    const [a, b] = [replicaOf(...as), replicaOf(...bs)]
    const [left, right] = await sync(a, b)
    assert.is(left.status, 'done', left.fault ?? left.error)
    assert.is(right.status, 'done', right.fault ?? right.error)
    assert.equal(a.digests(community), b.digests(community))
    assert.is(a.count(community), new Set([...as, ...bs]).size)
    assert.is(left.received, bs.filter(envelope => !as.includes(envelope)).length)
    assert.is(right.received, as.filter(envelope => !bs.includes(envelope)).length)
    assert.is(left.sent, right.received)
    assert.ok([...left.shards, ...right.shards].every(({ equal }) => equal))
  }), { numRuns: 25 })
})

test('a newcomer without the genesis gets it with everything, `meta` first and the newest month next', async () => {
  const full = replicaOf(...Array.from({ length: 900 }, (_, n) => envelopeOf({ author: n % 5, period: [202511, 0, 202601][n % 3] ?? 0, length: 2000 })))
  for (const newcomerBegins of [true, false]) {
    const newcomer = createMemoryReplica()
    newcomer.join(community)
    const periods: number[] = []
    const ingest = newcomer.ingest.bind(newcomer)
    newcomer.ingest = async (community, envelopes, from) => {
      for (const { buffer, byteOffset } of envelopes.slice(0, 1)) {
        const period = new DataView(buffer, byteOffset).getUint32(8)
        if (periods.at(-1) !== period) periods.push(period)
      }
      return await ingest(community, envelopes, from)
    }
    const [first] = newcomerBegins ? await sync(newcomer, full) : await sync(full, newcomer)
    assert.is(first.status, 'done', first.fault ?? first.error)
    assert.equal(newcomer.genesis(community), genesisOf('c'))
    assert.equal(newcomer.digests(community), full.digests(community))
    assert.equal(periods, [0, 202601, 202511])
  }
})

test('peers that both lack the genesis learn nothing, and a wrong genesis is a fault', async () => {
  const [a, b] = [createMemoryReplica(), createMemoryReplica()]
  a.join(community)
  b.join(community)
  assert.equal((await sync(a, b)).map(({ status }) => status), ['unknown', 'unknown'])
  const result = await against(a, async (send, receive) => {
    await receive()
    await send({ type: 'welcome', genesis: genesisOf('another'), hasGenesis: true })
  })
  assert.is(result.status, 'failed')
  assert.match(result.fault ?? '', /wrong genesis/)
})

test('an invalid envelope ends the session with a fault and is counted', async () => {
  const bad = replicaOf(envelopeOf({ invalid: true }))
  const [left] = await sync(replicaOf(envelopeOf()), bad)
  assert.is(left.status, 'failed')
  assert.is(left.rejected, 1)
  assert.match(left.fault ?? '', /invalid envelope/)
})

test('what a replica keeps out explains a difference: no second round', async () => {
  const a = replicaOf()
  a.refuse = () => true
  const b = replicaOf(envelopeOf(), envelopeOf())
  const [left, right] = await sync(a, b)
  assert.is(left.status, 'done')
  assert.is(left.ignored, 2)
  assert.equal(left.shards, [{ period: 202601, equal: false, missing: 0 }])
  assert.equal(right.shards, left.shards)
  assert.is(a.batches.length, 1)
})

test('digests that differ for no known reason are reconciled once more under a salt', async () => {
  const replica = replicaOf(...Array.from({ length: 50 }, () => envelopeOf()))
  const salts: Array<Uint8Array | null> = []
  const result = await against(replica, async (send, receive) => {
    await receive()
    await send({ type: 'welcome', genesis: null, hasGenesis: true })
    await receive()
    await send({ type: 'shards', shards: [{ period: 202601, digest: new Uint8Array(32).fill(1), count: 50 }], since: 0, partial: [] })
    for (let frame = await receive(); frame.type !== 'bye'; frame = await receive()) {
      if (frame.type === 'digest') await send({ ...frame, digest: new Uint8Array(32).fill(1) })
      if (frame.type !== 'open') continue
      salts.push(frame.salt)
      const set = replica.items(community, 202601)
      assert.is(createReconciliation({ set, ...frame.salt === null ? {} : { salt: frame.salt } }).receive(frame.message).reply, null)
      await send({ type: 'settled' })
    }
  })
  assert.equal(salts, [null, new Uint8Array(16).fill(9)])
  assert.is(result.status, 'done')
  assert.equal(result.shards, [{ period: 202601, equal: false, missing: 0 }])
})

test('a salted repeat that is not allowed is settled at once', async () => {
  const [a, b] = [replicaOf(...Array.from({ length: 50 }, () => envelopeOf())), replicaOf()]
  const [near, far] = pair()
  const hello = decodeFrame(encodeFrame({ type: 'hello', address: hexToBytes(community), hasGenesis: true, only: null })) as Frame & { type: 'hello' }
  const answered = respondSession({ ...optionsOf(b, far, 'a'), hello, allowSalt: () => false })
  const send = async (frame: Frame): Promise<void> => { await near.write(encodeFrame(frame)) }
  const receive = async (): Promise<Frame> => decodeFrame(await near.read({ maxBytes: 2 ** 20 }) as Uint8Array)
  await receive()
  await send({ type: 'shards', shards: a.shards(community), since: 0, partial: [] })
  await receive()
  await send({ type: 'open', period: 202601, salt: new Uint8Array(16), message: createReconciliation({ set: a.items(community, 202601), salt: new Uint8Array(16) }).start() })
  assert.equal(await receive(), { type: 'settled' })
  await send({ type: 'bye' })
  assert.is((await answered).status, 'done')
  assert.is(b.count(community), 0)
})

test('two sessions at once share the work; only batches under way at the end are fetched twice', async () => {
  const envelopes = Array.from({ length: 10_000 }, () => envelopeOf())
  const [newcomer, b, c] = [replicaOf(), replicaOf(...envelopes), replicaOf(...envelopes)]
  const claims = createClaims()
  const results = await Promise.all([b, c].map(async other => {
    const [near, far] = pair()
    const [result] = await Promise.all([initiateSession({ ...optionsOf(newcomer, near, 'other'), claims }), answer(other, far)])
    return result
  }))
  assert.ok(results.every(({ status }) => status === 'done'), JSON.stringify(results))
  assert.is(newcomer.count(community), 10_000)
  const received = results.map(({ received }) => received)
  assert.ok(Math.min(...received) > 1000, received.join())
  assert.ok(received.reduce((sum, count) => sum + count, 0) <= 10_000 + 2 * 3 * MAX_WANTED_HASHES, received.join())
})

test('what the peer of another session does not deliver is fetched from this one', async () => {
  const envelopes = Array.from({ length: 600 }, () => envelopeOf())
  const [newcomer, empty, full] = [replicaOf(), replicaOf(...envelopes), replicaOf(...envelopes)]
  empty.read = async (_community, _period, hashes) => hashes.map(() => undefined)
  const claims = createClaims()
  await Promise.all([empty, full].map(async other => {
    const [near, far] = pair()
    await Promise.all([initiateSession({ ...optionsOf(newcomer, near, 'other'), claims }), answer(other, far)])
  }))
  assert.is(newcomer.count(community), 600)
})

test('another envelope than asked for is a fault, and the other sessions still fetch the one asked for', async () => {
  const wanted = envelopeOf()
  for (const wrong of [envelopeOf({ length: 300 }), new Uint8Array(3)]) {
    const [newcomer, evil, honest] = [replicaOf(), replicaOf(wanted), replicaOf(wanted)]
    evil.read = async (_community, _period, hashes) => hashes.map(() => wrong)
    const claims = createClaims()
    const witness = claims.begin(community) // keeps what is fetched remembered after the first session
    const results: SessionResult[] = []
    for (const other of [evil, honest]) {
      const [near, far] = pair()
      const [result] = await Promise.all([initiateSession({ ...optionsOf(newcomer, near, 'other'), claims }), answer(other, far)])
      results.push(result)
    }
    witness.end()
    assert.match(results[0]?.fault ?? '', /another envelope than asked for|no envelope/)
    assert.is(results[0]?.rejected, 1)
    assert.is(results[1]?.status, 'done', results[1]?.fault)
    assert.equal(newcomer.digests(community), honest.digests(community))
    assert.is(newcomer.count(community), 1)
  }
})

test('who says that something is covered which nothing here can cover commits a fault', async () => {
  const [newcomer, liar] = [replicaOf(), replicaOf(envelopeOf({ author: 1 }), envelopeOf({ author: 2 }))]
  liar.read = async (_community, _period, hashes) => hashes.map(() => COVERED)
  const [result] = await sync(newcomer, liar)
  assert.match(result.fault ?? '', /nothing here can cover/)
  newcomer.covers = (_community, _period, authors) => authors.map(author => ({ author, part: 0, seen: new Map([[1, 9]]) }))
  const [believed] = await sync(newcomer, liar)
  assert.is(believed.fault, 'sync: nothing here can cover what the peer says is covered', 'in the second pass nothing was said of snapshots')
  assert.is(believed.covered, 2)
})

test('a peer that says of everything that it is covered keeps nothing from others', async () => {
  const envelopes = Array.from({ length: 5 }, (_, author) => envelopeOf({ author, kind: EnvelopeKind.delta }))
  const [newcomer, liar, honest] = [replicaOf(), replicaOf(...envelopes), replicaOf(...envelopes)]
  newcomer.covers = (_community, _period, authors) => authors.map(author => ({ author, part: 0, seen: new Map([[1, 9]]) }))
  liar.read = async (_community, _period, hashes, covers) => hashes.map(() => (covers ?? []).length > 0 ? COVERED : undefined)
  const [told] = await sync(newcomer, liar)
  assert.equal([told.status, told.covered, told.shards[0]?.equal, newcomer.count(community)], ['done', 5, false, 0])
  const [brought] = await sync(newcomer, honest)
  assert.equal([brought.shards[0]?.equal, newcomer.count(community)], [true, 5])
})

test('an envelope of another month than the one it was named in is a fault', async () => {
  const stray = envelopeOf({ period: 202512 })
  const [newcomer, evil] = [replicaOf(), replicaOf(envelopeOf())]
  evil.items = () => createItemSet([format.place(stray)?.item ?? new Uint8Array(40)])
  evil.read = async (_community, _period, hashes) => hashes.map(() => stray)
  const [result] = await sync(newcomer, evil)
  assert.match(result.fault ?? '', /another envelope than asked for/)
  assert.is(newcomer.count(community), 0)
})

test('what a session that stalls has taken is fetched from another one meanwhile', async () => {
  const envelopes = Array.from({ length: 600 }, () => envelopeOf())
  const [newcomer, stalling, full] = [replicaOf(), replicaOf(...envelopes), replicaOf(...envelopes)]
  let asked = (): void => {}
  const stalls = new Promise<void>(resolve => { asked = resolve })
  stalling.read = async () => {
    asked()
    return await stalled.then(() => [])
  }
  const claims = createClaims()
  const [near, far] = pair()
  const controller = new AbortController()
  const stalled = initiateSession({ ...optionsOf(newcomer, near, 'stalling'), claims, signal: controller.signal })
  const answered = answer(stalling, far)
  await stalls
  const [left, right] = pair()
  const [result] = await Promise.all([initiateSession({ ...optionsOf(newcomer, left, 'full'), claims }), answer(full, right)])
  assert.is(result.status, 'done', result.fault ?? result.error)
  assert.is(newcomer.count(community), 600)
  controller.abort(new Error('enough'))
  assert.is((await stalled).error, 'enough')
  await answered
})

test('claims end with their session, and only so many fetched ones are remembered', () => {
  const claims = createClaims()
  const [a, b] = [claims.begin(community), claims.begin(community)]
  const hash = (n: number): Uint8Array => new Uint8Array(new Uint32Array([n, 0, 0, 0, 0, 0, 0, 0]).buffer)
  assert.ok(a.take(hash(1)))
  assert.not(b.take(hash(1)))
  a.end()
  assert.ok(b.take(hash(1)))
  for (let n = 2; n < MAX_FETCHED_CLAIMS + 3; n++) {
    b.take(hash(n))
    b.fetched(hash(n))
  }
  assert.not(b.isFetched(hash(2)))
  for (let n = MAX_FETCHED_CLAIMS + 2; n > MAX_FETCHED_CLAIMS / 2 + 2; n--) assert.ok(b.isFetched(hash(n)), String(n)) // half of them at least
})

test('hashes that a peer names and does not deliver are counted as missing', async () => {
  const b = replicaOf(envelopeOf(), envelopeOf())
  const read = b.read.bind(b)
  b.read = async (community, period, hashes) => (await read(community, period, hashes)).map((envelope, index) => index === 0 ? undefined : envelope)
  const [left] = await sync(replicaOf(), b)
  assert.is(left.missing, 1)
  assert.is(left.received, 1)
})

for (const [name, bytes] of [
  ['no frame', Uint8Array.of(255)],
  ['a frame out of turn', encodeFrame({ type: 'settled' })],
  ['a shard named twice', encodeFrame({ type: 'shards', shards: [{ period: 0, digest: new Uint8Array(32), count: 1 }, { period: 0, digest: new Uint8Array(32), count: 1 }], since: 0, partial: [] })],
  ['a month that is none', encode([5, [[13, new Uint8Array(32), 1]]])]
] as const) {
  test(`${name} instead of the shards is a fault`, async () => {
    const result = await against(replicaOf(), async (send, receive, channel) => {
      await receive()
      await send({ type: 'welcome', genesis: null, hasGenesis: true })
      await receive()
      await channel.write(bytes)
    })
    assert.is(result.status, 'failed')
    assert.ok(result.fault !== undefined, result.error)
  })
}

test('a broken reconciliation message and envelopes never asked for are faults', async () => {
  for (const frame of [{ type: 'reconcile', message: Uint8Array.of(0, 255) }, { type: 'envelopes', envelopes: [envelopeOf()] }] as const) {
    const replica = replicaOf(envelopeOf())
    const result = await against(replica, async (send, receive) => {
      await receive()
      await send({ type: 'welcome', genesis: null, hasGenesis: true })
      await receive()
      await send({ type: 'shards', shards: [], since: 0, partial: [] })
      await receive()
      await send(frame)
    })
    assert.ok(result.fault !== undefined, result.error)
    assert.is(replica.count(community), 1)
  }
})

test('a peer that ends early, and a signal, are errors and no faults', async () => {
  const early = await against(replicaOf(), async (_send, receive, channel) => {
    await receive()
    await channel.close()
  })
  assert.is(early.status, 'failed')
  assert.is(early.fault, undefined)
  assert.match(early.error ?? '', /ended the channel early/)

  const controller = new AbortController()
  const [near] = pair()
  const session = initiateSession({ ...optionsOf(replicaOf(), near, 'b'), signal: controller.signal })
  controller.abort(new Error('enough'))
  const aborted = await session
  assert.is(aborted.error, 'enough')
  assert.is(aborted.fault, undefined)
  assert.equal([early.silent, aborted.silent], [undefined, undefined])
})

test('a peer that is silent is given up after the deadline of the first frame', async () => {
  const [near] = pair()
  const timers: Array<() => void> = []
  const scheduler = { after: (_delayMs: number, call: () => void) => { timers.push(call); return () => {} } }
  const session = initiateSession({ ...optionsOf(replicaOf(), near, 'b'), scheduler })
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  timers.at(-1)?.() // the deadline of the read that waits
  const result = await session
  assert.match(result.error ?? '', /nothing after 5000 ms/)
  assert.is(result.silent, true)
})

test('frames that trickle in and move nothing end the session as silence', async () => {
  const replica = replicaOf(envelopeOf())
  const [near, far] = pair()
  const fast = { after: (delayMs: number, call: () => void) => realScheduler.after(delayMs / 100, call) }
  const session = initiateSession({ ...optionsOf(replica, near, 'b'), scheduler: fast })
  const receive = async (): Promise<Frame> => decodeFrame(await far.read({ maxBytes: 2 ** 20 }) as Uint8Array)
  const send = async (frame: Frame): Promise<void> => { await far.write(encodeFrame(frame)) }
  let wants = 0
  const trickle = async (): Promise<void> => {
    await receive()
    await send({ type: 'welcome', genesis: null, hasGenesis: true })
    await receive()
    await send({ type: 'shards', shards: [], since: 0, partial: [] })
    await receive()
    for (;; wants++) {
      await send({ type: 'want', hashes: [new Uint8Array(32)], covers: [] })
      await receive()
      await new Promise(resolve => { setTimeout(resolve, 20) })
    }
  }
  await trickle().catch(() => {})
  const result = await session
  assert.ok(wants > 0)
  assert.match(result.error ?? '', /moves too little/)
  assert.is(result.silent, true)
  assert.is(result.fault, undefined)
})

test('says what is missing from the comparison on', async () => {
  const [near, far] = pair()
  const missing: number[] = []
  const a = replicaOf()
  const b = replicaOf(...Array.from({ length: 600 }, () => envelopeOf()))
  await Promise.all([initiateSession({ ...optionsOf(a, near, 'b'), onProgress: progress => { missing.push(progress.missing) } }), answer(b, far)])
  assert.is(missing[0], 600)
  assert.is(missing.at(-1), 0)
  assert.equal(missing, [...missing].sort((x, y) => y - x))
  assert.is(hexToBytes(community).length, 32)
})

test.run()
