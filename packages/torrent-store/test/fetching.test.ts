// Several fetches at a time, bodies that are here already, the open swarm as a last resort, and what a caller hears meanwhile.
import { duplexPair } from 'node:stream'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, DEFAULT_LIMITS, refOf, type BlobStore, type CandidateSource, type FetchCandidate, type FetchManyOptions, type FetchManyResult, type FetchProgress, type InfoHash, type PartialTorrentRef, type PeerFault, type TorrentRef, type TorrentStore, type TorrentStoreError, type TorrentStoreLimits } from '../src/index.ts'
import { HedgedFetch } from '../src/hedged-fetch.ts'
import { turns, until } from './bodies.ts'

const test = suite('fetching')
/** Nobody is taken for silent, unless a test is about that: counts are then exact. */
const PATIENT = { hedgeDelayMs: 20_000, timeoutMs: 15_000 }
const ends: Array<() => Promise<void>> = []
test.after.each(async () => { for (const end of ends.splice(0).reverse()) await end() })

async function storeOf (db: BlobStore = createMemoryBlobs(), limits: Partial<TorrentStoreLimits> = {}): Promise<TorrentStore> {
  const store = await createTorrentStore({ db, limits })
  ends.push(async () => { await store.close() })
  return store
}

interface Peer { store: TorrentStore, candidate: FetchCandidate, opened: number, open: number, sent: InfoHash[], hold (afterBodies?: number): void, letGo (): void }

/** A peer that tells what it sent over sb_bodies, and that can be held up. */
async function peerWith (bodies: readonly Uint8Array[], id = 'peer', limits: Partial<TorrentStoreLimits> = {}): Promise<Peer> {
  const blobs = createMemoryBlobs()
  let gate: Promise<void> | null = null
  let atMost = 0
  let release = (): void => {}
  const store = await storeOf({
    ...blobs,
    async get (infoHash) {
      if (atMost === 0) await gate
      return await blobs.get(infoHash)
    },
    async getMany (ids) {
      if (peer.sent.length >= atMost) await gate
      peer.sent.push(...ids)
      return await blobs.getMany(ids)
    }
  }, limits)
  for (const body of bodies) await store.put(body)
  const peer: Peer = {
    store,
    opened: 0,
    open: 0,
    sent: [],
    hold (afterBodies = 0) {
      atMost = afterBodies
      gate = new Promise(resolve => { release = resolve })
    },
    letGo () {
      release()
      gate = null
    },
    candidate: {
      id,
      async open () {
        peer.opened++
        peer.open++
        const [near, far] = duplexPair()
        near.once('close', () => { peer.open-- })
        store.serve(far)
        return near
      }
    }
  }
  ends.push(async () => { peer.letGo() })
  return peer
}

const bodiesOf = (count: number, what = 'body'): Buffer[] => Array.from({ length: count }, (_, i) => Buffer.from(`${what} ${i}`))

async function all (store: TorrentStore, refs: readonly PartialTorrentRef[], options: FetchManyOptions): Promise<FetchManyResult[]> {
  const results: FetchManyResult[] = []
  for await (const result of store.fetchMany(refs, { ...PATIENT, ...options })) results.push(result)
  assert.is(new Set(results.map(({ infoHash }) => infoHash)).size, results.length, 'each infohash once')
  return results
}
const textsOf = (results: readonly FetchManyResult[]): string[] => results.flatMap(({ body }) => body === undefined ? [] : [Buffer.from(body).toString()]).sort()
const texts = (bodies: readonly Uint8Array[]): string[] => bodies.map(body => Buffer.from(body).toString()).sort()

test('two that want the same share the work: each body is sent once', async () => {
  const bodies = bodiesOf(600)
  const peer = await peerWith(bodies)
  const reader = await storeOf()
  const got = await Promise.all([all(reader, bodies.map(refOf), { candidates: [peer.candidate] }), all(reader, bodies.map(refOf).reverse(), { candidates: [peer.candidate] })])
  for (const results of got) assert.equal(textsOf(results), texts(bodies))
  assert.is(peer.sent.length, 600)
  assert.ok(peer.opened <= 2)
  const [first, second] = got.map(results => new Map(results.map(({ infoHash, body }) => [infoHash, body])))
  for (const { infoHash } of bodies.map(refOf)) assert.is.not(first?.get(infoHash), second?.get(infoHash)) // bytes of their own
  await until(() => peer.open === 0)
})

