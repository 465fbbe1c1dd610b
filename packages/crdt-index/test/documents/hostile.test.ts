// The hostile corpus: updates that hurt Yjs, or a peer that trusts them, when they are applied. All are refused
// before anything is allocated for what they claim.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as Y from 'yjs'
import { GuardError } from '../../src/documents/guard-error.ts'
import { inspectUpdate } from '../../src/documents/guard.ts'
import { MAX_STRUCTS, MAX_UPDATE_BYTES } from '../../src/limits.ts'
import { any, bytesOf, delta, item, itemKey, raw, SECONDS, set, snapshot, text, TIME_MS, uint, update, vote, type Context, type Write } from './updates.ts'

const test = suite('hostile updates')

const one = (...structs: Write[]): Uint8Array => update([{ client: 1, structs }])
const value = (...bytes: Array<number | Write>): Uint8Array => one(item(8, raw(...bytes)))
const many = (count: number, write: (i: number) => Write): Write[] => Array.from({ length: count }, (_, i) => write(i))
const repeat = (count: number, ...bytes: Array<number | Write>): Write => encoder => { for (let i = 0; i < count; i++) raw(...bytes)(encoder) }
/** The shortest honest structs: a chain of deleted ones. */
const chain = (client: number, count: number): Write[] => many(count, i => item(1, uint(1), i === 0 ? {} : { origin: [client, i - 1] }))
const mapOf = (i: number): Write => item(7, uint(1), i === 0 ? {} : { parent: [1, i - 1] })

