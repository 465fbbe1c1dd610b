import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createDocument, type AuthorDocument, type HeldEnvelope } from '../../src/documents/document.ts'
import { hexToBytes } from '../../src/identity/encoding.ts'
import { EnvelopeKind, type AuthorId, type CommunityAddress, type EnvelopeHash } from '../../src/model.ts'
import { createHeldSet } from '../../src/shards/held-set.ts'
import { itemOf } from '../../src/sync/item.ts'
import { createItemSet } from '../../src/sync/item-set.ts'

const test = suite('held set')

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const kindOf = (version: number): EnvelopeKind => version % 3 === 0 ? EnvelopeKind.snapshot : EnvelopeKind.delta
const documentOf = (author: number): AuthorDocument => createDocument({ community: 'c'.repeat(64) as CommunityAddress, period: 202601, author: sha256(`author ${author}`) as AuthorId, part: 0 })
const envelopeOf = (author: number, version: number): HeldEnvelope => ({
  hash: sha256(`${author}/${version}`) as EnvelopeHash, device: 1, seq: version, kind: kindOf(version), from: 0, to: version, others: null, seen: new Map(), timeMs: 0, updateLength: 1, byteLength: 1
})

test('digest and items are those of a set made anew, after whatever was asked in between', () => {
  const step = fc.record({ author: fc.nat(30), versions: fc.array(fc.nat(12), { maxLength: 12 }), asks: fc.boolean() })
  fc.assert(fc.property(fc.array(step, { maxLength: 120 }), fc.uint8Array({ minLength: 16, maxLength: 16 }), (steps, salt) => {
    const set = createHeldSet()
    const documents = new Map<number, AuthorDocument>()
    const check = (): void => {
      const held = [...documents.values()].flatMap(({ id, held }) => [...held.values()].map(({ hash, kind }) => ({ hash, item: itemOf(hexToBytes(id.author), kind, hexToBytes(hash)) })))
      assert.is(set.size, held.length)
      assert.is(Buffer.from(set.digest()).toString('hex'), createHash('sha256').update(Buffer.concat(held.map(({ hash }) => Buffer.from(hash, 'hex')).sort(Buffer.compare))).digest('hex'))
      const [mine, anew] = [set.items(), createItemSet(held.map(({ item }) => item))]
      assert.equal([...mine].map(item => Buffer.from(item).toString('hex')), [...anew].map(item => Buffer.from(item).toString('hex')))
      for (const [from, to] of [[0, mine.size], [0, mine.size >> 1], [mine.size >> 2, mine.size]] as const) {
        assert.equal(mine.fingerprint(from, to), anew.fingerprint(from, to))
        assert.equal(mine.salted(salt).fingerprint(from, to), anew.salted(salt).fingerprint(from, to))
      }
    }
    for (const { author, versions, asks } of steps) {
      let document = documents.get(author)
      if (document === undefined) documents.set(author, document = documentOf(author))
      const before = document.held
      document.held = new Map(versions.map(version => [envelopeOf(author, version).hash, envelopeOf(author, version)]))
      set.change(document, [...document.held.keys()].filter(hash => !before.has(hash)), [...before.keys()].filter(hash => !document.held.has(hash)))
      for (const hash of document.held.keys()) assert.is(set.locate(hash), document)
      if (asks) check()
    }
    check()
  }), { numRuns: 60 })
})

test('who has the items keeps them as they were', () => {
  const set = createHeldSet()
  const document = documentOf(1)
  document.held = new Map([1, 2, 3].map(version => [envelopeOf(1, version).hash, envelopeOf(1, version)]))
  set.change(document, [...document.held.keys()], [])
  const items = set.items()
  const names = [...items].map(item => Buffer.from(item).toString('hex'))
  const gone = [...document.held.keys()]
  document.held = new Map()
  set.change(document, [], gone)
  assert.is(set.items().size, 0)
  assert.equal([...items].map(item => Buffer.from(item).toString('hex')), names)
})

test.run()