test('whatever several want, and however they overlap: each body is sent once, and each gets all it wants', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.uniqueArray(fc.nat(60), { minLength: 1, maxLength: 50 }), { minLength: 2, maxLength: 4 }), fc.uniqueArray(fc.nat(60), { maxLength: 3 }), async (wishes, singles) => {
    const bodies = bodiesOf(61)
    const peer = await peerWith(bodies)
    const reader = await storeOf()
    const candidates = [peer.candidate]
    const one = async (i: number): Promise<string> => {
      const { body } = await reader.fetch(refOf(bodies[i] as Buffer), { ...PATIENT, candidates })
      return Buffer.from(body).toString()
    }
    const many = async (wish: readonly number[]): Promise<void> => {
      assert.equal(textsOf(await all(reader, wish.map(i => refOf(bodies[i] as Buffer)), { candidates })), wish.map(i => `body ${i}`).sort())
    }
    const running = wishes.map(many)
    await Promise.resolve()
    await Promise.all([...running, ...singles.map(async i => { assert.is(await one(i), `body ${i}`) })])
    const distinct = new Set(wishes.flat())
    assert.ok(new Set(peer.sent).size === peer.sent.length, 'none twice')
    assert.ok(peer.sent.every(id => [...distinct, ...singles].some(i => refOf(bodies[i] as Buffer).infoHash === id)))
    for (const end of ends.splice(0).reverse()) await end()
  }), { numRuns: 40 })
})

test('one that is asked for by a fetchMany is not asked for again by fetch, and comes sooner', async () => {
  const bodies = bodiesOf(200)
  const peer = await peerWith(bodies, 'peer', { maxBatchReads: 1 })
  const reader = await storeOf()
  const arrived: InfoHash[] = []
  const refs = bodies.map(refOf)
  peer.hold(5)
  const many = (async () => { for await (const { infoHash } of reader.fetchMany(refs, { ...PATIENT, candidates: [peer.candidate] })) arrived.push(infoHash) })()
  await until(() => arrived.length === 5)
  const last = refs.at(-1) as TorrentRef
  const unused: FetchCandidate = { id: 'unused', open: async () => { throw new Error('it is under way') } }
  const one = reader.fetch(last, { ...PATIENT, candidates: [unused] })
  await turns()
  peer.letGo()
  const { body, from, faults } = await one
  assert.equal([Buffer.from(body).toString(), from, faults], ['body 199', 'peer', []])
  await many
  assert.is(arrived.length, 200)
  assert.is(peer.sent.length, 200)
  assert.ok(arrived.indexOf(last.infoHash) < 10, `${arrived.indexOf(last.infoHash)}`)
})

test('one that fetch asks for is not asked for again by a fetchMany', async () => {
  const body = Buffer.from('shared')
  const peer = await peerWith([body])
  const reader = await storeOf()
  peer.hold()
  const one = reader.fetch(refOf(body), { ...PATIENT, candidates: [peer.candidate] })
  await until(() => peer.opened === 1)
  const many = all(reader, [refOf(body)], { candidates: [{ id: 'unused', open: async () => { throw new Error('it is under way') } }] })
  await turns()
  peer.letGo()
  assert.is(Buffer.from((await one).body).toString(), 'shared')
  assert.equal(textsOf(await many), ['shared'])
  assert.is(peer.opened, 1)
})

test('when the one that asks is aborted, the others ask themselves', async () => {
  const bodies = bodiesOf(50)
  const [held, good] = [await peerWith(bodies, 'held'), await peerWith(bodies, 'good')]
  const reader = await storeOf()
  held.hold()
  const leaving = new AbortController()
  const first = all(reader, bodies.map(refOf), { candidates: [held.candidate], signal: leaving.signal }).then(() => 'done', () => 'aborted')
  await until(() => held.opened === 1)
  const second = all(reader, bodies.map(refOf), { candidates: [good.candidate] })
  const single = reader.fetch(refOf(bodies[0] as Buffer), { ...PATIENT, candidates: [good.candidate] })
  leaving.abort(new Error('enough'))
  assert.is(await first, 'aborted')
  assert.equal(textsOf(await second), texts(bodies))
  assert.is(Buffer.from((await single).body).toString(), 'body 0')
})

