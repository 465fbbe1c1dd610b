import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createReadTogether } from '../../src/store/read-together.ts'
import type { IndexStore } from '../../src/store/index-store.ts'
import type { EnvelopeHash } from '../../src/model.ts'

const test = suite('reading together')

type Keys = Parameters<IndexStore['read']>[0]
const keysOf = (...hashes: string[]): Keys => hashes.map(hash => ({ document: { community: '', period: 0, author: '', part: 0 }, hash: hash as EnvelopeHash })) as unknown as Keys
const bytesOf = (hash: string): Uint8Array | undefined => hash === 'gone' ? undefined : new TextEncoder().encode(hash)

test('what is asked for in one turn is one read, and each gets its own in its order', async () => {
  const reads: number[] = []
  const read = createReadTogether(async keys => {
    reads.push(keys.length)
    return keys.map(({ hash }) => bytesOf(hash))
  })
  const answers = await Promise.all([read(keysOf('a', 'b')), read(keysOf()), read(keysOf('gone', 'c'))])
  assert.equal(answers, [[bytesOf('a'), bytesOf('b')], [], [undefined, bytesOf('c')]])
  assert.equal(await read(keysOf('d')), [bytesOf('d')])
  assert.equal(reads, [4, 1])
})

test('a failure is everybody\'s who asked with it, and nobody else\'s', async () => {
  let fails = true
  const read = createReadTogether(async keys => {
    if (fails) throw new Error('disk')
    return keys.map(({ hash }) => bytesOf(hash))
  })
  assert.equal((await Promise.allSettled([read(keysOf('a')), read(keysOf('b'))])).map(({ status }) => status), ['rejected', 'rejected'])
  fails = false
  assert.equal(await read(keysOf('a')), [bytesOf('a')])
})

test.run()
