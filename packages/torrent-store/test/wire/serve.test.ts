// Serving to our own fetch over TCP: every boundary, plain and encrypted, with and without the length.
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, infoDict, infoHashOf, parseInfoHash, refOf, tcpCandidate, type TorrentStoreError, type Listener, type TorrentStore } from '../../src/index.ts'
import { BOUNDARY_LENGTHS, randomBody, until } from '../bodies.ts'

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

test('the served info dict is the one of the body', async () => {
  const body = Buffer.from('a body')
  const { infoHash } = await store.put(body)
  assert.is(infoHashOf(infoDict(body)), infoHash)
  assert.is(infoHashOf(Buffer.from(await store.torrentFile(infoHash)).subarray(7, -1)), infoHash)
})

test.run()