test('when the peer of the one that asks is silent, the others ask theirs', async () => {
  const bodies = bodiesOf(50)
  const [silent, good] = [await peerWith(bodies, 'silent'), await peerWith(bodies, 'good')]
  const reader = await storeOf()
  silent.hold()
  const first = all(reader, bodies.map(refOf), { candidates: [silent.candidate] })
  await until(() => silent.opened === 1)
  const second = all(reader, bodies.map(refOf), { candidates: [good.candidate], hedgeDelayMs: 30 })
  assert.equal(textsOf(await second), texts(bodies))
  assert.equal(textsOf(await first), texts(bodies)) // from the other one, too
  assert.is(silent.sent.length, 0)
  assert.is(good.sent.length, 50)
})

test('one who was told a wrong length does not disturb those who share', async () => {
  const bodies = bodiesOf(3)
  const peer = await peerWith(bodies)
  const reader = await storeOf()
  const right = bodies.map(refOf)
  const wrong = right.map(ref => ({ ...ref, length: ref.length + 1 }))
  const [bad, good, single] = await Promise.all([
    all(reader, wrong, { candidates: [peer.candidate] }), all(reader, right, { candidates: [peer.candidate] }),
    reader.fetch(right[0] as TorrentRef, { ...PATIENT, candidates: [peer.candidate] })
  ])
  assert.ok(bad.every(({ absent }) => absent === true))
  assert.equal(textsOf(good), texts(bodies))
  assert.is(single.body.length, right[0]?.length)
})

test('a caller that takes nothing does not fill up with what others fetch', async () => {
  const bodies = bodiesOf(200)
  const peer = await peerWith(bodies)
  const reader = await storeOf(createMemoryBlobs(), { maxBatchPending: 20, maxBatchWanted: 20 })
  let heard = 0
  const slow = reader.fetchMany(bodies.map(refOf), { ...PATIENT, candidates: [peer.candidate], onProgress: ({ arrived }) => { heard = arrived } })[Symbol.asyncIterator]()
  await slow.next()
  assert.equal(textsOf(await all(reader, bodies.map(refOf), { candidates: [peer.candidate] })), texts(bodies))
  assert.ok(heard <= 22, `${heard}`)
  let left = 0
  for (let next = await slow.next(); next.done !== true; next = await slow.next()) left++
  assert.is(left, 199)
})

test('what is here needs nobody', async () => {
  const bodies = bodiesOf(100)
  const peer = await peerWith(bodies.slice(50))
  const reader = await storeOf()
  for (const body of bodies.slice(0, 50)) await reader.put(body)
  const told: FetchProgress[] = []
  const results = await all(reader, bodies.map(refOf), { candidates: [peer.candidate], localFirst: true, onProgress: progress => { told.push(progress) } })
  assert.equal(textsOf(results), texts(bodies))
  assert.is(results.filter(({ from }) => from === null).length, 50)
  assert.is(peer.sent.length, 50)
  assert.equal(told.at(-1), { wanted: 100, arrived: 100, absent: 0, bytes: bodies.reduce((sum, { length }) => sum + length, 0) })
  const here = await reader.fetch(refOf(bodies[0] as Buffer), { candidates: [], localFirst: true })
  assert.equal([Buffer.from(here.body).toString(), here.from], ['body 0', null])
  assert.is((await reader.fetch(refOf(bodies[60] as Buffer), { candidates: [peer.candidate], localFirst: true })).from, 'peer')
  // Only when asked for: a caller may want to know whether peers have it.
  await reader.fetch(refOf(bodies[0] as Buffer), { candidates: [] }).then(() => assert.unreachable(), (error: unknown) => { assert.is((error as TorrentStoreError).code, 'NOT_FOUND') })
  assert.is((await all(reader, [refOf(bodies[0] as Buffer)], { candidates: [] }))[0]?.absent, true)
})