/** Refused as a delta and as a snapshot, for that reason, before anything else is looked at. */
const CORPUS: Record<string, [reason: string, build: () => Uint8Array]> = {
  'nothing': ['ends early', () => new Uint8Array()],
  'text of 2^31 bytes': ['number over 2000', () => value(1, 117, 1, 119, uint(2 ** 31))],
  'key of 2^40 bytes': ['number over 43', () => one(raw(8 | 32, 1, text('votes'), uint(2 ** 40)))],
  '2^40 values': ['number over 1', () => value(uint(2 ** 40), 127)],
  'array of 2^40': ['number over 8', () => value(1, 117, uint(2 ** 40))],
  'array of 2^40 in an array': ['number over 16', () => value(1, 117, 1, 117, uint(2 ** 40))],
  'bytes of 2^40': ['number over 32', () => value(1, 117, 1, 116, uint(2 ** 40))],
  '3e7 structs in 7 bytes': ['number over 8192', () => update([{ client: 1, structs: [], declared: 3e7 }])],
  '2^40 structs': ['number over 8192', () => update([{ client: 1, structs: [vote(0)], declared: 2 ** 40 }])],
  '2^40 clients': ['number over 16', () => bytesOf(uint(2 ** 40))],
  '2^40 clients with deletions': ['number over 16', () => bytesOf(raw(0, uint(2 ** 40)))],
  '2^40 deletions': ['number over 8192', () => update([], [{ client: 1, ranges: [[0, 1]], declared: 2 ** 40 }])],
  'a number without end': ['number too long', () => new Uint8Array(1000).fill(255)],
  'more structs than allowed': ['number over 8192', () => one(...chain(1, MAX_STRUCTS + 1))],
  'more structs than allowed, of two clients': ['number over 4095', () => update([2, 1].map(client => ({ client, structs: chain(client, MAX_STRUCTS / 2 + 1) })))],
  'more bytes than allowed': ['over 262144 bytes', () => new Uint8Array(MAX_UPDATE_BYTES + 1)],
  'a garbage collected struct of 2^53 - 1': ['struct of kind 0', () => one(raw(0, uint(Number.MAX_SAFE_INTEGER)))],
  '100,000 garbage collected structs': ['number over 8192', () => one(...many(100_000, () => raw(0, 1)))],
  'a garbage collected struct': ['struct of kind 0', () => one(raw(0, 1), vote(0))],
  'a skip': ['struct of kind 10', () => one(raw(10, uint(2 ** 50)), vote(0))],
  'a merge over a gap': ['struct of kind 10', () => Y.mergeUpdates([one(vote(0)), update([{ client: 1, clock: 5, structs: [vote(1)] }])])],
  'an origin that is the struct': ['origin in the future', () => one(vote(0, { origin: [1, 0] }))],
  'an origin in the future': ['origin in the future', () => one(vote(0, { origin: [1, 1] }), vote(1))],
  'a right origin': ['right origin', () => one(vote(0), vote(1, { rightOrigin: [1, 0] }))],
  'a parent that is no map': ['nested', () => one(vote(0), set([1, SECONDS], { parent: [1, 0] }))],
  'a subdocument': ['struct of kind 9', () => one(item(9, raw(text('guid'), 118, 1, text('autoLoad'), 120)))],
  'a subdocument with __proto__': ['struct of kind 9', () => one(item(9, raw(text('guid'), 118, 1, text('__proto__'), 118, 0)))],
  'a format': ['struct of kind 6', () => one(item(6, raw(text('bold'), text('{"x":1}'))))],
  'broken JSON': ['struct of kind 2', () => one(item(2, raw(1, text('{bad'))))],
  'an embed': ['struct of kind 5', () => one(item(5, text('{"x":1}')))],
  'binary': ['struct of kind 3', () => one(item(3, raw(1, 0)))],
  'text content': ['struct of kind 4', () => one(item(4, text('abc')))],
  'unknown content': ['struct of kind 11', () => one(item(11, raw()))],
  'an unknown type': ['struct of kind 7', () => one(item(7, uint(99)))],
  'a map in a map, 5,000 deep': ['struct of kind 7', () => one(...many(5000, mapOf))],
  'a map in a map, deleted': ['struct of kind 7', () => update([{ client: 1, structs: many(5000, mapOf) }], [{ client: 1, ranges: [[0, 1]] }])],
  'an array in an array, 100,000 deep': ['array of something but bytes', () => value(1, repeat(100_000, 117, 1), 127)],
  '200,000 undefined': ['number over 8', () => value(1, 117, uint(200_000), repeat(200_000, 127))],
  'deletions without end': ['number too long', () => update([{ client: 1, structs: [vote(0)] }], [{ client: 777, ranges: [[0, 2 ** 50]] }])],
  '50,000 deletions of an unknown client': ['number over 8192', () => update([], [{ client: 777, ranges: many(50_000, () => raw()).map((_, i) => [i * 2, 1]) }])],
  'deletions of nothing': ['client without deletions', () => update([], [{ client: 1, ranges: [] }])],
  'an empty deletion': ['deletion range', () => update([{ client: 1, structs: [vote(0)] }], [{ client: 1, ranges: [[0, 0]] }])],
  'deletions that overlap': ['deletion range', () => update([{ client: 1, structs: [vote(0), vote(1)] }], [{ client: 1, ranges: [[0, 2], [1, 1]] }])],
  'deletions backwards': ['deletion range', () => update([{ client: 1, structs: [vote(0), vote(1)] }], [{ client: 1, ranges: [[1, 1], [0, 1]] }])],
  'deletions of one client twice': ['client twice', () => update([{ client: 1, structs: [vote(0), vote(1)] }], [{ client: 1, ranges: [[0, 1]] }, { client: 1, ranges: [[1, 1]] }])],
  'deletion of what is not written': ['deletes what is not', () => update([{ client: 1, structs: [vote(0)] }], [{ client: 1, ranges: [[0, 2]] }])],
  '__proto__ as key': ['key of votes', () => one(set([1, SECONDS], { key: '__proto__' }))],
  '__proto__ as root': ['unknown root map', () => one(set([1, SECONDS], { root: '__proto__' }))],
  'constructor as root': ['unknown root map', () => one(set([1, SECONDS], { root: 'constructor' }))],
  '__proto__ in a value': ['value is not an array', () => value(1, 118, 1, text('__proto__'), 118, 1, text('polluted'), 125, 1)],
  'an object as value': ['value is not an array', () => one(set({ value: 1 }))],
  'a root of another shard': ['unknown root map', () => one(set(['name', SECONDS], { root: 'profile', key: 'name' }))],
  'an unknown root': ['unknown root map', () => one(set([1, SECONDS], { root: 'other' }))],
  'no key': ['no key', () => one(set([1, SECONDS], { key: null }))],
  'an empty key': ['key of votes', () => one(set([1, SECONDS], { key: '' }))],
  'a key with spare bits': ['key of votes', () => one(set([1, SECONDS], { key: itemKey(0).replace(/.$/, 'B') }))],
  'a key of other length': ['key of votes', () => one(set([1, SECONDS], { key: itemKey(0).slice(1) }))],
  'a key that is not UTF-8': ['text is not UTF-8', () => one(raw(8 | 32, 1, text('votes'), 27, ...many(27, () => raw(255)), any([1, SECONDS])))],
  'a client twice': ['client twice', () => update([{ client: 1, structs: [vote(0)] }, { client: 1, structs: [vote(1)] }])],
  'a client without structs': ['client without structs', () => update([{ client: 1, structs: [] }])],
  'a deleted run of length 0': ['empty struct', () => one(item(1, uint(0)), vote(1))],
  'a deleted run over 31 bits': ['number over 2147483647', () => one(item(1, uint(2 ** 31)), vote(1))],
  'clocks over 31 bits': ['clock over 31 bits', () => update([{ client: 1, clock: 2 ** 31 - 1, structs: [vote(0)] }])],
  'client 0': ['client 0', () => update([{ client: 0, structs: [vote(0)] }])],
  'client 2^53 - 1': ['number too long', () => update([{ client: Number.MAX_SAFE_INTEGER, structs: [vote(0)] }])],
  '1,000 clients': ['number over 16', () => update(many(1000, () => raw()).map((_, i) => ({ client: 2000 - i, structs: [vote(i)] })))],
  'a key started 4,000 times': ['starts a key twice', () => one(...many(4000, () => vote(0)))],
  'an item overwritten 4,000 times': ['overwrites one item twice', () => one(vote(0), ...many(4000, () => vote(0, { origin: [1, 0] })))],
  'an item inside its own run overwritten': ['overwrites inside its own run', () => one(item(1, uint(10)), vote(0, { origin: [1, 5] }))],
  'several values': ['number over 1', () => one(item(8, any([1, SECONDS], [1, SECONDS])))],
  'no values': ['several values', () => one(item(8, any()))],
  'a value that is no array': ['value is not an array', () => one(set(1))],
  'a value of the wrong shape': ['value in votes', () => one(set([2, SECONDS]))],
  'a fraction': ['number is not a safe integer', () => one(set([1, 0.5]))],
  'a bigint': ['value of type 122', () => one(set([1, 5n]))],
  'infinity': ['number is not a safe integer', () => one(set([1, Infinity]))],
  'minus zero': ['negative zero', () => value(1, 117, 2, 125, 64, 125, 1)],
  'minus zero as a float': ['negative zero', () => one(set([-0, SECONDS]))],
  'a number not in its shortest form': ['number not in its shortest form', () => bytesOf(raw(0x81, 0x00))],
  'an integer not in its shortest form': ['number not in its shortest form', () => value(1, 117, 2, 125, 1, 125, 0x81, 0x00)],
  'trailing bytes': ['trailing bytes', () => bytesOf(raw(...one(vote(0)), 0))],
  'an entry from the future': ['value in votes', () => one(set([1, SECONDS + 1]))],
  'a post of another month': ['value in posts', () => one(set([1, TIME_MS - 30 * 86_400_000, 'Title'], { root: 'posts' }))],
  'a V2 update': ['trailing bytes', () => Y.convertUpdateFormatV1ToV2(one(vote(0)))]
}

