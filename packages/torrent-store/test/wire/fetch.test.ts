// Seeders that fail or attack, and what a fetch says about them.
import { createHash } from 'node:crypto'
import { duplexPair, PassThrough, type Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, fetchOver, DEFAULT_LIMITS, infoDict, parseInfoHash, refOf, tcpCandidate, TorrentStoreError, type FetchCandidate, type FetchOptions, type PartialTorrentRef, type PeerFault, type TorrentRef, type TorrentStore } from '../../src/index.ts'
import { extended, fakePeer, handshake, message, randomBody, seedWith, uint32, until } from '../bodies.ts'

const test = suite('fetch')
const body = randomBody(40_000)
const ref = refOf(body)
let store: TorrentStore
const ends: Array<() => Promise<void>> = []
test.before.each(async () => { store = await createTorrentStore({ db: createMemoryBlobs(), limits: { candidateTimeoutMs: 1500 } }) })
test.after.each(async () => {
  for (const end of ends.splice(0)) await end()
  await store.close()
})

async function peer (behave: (socket: Socket) => void, id = 'peer'): Promise<FetchCandidate> {
  const { port, close } = await fakePeer(behave)
  ends.push(close)
  return tcpCandidate('127.0.0.1', port, { id })
}
const good = async (id = 'good'): Promise<FetchCandidate> => await peer(socket => { seedWith(socket, ref, body) }, id)
const dead = (id = 'dead'): FetchCandidate => ({ id, open: async () => { throw new Error('no route') } })
const silent = async (id = 'silent'): Promise<FetchCandidate> => await peer(() => {}, id)

async function failure (work: Promise<unknown>): Promise<{ code: string, faults: readonly PeerFault[] }> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof TorrentStoreError)) throw error
    return { code: error.code, faults: error.faults }
  }
  throw new Error('the fetch should have failed')
}

async function faultOf (behave: (socket: Socket) => void, wanted: PartialTorrentRef = ref): Promise<string | undefined> {
  const { code, faults } = await failure(store.fetch(wanted, { candidates: [await peer(behave)] }))
  assert.is(code, 'NOT_FOUND')
  assert.is(faults.length, 1)
  return faults[0]?.reason
}

const hello = (): Buffer => handshake(ref.infoHash)
/** A seed that offers metadata under id 3 and answers the first request with `answer`. */
const offers = (size: number, answer: Uint8Array) => (socket: Socket): void => {
  socket.write(Buffer.concat([hello(), extended(0, `d1:md11:ut_metadatai3ee13:metadata_sizei${size}ee`)]))
  socket.on('data', chunk => { if (chunk.includes('8:msg_type')) socket.write(answer) })
}

test('wrong bytes are a fault', async () => {
  assert.is(await faultOf(socket => { seedWith(socket, ref, randomBody(40_000)) }), 'BAD_BYTES')
  const flipped = Uint8Array.from(body)
  flipped[39_999] = (flipped[39_999] ?? 0) ^ 1
  assert.is(await faultOf(socket => { seedWith(socket, ref, flipped) }), 'BAD_BYTES')
})

test('each way to fail has its name', async () => {
  assert.is(await faultOf(socket => { socket.destroy() }), 'ABSENT')
  assert.is(await faultOf(socket => { socket.end(hello()) }), 'CLOSED')
  assert.is(await faultOf(socket => { socket.end(Buffer.concat([hello(), message(14), message(1), message(7, uint32(0, 0), body.subarray(0, 16_384))])) }), 'CLOSED')
  assert.is(await faultOf(() => {}), 'STALLED')
  assert.is(await faultOf(socket => { socket.write(hello()) }), 'STALLED')
  assert.is(await faultOf(socket => { socket.write(Buffer.concat([hello(), message(1), message(7, uint32(0, 0), body.subarray(0, 16_384))])) }), 'STALLED')
  assert.is(await faultOf(socket => { socket.write(handshake('f'.repeat(40))) }), 'BAD_PROTOCOL')
  assert.is(await faultOf(socket => { socket.write(Buffer.concat([hello(), uint32(0xffffffff), body])) }), 'BAD_PROTOCOL')
  assert.is(await faultOf(socket => {
    socket.write(Buffer.concat([hello(), message(14), message(1)]))
    socket.on('data', () => { socket.write(Buffer.concat([0, 16_384, 32_768].map(offset => message(16, uint32(0, offset, Math.min(16_384, 40_000 - offset)))))) })
  }), 'REFUSED')
  assert.is((await failure(store.fetch(ref, { candidates: [dead()] }))).faults[0]?.reason, 'UNREACHABLE')
  assert.is((await failure(store.fetch(ref, { candidates: [tcpCandidate('127.0.0.1', 1)] }))).faults[0]?.reason, 'UNREACHABLE')
  assert.equal(await failure(store.fetch(ref, { candidates: [] })), { code: 'NOT_FOUND', faults: [] })
})

