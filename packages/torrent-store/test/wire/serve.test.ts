// Serving to our own fetch over TCP: every boundary, plain and encrypted, with and without the length.
import { duplexPair } from 'node:stream'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, infoDict, infoHashOf, parseInfoHash, refOf, tcpCandidate, type TorrentStoreError, type Listener, type TorrentStore } from '../../src/index.ts'
import { BOUNDARY_LENGTHS, extended, handshake, message, randomBody, uint32, until } from '../bodies.ts'

const test = suite('serve')
let store: TorrentStore
let listener: Listener
test.before.each(async () => {
  store = await createTorrentStore({ db: createMemoryBlobs() })
  listener = await store.listen()
})
test.after.each(async () => { await store.close() })

for (const length of BOUNDARY_LENGTHS) {
  test(`${length} bytes arrive`, async () => {
    const body = randomBody(length)
    const ref = await store.put(body)
    for (const encrypt of [false, true]) {
      for (const wanted of [ref, { infoHash: ref.infoHash }]) {
        const candidate = tcpCandidate(listener.host, listener.port, { encrypt })
        const fetched = await store.fetch(wanted, { candidates: [candidate] })
        assert.equal(Buffer.from(fetched.body), Buffer.from(body))
        assert.equal({ ...fetched, body: null }, { body: null, ref, from: candidate.id, faults: [] })
      }
    }
  })
}

test('any body arrives as it was put', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 20_000 }), fc.boolean(), fc.boolean(), async (body, encrypt, knownLength) => {
    const ref = await store.put(body)
    const fetched = await store.fetch(knownLength ? ref : { infoHash: ref.infoHash }, { candidates: [tcpCandidate(listener.host, listener.port, { encrypt })] })
    assert.equal(Buffer.from(fetched.body), Buffer.from(body))
  }), { numRuns: 40 })
})

test('500 bodies come over 50 connections at a time', async () => {
  const refs = await Promise.all(Array.from({ length: 500 }, async (_, i) => await store.put(Buffer.from(`body ${i}`))))
  const queue = [...refs]
  let fetched = 0
  await Promise.all(Array.from({ length: 50 }, async () => {
    for (let ref = queue.pop(); ref !== undefined; ref = queue.pop()) {
      await store.fetch(ref, { candidates: [tcpCandidate(listener.host, listener.port)] })
      fetched++
    }
  }))
  assert.is(fetched, 500)
  await until(() => listener.connections === 0)
})

/** All that a downloader sees of a body: the faults of a plain and an encrypted fetch. */
async function seenOf (infoHash: string, from: Listener = listener): Promise<unknown[]> {
  const seen: unknown[] = []
  for (const encrypt of [false, true]) {
    try {
      await store.fetch({ infoHash: parseInfoHash(infoHash) }, { candidates: [tcpCandidate(from.host, from.port, { encrypt, id: 'peer' })] })
      seen.push('served')
    } catch (error) {
      seen.push((error as TorrentStoreError).code, (error as TorrentStoreError).faults)
    }
  }
  return seen
}

test('what may not be served looks like what is not held', async () => {
  const { infoHash } = await store.put(Buffer.from('secret'))
  const absent = await seenOf('f'.repeat(40))
  assert.equal(absent, ['NOT_FOUND', [{ id: 'peer', reason: 'ABSENT' }], 'NOT_FOUND', [{ id: 'peer', reason: 'ABSENT' }]])
  const rules = [() => false, async () => false, () => { throw new Error('rule') }, async () => { throw new Error('rule') }]
  for (const mayServe of rules) {
    const strict = await store.listen({ mayServe })
    assert.equal(await seenOf(infoHash, strict), absent)
  }
  assert.equal(await seenOf(infoHash), ['served', 'served'])
})

