// What every blob store must do. An adapter's test calls this with a way to make an empty one.
import type { Test } from 'uvu'
import * as assert from 'uvu/assert'
import fc from 'fast-check'
import { refOf, req2Of, type BlobStore, type InfoHash, type TorrentRef } from '../../src/index.ts'

async function all (blobs: BlobStore): Promise<TorrentRef[]> {
  const refs: TorrentRef[] = []
  for await (const ref of blobs.list()) refs.push(ref)
  return refs.sort((a, b) => a.infoHash < b.infoHash ? -1 : 1)
}

export function blobStoreAcceptance (test: Test, create: () => Promise<BlobStore>): void {
  const body = Buffer.from('a body')
  const { infoHash } = refOf(body)

  test('holds nothing at first', async () => {
    const blobs = await create()
    assert.is(await blobs.get(infoHash), undefined)
    assert.is(await blobs.has(infoHash), false)
    assert.is(await blobs.delete(infoHash), false)
    assert.is(await blobs.findByReq2(req2Of(infoHash)), undefined)
    assert.equal(blobs.stat(), { bodies: 0, bytes: 0 })
    assert.equal(await all(blobs), [])
  })

  test('gives back the bytes it was given', async () => {
    const blobs = await create()
    assert.is(await blobs.put(infoHash, body), true)
    assert.equal(Buffer.from(await blobs.get(infoHash) ?? []), body)
    assert.is(await blobs.has(infoHash), true)
    assert.is(await blobs.findByReq2(req2Of(infoHash)), infoHash)
    assert.equal(await all(blobs), [{ infoHash, length: body.length }])
    assert.equal(blobs.stat(), { bodies: 1, bytes: body.length })
  })

  test('counts a body once, also when put twice at a time', async () => {
    const blobs = await create()
    const added = await Promise.all([blobs.put(infoHash, body), blobs.put(infoHash, body), blobs.put(infoHash, body)])
    assert.is(added.filter(Boolean).length, 1)
    assert.equal(blobs.stat(), { bodies: 1, bytes: body.length })
  })

  test('answers for many in the order of the question, also while they are written', async () => {
    const blobs = await create()
    const bodies = Array.from({ length: 40 }, (_, i) => Buffer.from(`one of many ${i}`))
    const ids = bodies.map(each => refOf(each).infoHash)
    await Promise.all(ids.map(async (id, i) => i % 3 === 0 ? false : await blobs.put(id, bodies[i] as Buffer)))
    const asked = [...ids.toReversed(), ...ids.slice(0, 3)]
    const expected = [...bodies.keys()].toReversed().concat([0, 1, 2]).map(i => i % 3 === 0 ? undefined : bodies[i])
    assert.equal((await blobs.getMany(asked)).map(each => each && Buffer.from(each)), expected)
    assert.equal(await blobs.lengthsOf(asked), expected.map(each => each?.length))
    const writes = [blobs.put(ids[0] as InfoHash, bodies[0] as Buffer), blobs.delete(ids[1] as InfoHash)]
    assert.equal(await blobs.lengthsOf(ids.slice(0, 3)), [bodies[0]?.length, undefined, bodies[2]?.length])
    assert.equal((await blobs.getMany(ids.slice(0, 3))).map(each => each && Buffer.from(each)), [bodies[0], undefined, bodies[2]])
    await Promise.all(writes)
    assert.equal([await blobs.getMany([]), await blobs.lengthsOf([])], [[], []])
  })

  test('forgets every trace of a deleted body', async () => {
    const blobs = await create()
    await blobs.put(infoHash, body)
    assert.equal(await Promise.all([blobs.delete(infoHash), blobs.delete(infoHash)]), [true, false])
    assert.is(await blobs.get(infoHash), undefined)
    assert.is(await blobs.findByReq2(req2Of(infoHash)), undefined)
    assert.equal(await all(blobs), [])
    assert.equal(blobs.stat(), { bodies: 0, bytes: 0 })
  })

  test('calls for one body take effect in their order', async () => {
    const blobs = await create()
    const results = await Promise.all([blobs.put(infoHash, body), blobs.delete(infoHash), blobs.put(infoHash, body), blobs.get(infoHash), blobs.has(infoHash)])
    assert.equal(results.slice(0, 3), [true, true, true])
    assert.equal(Buffer.from(results[3] ?? []), body)
    assert.is(results[4], true)
  })

  test('agrees with a Map after any calls', async () => {
    const bodies = Array.from({ length: 6 }, (_, index) => Buffer.alloc(index * 7 + 1, index))
    const call = fc.record({ kind: fc.constantFrom('put', 'delete'), which: fc.nat({ max: bodies.length - 1 }) })
    await fc.assert(fc.asyncProperty(fc.array(call, { maxLength: 30 }), async calls => {
      const blobs = await create()
      const model = new Map<InfoHash, Uint8Array>()
      await Promise.all(calls.map(async ({ kind, which }) => {
        const one = bodies[which] ?? body
        const key = refOf(one).infoHash
        if (kind === 'put') model.set(key, one)
        else model.delete(key)
        await (kind === 'put' ? blobs.put(key, one) : blobs.delete(key))
      }))
      assert.equal(blobs.stat(), { bodies: model.size, bytes: [...model.values()].reduce((sum, one) => sum + one.length, 0) })
      assert.equal((await all(blobs)).map(ref => ref.infoHash), [...model.keys()].sort())
      for (const [key, one] of model) assert.equal(Buffer.from(await blobs.get(key) ?? []), one)
    }), { numRuns: 25 })
  })
}
