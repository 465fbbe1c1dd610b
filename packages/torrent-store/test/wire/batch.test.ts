// Many bodies over one connection: what comes, from whom, and over how many connections.
import { duplexPair } from 'node:stream'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, refOf, tcpCandidate, utpCandidate, type FetchCandidate, type FetchManyOptions, type InfoHash, type Listener, type PartialTorrentRef, type PeerFault, type TorrentRef, type TorrentStore, type TorrentStoreError } from '../../src/index.ts'
import { BOUNDARY_LENGTHS, fakePeer, handshake, extended, message, randomBody, answerBlocks, until } from '../bodies.ts'

const test = suite('sb_bodies')
let store: TorrentStore
let reader: TorrentStore
const ends: Array<() => Promise<void>> = []
test.before.each(async () => {
  store = await createTorrentStore({ db: createMemoryBlobs() })
  reader = await createTorrentStore({ db: createMemoryBlobs(), limits: { candidateTimeoutMs: 60_000 } })
})
/** For tests of what happens once it is over; a busy machine must not make it happen to others. */
async function impatient (candidateTimeoutMs: number): Promise<void> {
  await reader.close()
  reader = await createTorrentStore({ db: createMemoryBlobs(), limits: { candidateTimeoutMs } })
}
test.after.each(async () => {
  for (const end of ends.splice(0)) await end()
  await reader.close()
  await store.close()
})

/** A candidate that counts the connections to it. */
function counted (candidate: FetchCandidate): FetchCandidate & { opened: number } {
  const counting = {
    ...candidate,
    opened: 0,
    open: async (options: { signal: AbortSignal }) => {
      counting.opened++
      return await candidate.open(options)
    }
  }
  return counting
}

function served (by: TorrentStore, id: string, rule: Parameters<TorrentStore['serve']>[1] = {}): FetchCandidate & { opened: number } {
  return counted({
    id,
    open: async () => {
      const [near, far] = duplexPair()
      by.serve(far, rule)
      return near
    }
  })
}

/** With a delay, a disk that needs as long for eight bodies. */
async function holding (bodies: readonly Uint8Array[], delayMs = 0): Promise<TorrentStore> {
  const blobs = createMemoryBlobs()
  const slow = { ...blobs, getMany: async (ids: readonly InfoHash[]) => { await new Promise(resolve => { setTimeout(resolve, delayMs) }); return await blobs.getMany(ids) } }
  const held = await createTorrentStore({ db: delayMs === 0 ? blobs : slow, limits: { maxBatchReads: 8 } })
  for (const body of bodies) await held.put(body)
  ends.push(async () => { await held.close() })
  return held
}

interface Got { bodies: Map<InfoHash, Buffer>, from: Map<InfoHash, string | null>, absent: InfoHash[], faults: PeerFault[] }
async function fetchAll (refs: readonly PartialTorrentRef[], options: FetchManyOptions): Promise<Got> {
  const got: Got = { bodies: new Map(), from: new Map(), absent: [], faults: [] }
  for await (const { infoHash, body, from } of reader.fetchMany(refs, { timeoutMs: 60_000, ...options, onFault: fault => { got.faults.push(fault) } })) {
    assert.not.ok(got.bodies.has(infoHash) || got.absent.includes(infoHash), 'each infohash once')
    if (body === undefined) got.absent.push(infoHash)
    else {
      got.bodies.set(infoHash, Buffer.from(body))
      got.from.set(infoHash, from)
    }
  }
  return got
}

async function putMany (count: number): Promise<TorrentRef[]> {
  return await Promise.all(Array.from({ length: count }, async (_, i) => await store.put(Buffer.from(`body ${i}`))))
}

test('500 bodies and 20 that are not there come over one TCP connection', async () => {
  const refs = await putMany(500)
  const lacking = Array.from({ length: 20 }, (_, i) => refOf(Buffer.from(`lacking ${i}`)))
  const listener = await store.listen()
  const candidate = counted(tcpCandidate(listener.host, listener.port))
  const got = await fetchAll([...refs.slice(0, 250), ...lacking, ...refs.slice(250)], { candidates: [candidate] })
  assert.is(got.bodies.size, 500)
  for (const [i, { infoHash }] of refs.entries()) assert.is(got.bodies.get(infoHash)?.toString(), `body ${i}`)
  assert.equal(got.absent.toSorted(), lacking.map(({ infoHash }) => infoHash).sort())
  assert.equal(got.faults, [])
  assert.is(candidate.opened, 1)
  await until(() => listener.connections === 0)
})