const CONTEXTS: Record<string, Context> = { delta: delta(), snapshot: snapshot([1, 2, 777]) }

for (const [name, [reason, build]] of Object.entries(CORPUS)) {
  test(`refused: ${name}`, () => {
    const bytes = build()
    for (const context of Object.values(CONTEXTS)) {
      const before = process.memoryUsage()
      assert.throws(() => inspectUpdate(bytes, context), (error: unknown) => error instanceof GuardError && error.message.startsWith(reason))
      const after = process.memoryUsage()
      assert.ok(after.heapUsed + after.external - before.heapUsed - before.external < 16e6, 'allocates for a claim')
    }
  })
}

test('what the corpus is made of passes when it is honest', () => {
  for (const context of Object.values(CONTEXTS)) {
    inspectUpdate(one(vote(0), vote(1), item(1, uint(5), { key: itemKey(2) })), context)
    inspectUpdate(one(...chain(1, MAX_STRUCTS)), context)
    inspectUpdate(update([{ client: 1, structs: [vote(0), vote(0, { origin: [1, 0] })] }], [{ client: 1, ranges: [[0, 1]] }]), context)
    inspectUpdate(one(set([1, TIME_MS, 'Title'], { root: 'posts' })), context)
  }
})

/** Refused as one of the two kinds only. */
const ONLY_DELTAS: Record<string, () => Uint8Array> = {
  'a start that is not 0': () => update([{ client: 1, clock: 1, structs: [vote(0)] }]),
  'an origin elsewhere': () => one(vote(0, { origin: [2, 5] })),
  'a deletion elsewhere': () => update([{ client: 1, structs: [vote(0)] }], [{ client: 2, ranges: [[5, 1]] }])
}
for (const [name, build] of Object.entries(ONLY_DELTAS)) {
  test(`a delta may have ${name}, a snapshot is complete`, () => {
    assert.is(inspectUpdate(build(), delta()).entries, null)
    assert.throws(() => inspectUpdate(build(), snapshot([1, 2])), (error: unknown) => error instanceof GuardError)
  })
}

