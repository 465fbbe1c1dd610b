// Both ends of sb_bodies against one that attacks. Whatever it does, the connection ends, memory stays bounded, and
// what it owes comes from somebody else. An uncaught exception fails the file in the runner.
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, refOf, tcpCandidate, type InfoHash, type Listener, type PeerFault, type TorrentRef, type TorrentStore } from '../../src/index.ts'
import { writeBody, writeIds, writeWanted } from '../../src/wire/batch-message.ts'
import { extended, fakePeer, handshake, message, randomBody, until } from '../bodies.ts'

const test = suite('hostile ends of sb_bodies')
/** Only a bound can end what a test waits for: both ends run in one process, which on a busy machine stands still longer than any deadline. */
const PATIENT = { candidateTimeoutMs: 60_000, handshakeTimeoutMs: 60_000, idleTimeoutMs: 60_000, maxServeMs: 60_000, batchStallMs: 60_000 }
const ID = 7
const hello = extended(0, `d1:md9:sb_bodiesi${ID}eee`)
/** The extension's id at our server: ut_metadata comes first. */
const THEIRS = 2
let store: TorrentStore
let listener: Listener
let refs: TorrentRef[]
const bodies = Array.from({ length: 20 }, (_, i) => i === 0 ? randomBody(65_536) : randomBody(100 + i))
const ends: Array<() => Promise<void>> = []
test.before.each(async () => {
  store = await createTorrentStore({ db: createMemoryBlobs(), limits: PATIENT })
  listener = await store.listen()
  refs = await Promise.all(bodies.map(async body => await store.put(body)))
})
test.after.each(async () => {
  for (const end of ends.splice(0)) await end()
  const { got } = await fetchFrom([tcpCandidate(listener.host, listener.port)]) // the next honest one is served
  assert.is(got.length, bodies.length)
  await store.close()
})

const idOf = (i: number): InfoHash => (refs[i] as TorrentRef).infoHash
const bodyMessage = (infoHash: InfoHash, body: Uint8Array): Buffer => extended(ID, writeBody(infoHash, body))

async function fetchFrom (candidates: Array<ReturnType<typeof tcpCandidate>>, reader = store): Promise<{ got: InfoHash[], faults: PeerFault[] }> {
  const got: InfoHash[] = []
  const faults: PeerFault[] = []
  for await (const { infoHash, body } of reader.fetchMany(refs, { candidates, timeoutMs: 60_000, onFault: fault => { faults.push(fault) } })) {
    if (body === undefined) continue
    assert.is(refOf(body).infoHash, infoHash)
    got.push(infoHash)
  }
  return { got, faults }
}

// Requesters

async function opened (to: Listener = listener): Promise<Socket> {
  const socket = connect({ host: to.host, port: to.port, noDelay: true })
  await new Promise(resolve => { socket.once('connect', resolve) })
  socket.on('error', () => {})
  return socket
}

/** Says hello, waits for the answer, sends chunks, and waits for the other side to end the connection, or for enough. */
async function attack (chunks: readonly Uint8Array[], isEnough: (received: Buffer) => boolean = () => false): Promise<Buffer> {
  const socket = await opened()
  let received = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => { received = Buffer.concat([received, chunk]) })
  let closed = false
  socket.once('close', () => { closed = true })
  socket.write(handshake(idOf(1)))
  await until(() => received.includes('sb_bodies'))
  for (const chunk of chunks) socket.write(chunk)
  await until(() => closed || isEnough(received))
  socket.destroy()
  return received
}