test('300 bodies, some of them full, come over one uTP connection', async () => {
  const refs = [...await putMany(290), ...await Promise.all(Array.from({ length: 10 }, async () => await store.put(randomBody(65_536))))]
  const listener = await store.listen()
  assert.ok(listener.transports.includes('utp'))
  for (const encrypt of [false, true]) {
    const candidate = counted(utpCandidate(listener.host, listener.port, { encrypt }))
    const got = await fetchAll(refs, { candidates: [candidate] })
    assert.is(got.bodies.size, 300)
    assert.equal(got.faults, [])
    assert.is(candidate.opened, 1)
  }
  await until(() => listener.connections === 0)
})

test('bodies of every length, plain and encrypted', async () => {
  const bodies = BOUNDARY_LENGTHS.map(randomBody)
  const refs = await Promise.all(bodies.map(async body => await store.put(body)))
  const listener = await store.listen()
  for (const encrypt of [false, true, 'fallback'] as const) {
    const candidate = counted(tcpCandidate(listener.host, listener.port, { encrypt }))
    const got = await fetchAll(refs, { candidates: [candidate] })
    assert.equal(refs.map(({ infoHash }) => got.bodies.get(infoHash)), bodies)
    assert.is(candidate.opened, 1)
  }
})

test('whatever is spread how over peers, each body that somebody has comes, and the others are absent', async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.record({ held: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), known: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }) }), { minLength: 1, maxLength: 30 }),
    fc.boolean(),
    async (spread, oneList) => {
      const bodies = spread.map((_, i) => Buffer.from(`${i}`))
      const stores = await Promise.all([0, 1, 2].map(async peer => await holding(bodies.filter((_, i) => spread[i]?.held[peer]))))
      const peers = stores.map((each, i) => served(each, `peer ${i}`))
      const indexOf = new Map(bodies.map((body, i) => [refOf(body).infoHash, i]))
      const askable = (i: number): number[] => [0, 1, 2].filter(peer => oneList || spread[i]?.known[peer])
      const got = await fetchAll(bodies.map(refOf), {
        candidates: oneList ? peers : infoHash => askable(indexOf.get(infoHash) ?? -1).map(peer => peers[peer] as FetchCandidate)
      })
      for (const [infoHash, i] of indexOf) {
        const there = askable(i).some(peer => spread[i]?.held[peer])
        assert.is(got.bodies.get(infoHash)?.toString(), there ? `${i}` : undefined)
      }
      assert.is(got.bodies.size + got.absent.length, bodies.length)
      assert.equal(got.faults, [])
      for (const end of ends.splice(0)) await end()
    }
  ), { numRuns: 60 })
})

test('the work is spread over those who have it', async () => {
  const bodies = Array.from({ length: 400 }, (_, i) => Buffer.from(`shared ${i}`))
  const peers = await Promise.all([0, 1, 2].map(async i => served(await holding(bodies, 5), `peer ${i}`)))
  const got = await fetchAll(bodies.map(refOf), { candidates: peers })
  assert.is(got.bodies.size, 400)
  for (const { id, opened } of peers) {
    assert.ok([...got.from.values()].filter(from => from === id).length >= 40, id)
    assert.is(opened, 1)
  }
})

test('what may not be served looks like what is not held', async () => {
  const refs = await putMany(30)
  const secret = new Set(refs.filter((_, i) => i % 3 === 1).map(({ infoHash }) => infoHash))
  const rules = [(infoHash: InfoHash) => !secret.has(infoHash), async (infoHash: InfoHash) => { if (secret.has(infoHash)) throw new Error('rule'); return true }]
  for (const mayServe of rules) {
    const got = await fetchAll(refs, { candidates: [served(store, 'strict', { mayServe })] })
    assert.equal(got.absent.toSorted(), [...secret].sort())
    assert.is(got.bodies.size, 20)
  }
})