test('what is damaged here, or has another length than it was told, is fetched', async () => {
  const blobs = createMemoryBlobs()
  const reader = await storeOf(blobs)
  const bodies = bodiesOf(3)
  const [damaged, good, other] = bodies.map(refOf) as [TorrentRef, TorrentRef, TorrentRef]
  await blobs.put(damaged.infoHash, Buffer.from('broken'))
  await blobs.put(good.infoHash, bodies[1] as Buffer)
  await blobs.put(other.infoHash, bodies[2] as Buffer)
  const peer = await peerWith(bodies)
  const results = await all(reader, [damaged, good, { ...other, length: 1 }], { candidates: [peer.candidate], localFirst: true })
  assert.equal(textsOf(results), ['body 0', 'body 1'])
  assert.equal(results.filter(({ absent }) => absent).map(({ infoHash }) => infoHash), [other.infoHash])
  assert.is((await reader.fetch(damaged, { candidates: [peer.candidate], localFirst: true })).from, 'peer')
})

test('what turns out to be damaged here once time is up is absent, too', async () => {
  const blobs = createMemoryBlobs()
  const gate = Promise.withResolvers<void>()
  const bodies = bodiesOf(2)
  const [damaged, missing] = bodies.map(refOf) as [TorrentRef, TorrentRef]
  await blobs.put(damaged.infoHash, Buffer.from('broken'))
  const reader = await storeOf({
    ...blobs,
    async get (infoHash) {
      await gate.promise
      return await blobs.get(infoHash)
    }
  })
  const told: FetchProgress[] = []
  const results = all(reader, [damaged, missing], {
    candidates: [],
    swarm: { find: async (_ref, { signal }) => { await new Promise(resolve => { signal.addEventListener('abort', resolve) }) } },
    timeoutMs: 20,
    localFirst: true,
    onProgress (progress) {
      told.push(progress)
      if (progress.absent === 1) gate.resolve() // its search is over
    }
  })
  assert.equal((await results).map(({ infoHash, absent }) => [infoHash, absent]), [[missing.infoHash, true], [damaged.infoHash, true]])
  assert.equal(told.at(-1), { wanted: 2, arrived: 0, absent: 2, bytes: 0 })
})

test('a call that is aborted while it looks here leaves nothing behind for the next one', async () => {
  const blobs = createMemoryBlobs()
  const gate = Promise.withResolvers<void>()
  const body = Buffer.from('wanted twice')
  const reader = await storeOf({
    ...blobs,
    async get (infoHash) {
      await gate.promise
      return await blobs.get(infoHash)
    }
  })
  const leaving = new AbortController()
  const silent: FetchCandidate = { id: 'silent', open: async () => duplexPair()[0] }
  const first = reader.fetch(refOf(body), { candidates: [silent], localFirst: true, hedgeDelayMs: 600_000, signal: leaving.signal })
  leaving.abort(new Error('enough'))
  gate.resolve()
  await first.then(() => assert.unreachable(), (error: unknown) => { assert.is((error as Error).message, 'enough') })
  const peer = await peerWith([body])
  // Of calls that share a fetch the first one decides how long the first candidate is waited for.
  assert.is((await reader.fetch(refOf(body), { candidates: [silent, peer.candidate], hedgeDelayMs: 10, timeoutMs: 4000 })).from, 'peer')
})

test('bytes that another fetch got are copied at once: their owner may change them', async () => {
  const body = Buffer.from('everybody gets bytes of their own')
  const ref = refOf(body)
  const fetch = new HedgedFetch(ref, { peerId: new Uint8Array(20), limits: DEFAULT_LIMITS, hedgeDelayMs: 150 })
  const fetched = fetch.join({ candidates: [{ id: 'silent', open: async () => duplexPair()[0] }], timeoutMs: 4000 })
  const shared = Uint8Array.from(body)
  fetch.found(ref.infoHash, shared, 'another')
  shared.fill(0)
  assert.is(Buffer.from((await fetched).body).toString(), body.toString())
})

test('a time that no timer can wait for is a long one, and not none', async () => {
  const body = Buffer.from('in its own time')
  const [peer, other] = [await peerWith([body], 'peer'), await peerWith([body], 'other')]
  const reader = await storeOf()
  for (const ms of [Infinity, 2 ** 31]) {
    const slow: FetchCandidate = {
      id: 'peer',
      async open (options) {
        await new Promise(resolve => { setTimeout(resolve, 50) }) // the fetch would have been over, and the other one asked
        return await peer.candidate.open(options)
      }
    }
    const options = { candidates: [slow, other.candidate], timeoutMs: ms, hedgeDelayMs: ms, swarmDelayMs: ms, swarm: { find: async () => { assert.unreachable() } } }
    assert.is((await reader.fetch(refOf(body), options)).from, 'peer')
    assert.equal((await all(reader, [refOf(body)], { ...options, candidates: [slow] })).map(({ from }) => from), ['peer'])
  }
  assert.is(other.opened, 0)
})