const want = (...ids: InfoHash[]): Buffer => extended(THEIRS, writeWanted('want', 0, ids))
const faulty: Record<string, () => Uint8Array[]> = {
  'an empty message': () => [hello, extended(THEIRS, '')],
  'a want of nothing': () => [hello, extended(THEIRS, Buffer.of(0, 0))],
  'a want without a priority': () => [hello, extended(THEIRS, Buffer.of(0))],
  'a raise of nothing': () => [hello, extended(THEIRS, Buffer.of(4, 9))],
  'a truncated infohash': () => [hello, extended(THEIRS, want(idOf(1)).subarray(6, -1))],
  'too many infohashes in a message': () => [hello, extended(THEIRS, Buffer.concat([Buffer.of(0, 0), randomBytes(513 * 20)]))],
  'a cancel of nothing': () => [hello, extended(THEIRS, Buffer.of(1))],
  'a body': () => [hello, extended(THEIRS, writeBody(idOf(1), bodies[1] as Uint8Array))],
  'absence': () => [hello, extended(THEIRS, writeIds('absent', [idOf(1)]))],
  'a question without an extended handshake': () => [want(idOf(1))],
  'a question after a handshake without the extension': () => [extended(0, 'd1:md6:ut_pexi1eee'), want(idOf(1))],
  'the extension under id 0': () => [extended(0, 'd1:md9:sb_bodiesi0eee'), want(idOf(1))],
  'the extension under a dict': () => [extended(0, 'd1:md9:sb_bodiesd8:toStringi5eeeee'), want(idOf(1))],
  'more than the queue holds': () => [hello, ...Array.from({ length: 3 }, () => extended(THEIRS, Buffer.concat([Buffer.of(0, 0), randomBytes(512 * 20)])))],
  'a message longer than the bound': () => [hello, extended(THEIRS, Buffer.concat([Buffer.of(9), randomBytes(40_000)]))]
}
for (const [name, chunks] of Object.entries(faulty)) {
  test(`a requester that sends ${name} is cut off at once`, async () => {
    await attack(chunks())
  })
}

test('a message of a later version is ignored', async () => {
  const answer = bodyMessage(idOf(1), bodies[1] as Uint8Array)
  const received = await attack([hello, extended(THEIRS, Buffer.of(200)), extended(THEIRS, Buffer.of(5, 1, 2, 3)), want(idOf(1))], received => received.includes(answer))
  assert.ok(received.includes(answer))
})

test('bodies come in the order of the questions, and absence before them', async () => {
  const lacking = refOf(Buffer.from('lacking')).infoHash
  const answers = Buffer.concat([extended(ID, writeIds('absent', [lacking, lacking])), ...[3, 2, 3].map(i => bodyMessage(idOf(i), bodies[i] as Uint8Array))])
  const received = await attack([hello, want(idOf(3), lacking, idOf(2), idOf(3), lacking)], received => received.length >= answers.length + 68 && received.includes(bodyMessage(idOf(3), bodies[3] as Uint8Array), received.indexOf(bodyMessage(idOf(2), bodies[2] as Uint8Array))))
  assert.ok(received.includes(answers))
})

test('a million infohashes end the connection, not the memory', async () => {
  const socket = await opened()
  socket.write(Buffer.concat([handshake(idOf(1)), hello]))
  socket.resume()
  let sent = 0
  const chunk = Buffer.concat(Array.from({ length: 4 }, () => extended(THEIRS, Buffer.concat([Buffer.of(0, 0), randomBytes(500 * 20)]))))
  await new Promise(resolve => { setTimeout(resolve, 50) })
  const closed = new Promise<void>(resolve => { socket.once('close', () => { resolve() }) })
  const pour = (): void => {
    while (!socket.destroyed && sent < 1_000_000) {
      sent += 2000
      if (!socket.write(chunk)) { socket.once('drain', pour); return }
    }
  }
  pour()
  await closed
  assert.ok(sent < 1_000_000, `took ${sent}`)
})

test('nobody gets more over one connection than the bound on bodies', async () => {
  const received = await attack([hello, ...Array.from({ length: 9 }, () => want(...Array.from({ length: 500 }, () => idOf(1))))])
  assert.ok(received.length < 4096 * 200)
})