test('bytes damaged in storage are absent', async () => {
  const blobs = createMemoryBlobs()
  const damaged = await createTorrentStore({ db: blobs })
  ends.push(async () => { await damaged.close() })
  const good = await damaged.put(Buffer.from('good'))
  const bad = refOf(Buffer.from('what it was'))
  await blobs.put(bad.infoHash, Buffer.from('what it became'))
  const got = await fetchAll([good, bad], { candidates: [served(damaged, 'damaged')] })
  assert.equal(got.absent, [bad.infoHash])
  assert.is(got.bodies.size, 1)
})

test('a seeder that does not speak it is asked one by one', async () => {
  const bodies = [randomBody(100), randomBody(200), randomBody(300)]
  const refs = bodies.map(refOf)
  // A seeder whose extended handshake names something else, and one without BEP 10.
  for (const reserved of [[0, 0, 0, 0, 0, 0x10, 0, 4], [0, 0, 0, 0, 0, 0, 0, 4]]) {
    const { port, close } = await fakePeer(socket => {
      socket.once('data', chunk => {
        const at = refs.findIndex(ref => ref.infoHash === chunk.toString('hex', 28, 48))
        const [ref, body] = [refs[at], bodies[at]]
        if (ref === undefined || body === undefined) { socket.destroy(); return }
        socket.write(Buffer.concat([handshake(ref.infoHash, reserved), ...(reserved[5] === 0 ? [] : [extended(0, 'd1:md6:ut_pexi1eee')]), message(14), message(1)]))
        answerBlocks(socket, body)
      })
    })
    ends.push(close)
    const lacking = refOf(Buffer.from('lacking'))
    const got = await fetchAll([...refs, lacking], { candidates: [tcpCandidate('127.0.0.1', port)] })
    assert.equal(refs.map(({ infoHash }) => got.bodies.get(infoHash)), bodies)
    assert.equal(got.absent, [lacking.infoHash])
  }
})

test('a silent peer holds nobody up', async () => {
  await impatient(2000)
  const refs = await putMany(200)
  const { port, close } = await fakePeer(() => {})
  ends.push(close)
  const got = await fetchAll(refs, { candidates: [tcpCandidate('127.0.0.1', port, { id: 'silent' }), served(store, 'good')], concurrency: 1 })
  assert.is(got.bodies.size, 200)
})

test('one who cannot be reached is a fault, and nobody at all is no fault', async () => {
  const ref = refOf(Buffer.from('x'))
  const dead = await fetchAll([ref], { candidates: [{ id: 'dead', open: async () => { throw new Error('no route') } }] })
  assert.equal([dead.absent, dead.faults], [[ref.infoHash], [{ id: 'dead', reason: 'UNREACHABLE' }]])
  const nobody = await fetchAll([ref, ref], { candidates: [] })
  assert.equal([nobody.absent, nobody.faults], [[ref.infoHash], []])
  assert.is((await fetchAll([], { candidates: [] })).absent.length, 0)
})

test('one who does not connect in time is a fault, however it ends', async () => {
  await impatient(400)
  const ref = refOf(Buffer.from('x'))
  const opens: Array<FetchCandidate['open']> = [
    async () => await new Promise(() => {}),
    async ({ signal }) => await new Promise((_, reject) => { signal.addEventListener('abort', () => { reject(new Error('mine')) }) }),
    async ({ signal }) => await new Promise(resolve => { signal.addEventListener('abort', () => { resolve(duplexPair()[0]) }) })
  ]
  for (const open of opens) {
    const slow = await fetchAll([ref], { candidates: [{ id: 'slow', open }] })
    assert.equal([slow.absent, slow.faults], [[ref.infoHash], [{ id: 'slow', reason: 'STALLED' }]])
  }
})

test('a wrong length in a reference makes it absent and nobody guilty', async () => {
  const [ref, other] = await putMany(2) as [TorrentRef, TorrentRef]
  const got = await fetchAll([{ ...ref, length: 7 }, other], { candidates: [served(store, 'good')] })
  assert.equal([got.absent, [...got.bodies.keys()], got.faults], [[ref.infoHash], [other.infoHash], []])
})

