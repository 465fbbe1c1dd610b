// What every blob store must do. An adapter's test calls this with a way to make an empty one.
import type { Test } from 'uvu'
import * as assert from 'uvu/assert'
import fc from 'fast-check'
import { refOf, req2Of, type BlobStore, type HeldBlob, type InfoHash } from '../../src/index.ts'

async function all (blobs: BlobStore): Promise<HeldBlob[]> {
  const refs: HeldBlob[] = []
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
    assert.is(await blobs.delete(infoHash), 0)
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
    assert.equal(await all(blobs), [{ infoHash, length: body.length, usedSeconds: 0 }])
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
    assert.equal(await Promise.all([blobs.delete(infoHash), blobs.delete(infoHash)]), [body.length, 0])
    assert.is(await blobs.get(infoHash), undefined)
    assert.is(await blobs.findByReq2(req2Of(infoHash)), undefined)
    assert.equal(await all(blobs), [])
    assert.equal(blobs.stat(), { bodies: 0, bytes: 0 })
  })

  test('calls for one body take effect in their order', async () => {
    const blobs = await create()
    const results = await Promise.all([blobs.put(infoHash, body), blobs.delete(infoHash), blobs.put(infoHash, body), blobs.get(infoHash), blobs.has(infoHash)])
    assert.equal(results.slice(0, 3), [true, body.length, true])
    assert.equal(Buffer.from(results[3] ?? []), body)
    assert.is(results[4], true)
  })

  test('keeps times of last use, of what is held', async () => {
    const blobs = await create()
    const used = async (): Promise<number[]> => (await all(blobs)).map(({ usedSeconds }) => usedSeconds)
    await blobs.put(infoHash, body, 7)
    assert.equal(await used(), [7])
    await blobs.put(infoHash, body, 8)
    assert.equal(await used(), [7], 'putting it again is no use of it by itself')
    const other = refOf(Buffer.from('not held')).infoHash
    await Promise.all([blobs.touch(new Map([[infoHash, 9], [other, 9]])), blobs.touch(new Map())])
    assert.equal(await used(), [9])
    assert.equal(blobs.stat(), { bodies: 1, bytes: body.length })
    await Promise.all([blobs.delete(infoHash), blobs.touch(new Map([[infoHash, 10]]))])
    assert.equal(await used(), [], 'a use does not bring it back')
  })

  test('puts many in one call, and says which were new', async () => {
    const blobs = await create()
    const many = ['one', 'two', 'one', 'three'].map(text => ({ infoHash: refOf(Buffer.from(text)).infoHash, body: Buffer.from(text), usedSeconds: 5 }))
    await blobs.put(refOf(Buffer.from('three')).infoHash, Buffer.from('three'))
    assert.equal(await blobs.putMany(many), [true, true, false, false])
    assert.equal(await blobs.putMany([]), [])
    assert.equal(blobs.stat(), { bodies: 3, bytes: 11 })
    for (const { infoHash, body } of many) assert.equal(Buffer.from(await blobs.get(infoHash) ?? []), body)
  })

  test('agrees with a Map after any calls', async () => {
    const bodies = Array.from({ length: 6 }, (_, index) => Buffer.alloc(index * 7 + 1, index))
    const call = fc.record({ kind: fc.constantFrom('put', 'delete', 'touch', 'two'), which: fc.nat({ max: bodies.length - 1 }) })
    await fc.assert(fc.asyncProperty(fc.array(call, { maxLength: 30 }), async calls => {
      const blobs = await create()
      const model = new Map<InfoHash, Uint8Array>()
      await Promise.all(calls.map(async ({ kind, which }) => {
        const one = bodies[which] ?? body
        const other = bodies[which + 1] ?? body
        const key = refOf(one).infoHash
        const before = model.get(key)?.length ?? 0
        if (kind === 'put') {
          model.set(key, one)
          assert.is(await blobs.put(key, one), before === 0)
        } else if (kind === 'delete') {
          model.delete(key)
          assert.is(await blobs.delete(key), before)
        } else if (kind === 'touch') {
          await blobs.touch(new Map([[key, which]]))
        } else {
          const isOtherNew = !model.has(refOf(other).infoHash)
          model.set(key, one).set(refOf(other).infoHash, other)
          assert.equal(await blobs.putMany([{ infoHash: key, body: one }, { infoHash: refOf(other).infoHash, body: other }]), [before === 0, isOtherNew])
        }
      }))
      assert.equal(blobs.stat(), { bodies: model.size, bytes: [...model.values()].reduce((sum, one) => sum + one.length, 0) })
      assert.equal((await all(blobs)).map(ref => ref.infoHash), [...model.keys()].sort())
      for (const [key, one] of model) assert.equal(Buffer.from(await blobs.get(key) ?? []), one)
    }), { numRuns: 25 })
  })
}