test('for a requester that never reads little is read, and it is cut off', async () => {
  let read = 0
  const blobs = createMemoryBlobs()
  const counting = await createTorrentStore({ db: { ...blobs, getMany: async ids => { read += ids.length; return await blobs.getMany(ids) } }, limits: { ...PATIENT, batchStallMs: 300 } })
  for (const body of bodies) await counting.put(body)
  const watched = await counting.listen()
  ends.push(async () => { await counting.close() })
  const sockets = await Promise.all(Array.from({ length: 5 }, async () => await opened(watched)))
  for (const socket of sockets) {
    socket.pause()
    socket.write(handshake(idOf(1)))
    const ids = Array.from({ length: 500 }, () => idOf(0))
    setTimeout(() => { socket.write(Buffer.concat([hello, want(...ids), want(...ids)])) }, 50)
  }
  const alive = setInterval(() => { for (const socket of sockets) if (!socket.destroyed) socket.write(Buffer.alloc(4)) }, 50) // not idle
  await until(() => read > 0)
  await until(() => watched.connections === 0)
  clearInterval(alive)
  assert.ok(read < 2500, `${read}`) // of 5,000; the system's own buffers take some megabytes of each connection
  for (const socket of sockets) socket.destroy()
})

// Servers

/** A server that speaks the extension and answers the first question with what `answer` gives. */
async function server (answer: (asked: InfoHash[], socket: Socket) => Uint8Array | null): Promise<{ candidate: ReturnType<typeof tcpCandidate>, sockets: Set<Socket> }> {
  const { port, sockets, close } = await fakePeer(socket => {
    let asked = false
    socket.once('data', (first: Buffer) => {
      socket.write(Buffer.concat([handshake(first.toString('hex', 28, 48)), message(14), hello]))
      socket.on('data', (chunk: Buffer) => {
        const at = chunk.indexOf(Buffer.of(20, ID, 0))
        if (asked || at === -1) return
        asked = true
        const count = (chunk.readUInt32BE(at - 4) - 4) / 20
        const reply = answer(Array.from({ length: count }, (_, i) => chunk.toString('hex', at + 4 + 20 * i, at + 24 + 20 * i) as InfoHash), socket)
        if (reply !== null) socket.write(reply)
      })
    })
  })
  ends.push(close)
  return { candidate: tcpCandidate('127.0.0.1', port, { id: 'bad' }), sockets }
}

/** The extension's id at our requester: it announces nothing else. */
const OURS = 1
const sent = (infoHash: InfoHash, body: Uint8Array): Buffer => extended(OURS, writeBody(infoHash, body))
const bodyOf = (infoHash: InfoHash): Uint8Array => bodies[refs.findIndex(ref => ref.infoHash === infoHash)] as Uint8Array
const servers: Record<string, { reason: string, answer: (asked: InfoHash[], socket: Socket) => Uint8Array | null }> = {
  'wrong bytes': { reason: 'BAD_BYTES', answer: ([id]) => sent(id as InfoHash, randomBody(50)) },
  'another body than it names': { reason: 'BAD_BYTES', answer: ([id, other]) => sent(id as InfoHash, bodyOf(other as InfoHash)) },
  'a body that nobody asked for': { reason: 'BAD_PROTOCOL', answer: () => sent(refOf(Buffer.from('unasked')).infoHash, Buffer.from('unasked')) },
  'a body twice': { reason: 'BAD_PROTOCOL', answer: ([id]) => Buffer.concat([sent(id as InfoHash, bodyOf(id as InfoHash)), sent(id as InfoHash, bodyOf(id as InfoHash))]) },
  'absence that nobody asked about': { reason: 'BAD_PROTOCOL', answer: () => extended(OURS, writeIds('absent', ['f'.repeat(40) as InfoHash])) },
  'a body of no bytes': { reason: 'BAD_PROTOCOL', answer: ([id]) => extended(OURS, Buffer.concat([Buffer.of(2), Buffer.from(id as string, 'hex')])) },
  'a body of half an infohash': { reason: 'BAD_PROTOCOL', answer: () => extended(OURS, Buffer.concat([Buffer.of(2), randomBytes(10)])) },
  'a body too long by one byte': { reason: 'BAD_PROTOCOL', answer: ([id]) => sent(id as InfoHash, randomBody(65_537)) },
  'a message of 4 GiB': { reason: 'BAD_PROTOCOL', answer: () => Buffer.concat([Buffer.from('ffffffff', 'hex'), Buffer.of(20, ID, 2)]) },
  'an empty message': { reason: 'BAD_PROTOCOL', answer: () => extended(OURS, '') },
  'a question': { reason: 'BAD_PROTOCOL', answer: ([id]) => extended(OURS, writeWanted('want', 0, [id as InfoHash])) },
  'a raise': { reason: 'BAD_PROTOCOL', answer: ([id]) => extended(OURS, writeWanted('raise', 1, [id as InfoHash])) },
  'nothing': { reason: 'STALLED', answer: () => null },
  'only messages of a later version': { reason: 'STALLED', answer: () => extended(OURS, Buffer.of(99, 1, 2)) },
  'half a body': { reason: 'STALLED', answer: ([id]) => sent(id as InfoHash, bodyOf(id as InfoHash)).subarray(0, 40) },
  'the end': { reason: 'CLOSED', answer: (_, socket) => { socket.end(); return null } }
}
for (const [name, { reason, answer }] of Object.entries(servers)) {
  test(`a server that answers with ${name} is dropped, and the others are asked`, async () => {
    const { candidate, sockets } = await server(answer)
    const impatient = await createTorrentStore({ db: createMemoryBlobs(), limits: { candidateTimeoutMs: 300 } })
    ends.push(async () => { await impatient.close() })
    const alone = await fetchFrom([candidate], reason === 'STALLED' ? impatient : store)
    assert.equal(alone.faults, [{ id: 'bad', reason }])
    assert.ok(alone.got.length <= 1)
    await until(() => sockets.size === 0)
    const together = await fetchFrom([candidate, tcpCandidate(listener.host, listener.port)])
    assert.is(together.got.length, bodies.length)
  })
}