test('leaving while nothing comes ends the waiting and the connections', async () => {
  const bodies = bodiesOf(2)
  const peer = await peerWith(bodies)
  const reader = await storeOf()
  peer.hold()
  const results = reader.fetchMany(bodies.map(refOf), { ...PATIENT, timeoutMs: 600_000, candidates: [peer.candidate] })[Symbol.asyncIterator]()
  const waiting = results.next()
  await until(() => peer.opened === 1)
  assert.equal(await results.return?.(), { value: undefined, done: true })
  assert.equal(await waiting, { value: undefined, done: true })
  assert.equal(await results.next(), { value: undefined, done: true })
  await until(() => peer.open === 0)
})

test('a database that cannot be read is an error', async () => {
  const blobs = createMemoryBlobs()
  const fail = async (): Promise<never> => { throw new Error('disk') }
  const reader = await storeOf({ ...blobs, get: fail, lengthsOf: fail })
  await all(reader, [refOf(Buffer.from('x'))], { candidates: [], localFirst: true }).then(() => assert.unreachable(), (error: unknown) => { assert.is((error as Error).message, 'disk') })
})

/** An open swarm that knows who has what. */
function swarmOf (peers: (infoHash: InfoHash) => readonly FetchCandidate[], beforeMs = 5): CandidateSource & { searches: InfoHash[], running: number, most: number } {
  const swarm = {
    searches: [] as InfoHash[],
    running: 0,
    most: 0,
    async find ({ infoHash }: PartialTorrentRef, { found, signal }: Parameters<CandidateSource['find']>[1]) {
      swarm.searches.push(infoHash)
      swarm.most = Math.max(swarm.most, ++swarm.running)
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, beforeMs)
        signal.addEventListener('abort', () => { clearTimeout(timer); resolve() })
      })
      for (const candidate of peers(infoHash)) found(candidate)
      swarm.running--
    }
  }
  return swarm
}

test('what no candidate delivers is searched in the open swarm, a few at a time', async () => {
  const bodies = bodiesOf(60)
  const lost = refOf(Buffer.from('nobody has it'))
  const [near, far] = [await peerWith(bodies.slice(0, 30), 'near'), await peerWith(bodies.slice(30), 'far')]
  const reader = await storeOf()
  const swarm = swarmOf(() => [far.candidate])
  const results = await all(reader, [...bodies.map(refOf), lost], { candidates: [near.candidate], swarm, swarmDelayMs: 60_000 })
  assert.equal(textsOf(results), texts(bodies))
  assert.equal(results.filter(({ absent }) => absent).map(({ infoHash }) => infoHash), [lost.infoHash])
  assert.equal(swarm.searches.toSorted(), [...bodies.slice(30).map(refOf), lost].map(({ infoHash }) => infoHash).sort())
  assert.ok(swarm.most >= 2 && swarm.most <= 4, `${swarm.most}`)
  assert.is(swarm.running, 0)
  await until(() => near.open === 0 && far.open === 0)
})

test('what candidates keep back is searched after the delay, and what comes meanwhile is not', async () => {
  const bodies = bodiesOf(20)
  const [stuck, far] = [await peerWith(bodies, 'stuck'), await peerWith(bodies, 'far')]
  const reader = await storeOf()
  stuck.hold()
  const swarm = swarmOf(() => [far.candidate])
  const results = await all(reader, bodies.map(refOf), { candidates: [stuck.candidate], swarm, swarmDelayMs: 50, hedgeDelayMs: 20 })
  assert.equal(textsOf(results), texts(bodies))
  assert.is(swarm.searches.length, 20)
  const [good] = [await peerWith(bodies, 'good')]
  const quiet = swarmOf(() => [])
  await all(reader, bodies.map(refOf), { candidates: [good.candidate], swarm: quiet, swarmDelayMs: 60_000 })
  assert.equal(quiet.searches, [])
})

