import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MemoryLevel } from 'memory-level'
import { createLevelBlobs, refOf } from '../../src/index.ts'
import { createReadTogether } from '../../src/blobs/read-together.ts'

const test = suite('read together')

test('what is asked for in one turn is one question, and what comes while it is under way the next', async () => {
  const questions: number[][] = []
  const answers: Array<() => void> = []
  const { read } = createReadTogether({
    readMany: async (keys: readonly number[]) => {
      questions.push([...keys])
      await new Promise<void>(resolve => { answers.push(resolve) })
      return keys.map(key => key * 10)
    },
    most: 3,
    atOnce: 1
  })
  const turn = async (): Promise<void> => { for (let i = 0; i < 3; i++) await new Promise(resolve => { setImmediate(resolve) }) }
  const first = [1, 2].map(read)
  await turn()
  assert.equal(questions, [[1, 2]])
  const later = [3, 4, 5, 6].map(read)
  await turn()
  assert.equal(questions, [[1, 2]])
  answers[0]?.()
  assert.equal(await Promise.all(first), [10, 20])
  await turn()
  assert.equal(questions, [[1, 2], [3, 4, 5]])
  answers[1]?.()
  await turn()
  assert.equal(questions, [[1, 2], [3, 4, 5], [6]])
  answers[2]?.()
  assert.equal(await Promise.all(later), [30, 40, 50, 60])
})

test('whatever is asked when, everybody gets his own answer, or his own failure', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.record({ key: fc.nat(20), pause: fc.boolean() }), { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 }), async (asks, most, atOnce) => {
    const { read, flush } = createReadTogether({
      async readMany (keys: readonly number[]) {
        assert.ok(keys.length <= most)
        await new Promise(resolve => { setImmediate(resolve) })
        if (keys.some(key => key % 7 === 0)) throw new Error(`damaged: ${keys.join()}`)
        return keys.map(String)
      },
      most,
      atOnce
    })
    const answers: Array<Promise<string>> = []
    for (const { key, pause } of asks) {
      answers.push(read(key).catch((error: unknown) => (error as Error).message))
      if (pause) await new Promise(resolve => { setImmediate(resolve) })
    }
    flush()
    assert.equal(await Promise.all(answers), asks.map(({ key }) => key % 7 === 0 ? `damaged: ${key}` : String(key)))
  }), { numRuns: 50 })
})

test('reads and deletions of one turn take effect in their order', async () => {
  const db = new MemoryLevel()
  const blobs = await createLevelBlobs(db)
  const body = Buffer.from('here until it is not')
  const { infoHash } = refOf(body)
  for (let round = 0; round < 20; round++) {
    await blobs.put(infoHash, body)
    // From the phase of the loop in which the next gathered question comes last.
    const [before, , after] = await new Promise<Array<Uint8Array | number | undefined>>((resolve, reject) => {
      setImmediate(() => { Promise.all([blobs.get(infoHash), blobs.delete(infoHash), blobs.get(infoHash)]).then(resolve, reject) })
    })
    assert.equal(before === undefined ? before : Buffer.from(before as Uint8Array), body)
    assert.is(after, undefined)
  }
  await db.close()
})

test.run()