test('what a server owes that fell silent comes from another one before its time is over', async () => {
  const { candidate, sockets } = await server(([id]) => sent(id as InfoHash, bodyOf(id as InfoHash)))
  const late = tcpCandidate(listener.host, listener.port)
  const { got, faults } = await fetchFrom([candidate, { ...late, open: async options => { await until(() => sockets.size > 0); return await late.open(options) } }])
  assert.is(got.length, bodies.length)
  assert.equal(faults, [])
})

test('a server that pours is cut off', async () => {
  let poured = 0
  const { candidate, sockets } = await server((_, socket) => {
    const chunk = Buffer.concat(Array.from({ length: 50 }, () => extended(OURS, Buffer.concat([Buffer.of(99), randomBytes(1000)]))))
    const pour = (): void => {
      while (!socket.destroyed && poured < 200 << 20) {
        poured += chunk.length
        if (!socket.write(chunk)) { socket.once('drain', pour); return }
      }
    }
    pour()
    return null
  })
  assert.equal((await fetchFrom([candidate])).faults, [{ id: 'bad', reason: 'TOO_MANY_BYTES' }])
  await until(() => sockets.size === 0)
  assert.ok(poured < 50 << 20, `${poured}`)
})

test('a server that closes after each body does not keep us for ever', async () => {
  const { candidate } = await server(([id], socket) => {
    socket.end(sent(id as InfoHash, bodyOf(id as InfoHash)))
    return null
  })
  const { got, faults } = await fetchFrom([candidate])
  assert.is(got.length, bodies.length) // each connection was worth it
  assert.ok(faults.every(({ reason }) => reason === 'CLOSED'))
})

test('garbage after a good beginning, to both ends', async () => {
  const garbage = fc.array(fc.tuple(fc.constantFrom(0, 1, 2, 3, 4, 255), fc.uint8Array({ maxLength: 60 })), { minLength: 1, maxLength: 8 })
  await fc.assert(fc.asyncProperty(garbage, async parts => {
    const socket = await opened()
    socket.resume()
    const closed = new Promise(resolve => { socket.once('close', resolve) })
    socket.write(handshake(idOf(1)))
    await new Promise(resolve => { socket.once('data', resolve) })
    socket.end(Buffer.concat([hello, ...parts.map(([type, bytes]) => extended(THEIRS, Buffer.concat([Buffer.of(type), bytes])))]))
    await closed
    const { candidate } = await server((_, far) => { far.end(Buffer.concat(parts.map(([type, bytes]) => extended(OURS, Buffer.concat([Buffer.of(type), bytes]))))); return null })
    assert.is((await fetchFrom([candidate])).got.length, 0)
    for (const end of ends.splice(0)) await end()
  }), { numRuns: 60 })
})

test.run()