test('a seeder that pours gets cut off', async () => {
  let poured = 0
  const fault = await faultOf(socket => {
    socket.write(hello())
    const chunk = Buffer.concat(Array.from({ length: 1000 }, () => message(7, uint32(0, 0), body.subarray(0, 1000))))
    const pour = (): void => {
      while (!socket.destroyed && poured < 200 << 20) {
        poured += chunk.length
        if (!socket.write(chunk)) { socket.once('drain', pour); return }
      }
    }
    pour()
  })
  assert.is(fault, 'TOO_MANY_BYTES')
  assert.ok(poured < 50 << 20)
})

test('metadata that is not a body of ours is refused before anything parses it', async () => {
  const unknown = { infoHash: ref.infoHash }
  const answer = (info: Uint8Array | string): Buffer => extended(1, Buffer.concat([Buffer.from('d8:msg_typei1e5:piecei0e10:total_sizei9ee'), typeof info === 'string' ? Buffer.from(info) : info]))
  assert.is(await faultOf(offers(infoDict(body).length, answer('garbage')), unknown), 'NOT_A_BODY')
  assert.is(await faultOf(offers(infoDict(body).length, answer(infoDict(randomBody(5)))), unknown), 'NOT_A_BODY')
  assert.is(await faultOf(offers(10_000_000, answer('')), unknown), 'NOT_A_BODY')
  assert.is(await faultOf(offers(-1, answer('')), unknown), 'NOT_A_BODY')
  assert.is(await faultOf(offers(100, extended(1, 'd8:msg_typei2e5:piecei0ee')), unknown), 'REFUSED')
  assert.is(await faultOf(offers(100, extended(1, 'd8:msg_typei1e5:piecei99999ee')), unknown), 'STALLED')
  assert.is(await faultOf(offers(100, extended(1, 'l-3:e')), unknown), 'BAD_PROTOCOL')
  assert.is(await faultOf(socket => { socket.write(Buffer.concat([hello(), extended(0, 'de')])) }, unknown), 'STALLED')
  // An info dict that does hash to the wanted infohash, and would make a careless parser loop for ever.
  const trap = Buffer.from('l-3:e')
  const infoHash = parseInfoHash(createHash('sha1').update(trap).digest('hex'))
  assert.is(await faultOf(socket => {
    socket.write(Buffer.concat([handshake(infoHash), extended(0, 'd1:md11:ut_metadatai3ee13:metadata_sizei5ee')]))
    socket.on('data', chunk => { if (chunk.includes('8:msg_type')) socket.write(answer(trap)) })
  }, { infoHash }), 'NOT_A_BODY')
})

test('a wrong length in a reference does not disturb those who know the right one', async () => {
  const candidates = [await good()]
  const [wrong, right] = await Promise.allSettled([store.fetch({ ...ref, length: 40_001 }, { candidates }), store.fetch(ref, { candidates })])
  assert.is(wrong?.status, 'rejected')
  assert.is(right?.status, 'fulfilled')
  for (const length of [0, -1, 1.5, 65_537, Number.NaN]) {
    assert.is((await failure(store.fetch({ ...ref, length }, { candidates }))).faults[0]?.reason, 'NOT_A_BODY')
  }
})

test('a seeder that chokes in between still delivers', async () => {
  const candidate = await peer(socket => {
    socket.write(Buffer.concat([handshake(ref.infoHash, [0, 0, 0, 0, 0, 0, 0, 0]), message(5, Buffer.of(0x80)), message(1)]))
    let choked = false
    socket.on('data', chunk => {
      if (chunk.indexOf(uint32(13)) === -1) return
      if (!choked) {
        choked = true
        socket.write(Buffer.concat([message(0), message(1)])) // drops the requests
        return
      }
      for (let offset = 0; offset < 40_000; offset += 16_384) socket.write(message(7, uint32(0, offset), body.subarray(offset, offset + 16_384)))
    })
  })
  assert.equal(Buffer.from((await store.fetch(ref, { candidates: [candidate] })).body), Buffer.from(body))
})

test('the next candidate follows a failed one at once, and the faults are told', async () => {
  const wrong = await peer(socket => { seedWith(socket, ref, randomBody(40_000)) }, 'wrong')
  const fetched = await store.fetch(ref, { candidates: [dead(), wrong, await good()], hedgeDelayMs: 1_000_000 })
  assert.equal({ from: fetched.from, faults: fetched.faults }, { from: 'good', faults: [{ id: 'dead', reason: 'UNREACHABLE' }, { id: 'wrong', reason: 'BAD_BYTES' }] })
})