test('more than one connection may carry goes over the next one', async () => {
  const small = await createTorrentStore({ db: createMemoryBlobs(), limits: { maxBatchIds: 40 } })
  reader = await createTorrentStore({ db: createMemoryBlobs(), limits: { maxBatchIds: 40, maxBatchWanted: 16 } })
  ends.push(async () => { await small.close() })
  const refs = await Promise.all(Array.from({ length: 100 }, async (_, i) => await small.put(Buffer.from(`body ${i}`))))
  const candidate = served(small, 'small')
  const got = await fetchAll(refs, { candidates: [candidate] })
  assert.is(got.bodies.size, 100)
  assert.is(candidate.opened, 3)
  assert.equal(got.faults, [])
})

test('a caller that is slow stops the asking', async () => {
  const bounded = await createTorrentStore({ db: createMemoryBlobs(), limits: { maxBatchPending: 32, maxBatchWanted: 32 } })
  ends.push(async () => { await bounded.close() })
  const refs = await putMany(300)
  const asked = new Set<InfoHash>()
  const candidate = served(store, 'good', { mayServe: infoHash => { asked.add(infoHash); return true } })
  const results = bounded.fetchMany(refs, { candidates: [candidate] })[Symbol.asyncIterator]()
  await results.next()
  await new Promise(resolve => { setTimeout(resolve, 100) })
  assert.ok(asked.size <= 34, `${asked.size}`)
  let left = 0
  for (let next = await results.next(); next.done !== true; next = await results.next()) left++
  assert.is(left, 299)
})

test('leaving the loop, aborting and closing end the connections', async () => {
  const refs = await putMany(300)
  const listener: Listener = await store.listen()
  const candidates = [tcpCandidate(listener.host, listener.port)]
  for await (const { body } of reader.fetchMany(refs, { candidates })) {
    assert.ok(body)
    break
  }
  await until(() => listener.connections === 0)

  const controller = new AbortController()
  const reason = new Error('enough')
  const aborted = async (): Promise<void> => {
    for await (const { body } of reader.fetchMany(refs, { candidates, signal: controller.signal })) if (body !== undefined) controller.abort(reason)
  }
  await aborted().then(() => assert.unreachable(), (error: unknown) => { assert.is(error, reason) })
  await aborted().then(() => assert.unreachable(), (error: unknown) => { assert.is(error, reason) }) // before it began
  await until(() => listener.connections === 0)

  const results = reader.fetchMany(refs, { candidates })[Symbol.asyncIterator]()
  await results.next()
  await reader.close()
  await results.next().then(() => assert.unreachable(), (error: unknown) => { assert.is((error as TorrentStoreError).code, 'CLOSED') })
  await until(() => listener.connections === 0)
  assert.throws(() => reader.fetchMany(refs, { candidates }), (error: unknown) => (error as TorrentStoreError).code === 'CLOSED')
})

test('a waiting caller hears of the abort', async () => {
  const { port, sockets, close } = await fakePeer(() => {})
  ends.push(close)
  const controller = new AbortController()
  const next = reader.fetchMany([refOf(Buffer.from('x'))], { candidates: [tcpCandidate('127.0.0.1', port)], signal: controller.signal })[Symbol.asyncIterator]().next()
  await until(() => sockets.size === 1)
  controller.abort(new Error('enough'))
  await next.then(() => assert.unreachable(), (error: unknown) => { assert.is((error as Error).message, 'enough') })
  await until(() => sockets.size === 0)
})

test('time that is up makes the rest absent', async () => {
  const { port, sockets, close } = await fakePeer(() => {})
  ends.push(close)
  const patient = await createTorrentStore({ db: createMemoryBlobs() })
  ends.push(async () => { await patient.close() })
  reader = patient
  const refs = [refOf(Buffer.from('x')), refOf(Buffer.from('y'))]
  const got = await fetchAll(refs, { candidates: [tcpCandidate('127.0.0.1', port)], timeoutMs: 100 })
  assert.is(got.absent.length, 2)
  await until(() => sockets.size === 0)
})

test('the ordinary wire is as it was beside the extension', async () => {
  const body = randomBody(40_000)
  const ref = await store.put(body)
  for (const wanted of [ref, { infoHash: ref.infoHash }]) {
    const fetched = await reader.fetch(wanted, { candidates: [served(store, 'announces')] })
    assert.equal(Buffer.from(fetched.body), Buffer.from(body))
    assert.equal(fetched.faults, [])
  }
})

test.run()