test('without candidates the swarm is asked at once; an abort, the end of time and leaving end its searches', async () => {
  const body = Buffer.from('somewhere')
  const far = await peerWith([body], 'far')
  const reader = await storeOf()
  assert.equal(textsOf(await all(reader, [refOf(body)], { candidates: [], swarm: swarmOf(() => [far.candidate]), swarmDelayMs: 60_000 })), ['somewhere'])
  const endless = swarmOf(() => [], 60_000)
  assert.is((await all(reader, [refOf(body)], { candidates: [], swarm: endless, timeoutMs: 50 }))[0]?.absent, true)
  await until(() => endless.running === 0)
  const controller = new AbortController()
  const aborted = all(reader, [refOf(body)], { candidates: [], swarm: endless, signal: controller.signal }).then(() => 'done', (error: unknown) => (error as Error).message)
  await until(() => endless.running === 1)
  controller.abort(new Error('enough'))
  assert.is(await aborted, 'enough')
  await until(() => endless.running === 0)
})

test('what peers of the swarm do wrong is told; not to have it is nothing wrong', async () => {
  const ref = refOf(Buffer.from('wanted'))
  const other = await peerWith([Buffer.from('something else')], 'other')
  const reader = await storeOf(createMemoryBlobs(), { candidateTimeoutMs: 200 })
  const faults: PeerFault[] = []
  const [result] = await all(reader, [ref], { candidates: [], swarm: swarmOf(() => [other.candidate, { id: 'dead', open: async () => { throw new Error('no route') } }]), onFault: fault => { faults.push(fault) } })
  assert.is(result?.absent, true)
  assert.equal(faults.map(({ id, reason }) => `${id} ${reason}`).sort(), ['dead UNREACHABLE'])
})

test('progress begins at nothing, counts each body once, and ends with all', async () => {
  const bodies = bodiesOf(30)
  const peer = await peerWith(bodies.slice(0, 20))
  const reader = await storeOf()
  const told: FetchProgress[] = []
  const refs = bodies.map(refOf)
  await all(reader, [...refs, ...refs], { candidates: [peer.candidate], onProgress: progress => { told.push(progress) } })
  assert.equal(told[0], { wanted: 30, arrived: 0, absent: 0, bytes: 0 })
  assert.is(told.length, 31)
  for (const [i, { arrived, absent }] of told.entries()) assert.is(arrived + absent, i)
  assert.equal(told.at(-1), { wanted: 30, arrived: 20, absent: 10, bytes: bodies.slice(0, 20).reduce((sum, { length }) => sum + length, 0) })
})

test('what a listener throws is not taken for a fault of the peer', async () => {
  const bodies = bodiesOf(5)
  const peer = await peerWith(bodies)
  const reader = await storeOf()
  const thrown: unknown[] = []
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', error => { thrown.push(error.message) })
  try {
    const results = await all(reader, bodies.map(refOf), { candidates: [peer.candidate], onProgress: () => { throw new Error('mine') } })
    assert.equal(textsOf(results), texts(bodies))
    await until(() => thrown.length === 6)
    assert.ok(thrown.every(message => message === 'mine'))
    assert.is(peer.opened, 1)
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const each of others) process.on('uncaughtException', each)
  }
})

test('what is preferred comes before the rest, asked for or not, and before the beginning too', async () => {
  const bodies = bodiesOf(900)
  const refs = bodies.map(refOf)
  const peer = await peerWith(bodies, 'peer', { maxBatchReads: 1 })
  const reader = await storeOf()
  peer.hold(10)
  const run = reader.fetchMany(refs, { ...PATIENT, candidates: [peer.candidate] })
  const idOf = (i: number): InfoHash => (refs[i] as TorrentRef).infoHash
  run.prefer([idOf(899)])
  const arrived: InfoHash[] = []
  for await (const { infoHash } of run) {
    if (arrived.push(infoHash) !== 10) continue
    run.prefer([idOf(250), idOf(800), refOf(Buffer.from('not wanted')).infoHash, idOf(0)]) // one is asked for, one is not
    await turns() // for the peer to hear of it
    peer.letGo()
  }
  assert.is(arrived.length, 900)
  const places = [899, 250, 800].map(i => arrived.indexOf(idOf(i)))
  assert.ok((places[0] ?? 900) === 0 && (places[1] ?? 900) < 14 && (places[2] ?? 900) < 14, places.join())
  assert.is(peer.sent.length, 900)
  assert.is(peer.opened, 1)
})

test.run()