test('a delta holds structs of its device alone, a snapshot of the devices it has seen', () => {
  const two = update([{ client: 2, structs: [vote(0)] }, { client: 1, structs: [vote(1)] }])
  inspectUpdate(two, snapshot([1, 2]))
  for (const context of [delta(1), delta(2), snapshot([1]), snapshot([1, 3])]) {
    assert.throws(() => inspectUpdate(two, context), (error: unknown) => error instanceof GuardError)
  }
})

test('a snapshot whose origins go in a circle is refused', () => {
  const circle = update([{ client: 2, structs: [vote(0, { origin: [1, 0] })] }, { client: 1, structs: [vote(0, { origin: [2, 0] })] }])
  assert.throws(() => inspectUpdate(circle, snapshot([1, 2])), /circle/)
})

test('a snapshot whose clients wait for each other is refused, though no origin leads back to itself', () => {
  // The first struct of 1 follows the second of 2, whose first follows the second of 1.
  const waiting = update([
    { client: 1, structs: [vote(0, { origin: [2, 1] }), vote(1)] },
    { client: 2, structs: [vote(1, { origin: [1, 1] }), vote(2)] }
  ])
  assert.throws(() => inspectUpdate(waiting, snapshot([1, 2])), /circle/)
  const doc = new Y.Doc()
  Y.applyUpdate(doc, waiting)
  assert.ok(doc.store.pendingStructs !== null, 'Yjs would keep it for ever')
  inspectUpdate(update([{ client: 1, structs: [vote(0, { origin: [2, 1] }), vote(1)] }, { client: 2, structs: [vote(0), vote(2)] }]), snapshot([1, 2]))
})

test('a delta that names more clients than a document may have is refused', () => {
  const named = (count: number): Uint8Array => update([{ client: 1, structs: many(count, i => vote(i, { origin: [i + 2, 0] })) }])
  assert.is(inspectUpdate(named(15), delta()).needs.size, 15)
  assert.throws(() => inspectUpdate(named(16), delta()), (error: unknown) => error instanceof GuardError)
})

test('a long chain that starts outside the update is walked once', () => {
  const bytes = one(...many(MAX_STRUCTS, i => item(1, uint(1), { origin: i === 0 ? [2, 0] : [1, i - 1] })))
  assert.equal([...inspectUpdate(bytes, delta()).needs], [[2, 1]])
})

test('an update over a view of a larger buffer is read from the view alone', () => {
  const bytes = one(vote(0))
  const larger = new Uint8Array(bytes.length + 20).fill(1)
  larger.set(bytes, 10)
  assert.equal(inspectUpdate(larger.subarray(10, 10 + bytes.length), delta()), inspectUpdate(bytes, delta()))
})

test.run()