test('an encrypted downloader gets no answer about a body that may not be served', async () => {
  // The second message of the handshake would already tell that the body is held.
  const asked: string[] = []
  const { infoHash } = await store.put(Buffer.from('secret'))
  const strict = await store.listen({ mayServe: hash => { asked.push(hash); return false } })
  await seenOf(infoHash, strict)
  assert.equal(asked, [infoHash, infoHash])
})

test('the rule is asked once a connection, encrypted or not', async () => {
  const { infoHash } = await store.put(Buffer.from('seen'))
  const seen: unknown[] = []
  const watched = await store.listen({ mayServe: hash => { seen.push(hash); return true } })
  await seenOf(infoHash, watched)
  assert.equal(seen, [infoHash, infoHash])
})

test('bytes that were damaged in storage are neither served nor returned', async () => {
  const blobs = createMemoryBlobs()
  const damaged = await createTorrentStore({ db: blobs })
  const { infoHash } = refOf(Buffer.from('what it was'))
  await blobs.put(infoHash, Buffer.from('what it became'))
  const port = await damaged.listen()
  assert.equal(await seenOf(infoHash, port), await seenOf('f'.repeat(40), port))
  await damaged.get(infoHash).then(() => assert.unreachable(), (error: unknown) => {
    assert.is((error as TorrentStoreError).code, 'STORAGE_FAILED')
  })
  await damaged.close()
})

test('storage that fails closes the connection', async () => {
  const blobs = { ...createMemoryBlobs(), get: async () => { throw new Error('disk') }, findByReq2: async () => { throw new Error('disk') } }
  const failing = await createTorrentStore({ db: blobs })
  const port = await failing.listen()
  assert.equal(await seenOf('f'.repeat(40), port), ['NOT_FOUND', [{ id: 'peer', reason: 'ABSENT' }], 'NOT_FOUND', [{ id: 'peer', reason: 'ABSENT' }]])
  await failing.close()
})

test('a downloader is done when it says that it has the body, or wants no more of what it was sent whole', async () => {
  const body = randomBody(3000)
  const { infoHash } = await store.put(body)
  const [interested, uninterested, have, bitfield] = [message(2), message(3), message(4, uint32(0)), message(5, Uint8Array.of(0x80))]
  const request = (offset: number, length: number): Uint8Array => message(6, uint32(0, offset, length))
  const speaksBodies = extended(0, 'd1:md9:sb_bodiesi7eee')
  const cases: Array<[Uint8Array[], boolean]> = [
    [[], false],
    [[interested, request(0, 3000)], false], // it may find the bytes damaged and ask again
    [[interested, request(0, 3000), uninterested], true],
    [[interested, request(0, 3000), uninterested, interested], false],
    [[interested, request(0, 2999), uninterested], false],
    [[interested, request(0, 3000), have], true],
    [[bitfield], true],
    [[speaksBodies, interested, request(0, 3000), uninterested, have], false]
  ]
  for (const [i, [messages, finished]] of cases.entries()) {
    const [ours, theirs] = duplexPair()
    const serving = store.serve(ours)
    let received = 0
    theirs.on('data', (chunk: Uint8Array) => { received += chunk.length })
    theirs.write(handshake(infoHash))
    await until(() => received > 0)
    assert.is(serving.finished, false)
    const before = received
    const asks = messages.some(({ length }) => length === 17)
    theirs.write(Buffer.concat(messages))
    await until(() => !asks || received > before + 2999)
    if (finished) await until(() => serving.finished)
    await new Promise(resolve => { setTimeout(resolve, 5) }) // all was read and sent
    assert.is(serving.finished, finished, `case ${i}`)
    serving.close()
    theirs.destroy()
  }
})

test('the served info dict is the one of the body', async () => {
  const body = Buffer.from('a body')
  const { infoHash } = await store.put(body)
  assert.is(infoHashOf(infoDict(body)), infoHash)
  assert.is(infoHashOf(Buffer.from(await store.torrentFile(infoHash)).subarray(7, -1)), infoHash)
})

test.run()