test('the next candidate follows a slow one after the delay, and the slow one is dropped', async () => {
  const slow = await fakePeer(() => {})
  ends.push(slow.close)
  const fetched = await store.fetch(ref, { candidates: [tcpCandidate('127.0.0.1', slow.port), await good()], hedgeDelayMs: 20 })
  assert.is(fetched.from, 'good')
  await until(() => slow.sockets.size === 0)
})

test('stalled candidates give their slots to later ones', async () => {
  const candidates = [...await Promise.all(Array.from({ length: 6 }, async (_, i) => await silent(`silent ${i}`))), await good()]
  assert.is((await store.fetch(ref, { candidates, hedgeDelayMs: 5 })).from, 'good')
})

test('a timeout says what the candidates did until then', async () => {
  const { code, faults } = await failure(store.fetch(ref, { candidates: [dead(), await silent()], timeoutMs: 60 }))
  assert.is(code, 'TIMEOUT')
  assert.equal(faults, [{ id: 'dead', reason: 'UNREACHABLE' }])
})

test('fetches of one body at the same time share one connection, but not their bytes', async () => {
  let connections = 0
  const candidate = await peer(socket => { connections++; seedWith(socket, ref, body) })
  const fetched = await Promise.all(Array.from({ length: 10 }, async () => await store.fetch(ref, { candidates: [candidate] })))
  assert.is(connections, 1)
  fetched[0]?.body.fill(0)
  assert.equal(Buffer.from(fetched[1]?.body ?? []), Buffer.from(body))
  await store.fetch(ref, { candidates: [candidate] })
  assert.is(connections, 2)
})

test('a shared fetch uses the candidates of all callers and lives as long as one waits', async () => {
  const reason = new Error('enough')
  const controller = new AbortController()
  const first = store.fetch(ref, { candidates: [await silent()], signal: controller.signal })
  const second = store.fetch(ref, { candidates: [await good()], hedgeDelayMs: 1 })
  controller.abort(reason)
  assert.is(await first.catch((error: unknown) => error), reason)
  assert.is((await second).from, 'good')
})

test('an abort frees connections and timers, also of a candidate that opens too late', async () => {
  const quiet = await fakePeer(() => {})
  ends.push(quiet.close)
  const before = activeTimers()
  const late = new PassThrough()
  let openLate: (duplex: Duplex) => void = () => {}
  let asked = false
  const options = (signal: AbortSignal): FetchOptions => ({
    candidates: [tcpCandidate('127.0.0.1', quiet.port), { id: 'late', open: async () => await new Promise(resolve => { asked = true; openLate = resolve }) }], hedgeDelayMs: 1, signal
  })
  const controller = new AbortController()
  const fetching = store.fetch(ref, options(controller.signal))
  await until(() => quiet.sockets.size === 1 && asked)
  controller.abort(new Error('enough'))
  assert.match((await fetching.catch((error: unknown) => error) as Error).message, 'enough')
  openLate(late)
  await until(() => quiet.sockets.size === 0 && late.destroyed)
  await until(() => activeTimers() <= before + 1) // the one of `until` itself
  assert.match((await store.fetch(ref, options(AbortSignal.abort(new Error('before')))).catch((error: unknown) => error) as Error).message, 'before')
})

function activeTimers (): number {
  return process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
}

test('fetchOver works alone, and its abort destroys the duplex', async () => {
  const options = { peerId: Buffer.alloc(20, 'x'), limits: DEFAULT_LIMITS }
  const source = await createTorrentStore({ db: createMemoryBlobs() })
  const known: TorrentRef = await source.put(body)
  const pair = duplexPair()
  source.serve(pair[1])
  const verdict = await fetchOver(pair[0], known, options)
  assert.ok(verdict.ok && Buffer.compare(verdict.body, body) === 0)
  await until(() => pair[0].destroyed && pair[1].destroyed)
  const controller = new AbortController()
  const [mine, theirs] = duplexPair()
  const pending = fetchOver(mine, known, { ...options, signal: controller.signal })
  controller.abort(new Error('enough'))
  assert.match((await pending.catch((error: unknown) => error) as Error).message, 'enough')
  assert.ok(mine.destroyed)
  theirs.destroy()
  const ended = duplexPair()[0]
  ended.destroy()
  assert.equal(await fetchOver(ended, known, options), { ok: false, reason: 'ABSENT' })
  await source.close()
})

test('closing the store ends its fetches', async () => {
  const fetching = failure(store.fetch(ref, { candidates: [await silent()] }))
  await store.close()
  assert.is((await fetching).code, 'CLOSED')
  assert.is((await failure(store.fetch(ref, { candidates: [] }))).code, 'CLOSED')
})

test.run()
