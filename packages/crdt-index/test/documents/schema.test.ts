import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as Y from 'yjs'
import { inspectUpdate } from '../../src/documents/guard.ts'
import * as schema from '../../src/documents/schema.ts'
import { fitsText } from '../../src/documents/text.ts'
import { authorIdOfBytes, contentIdOfBytes, itemIdOfBytes } from '../../src/identity/ids.ts'
import { EnvelopeKind, META_PERIOD, type EntryValue, type RootName } from '../../src/model.ts'
import { delta, itemKey, PERIOD, SECONDS, snapshot, TIME_MS } from './updates.ts'

const test = suite('schema')

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })
const item = bytes(20).map(itemIdOfBytes)
const contentId = bytes(20).map(contentIdOfBytes)
const author = bytes(32).map(authorIdOfBytes)
const length = fc.integer({ min: 1, max: 65_536 })
const seconds = fc.integer({ min: 0, max: SECONDS })
const timeMs = fc.integer({ min: Date.UTC(2026, 10, 1), max: TIME_MS })
const text = (maxBytes: number): fc.Arbitrary<string> => fc.string({ unit: 'grapheme', maxLength: maxBytes }).filter(text => fitsText(text, maxBytes))
const title = text(300).filter(text => text !== '')

const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> => fc.record(model, { noNullPrototype: true })

/** For each root: entries, what writes and what reads them. */
const CODECS: Record<RootName, [fc.Arbitrary<unknown>, (entry: never) => schema.RawEntry, (key: string, value: EntryValue) => unknown]> = {
  posts: [record({ contentId, length, createdMs: timeMs, title }), schema.encodePost, schema.parsePost],
  comments: [record({ contentId, length, createdMs: timeMs, root: item, parent: item, mentions: fc.array(author, { maxLength: 16 }) }), schema.encodeComment, schema.parseComment],
  votes: [record({ item, value: fc.constantFrom(-1, 0, 1), seconds, revision: fc.option(contentId) }), schema.encodeVote, schema.parseVote],
  edits: [record({ contentId, item, length, editedMs: timeMs, title: fc.option(title) }), schema.encodeEdit, schema.parseEdit],
  deletions: [record({ item, seconds }), schema.encodeDeletion, schema.parseDeletion],
  labels: [record({ item, label: text(64).filter(text => text !== ''), reason: text(300), seconds }), schema.encodeLabel, schema.parseLabel],
  profile: [record({ field: fc.constantFrom('name', 'about'), text: text(100), seconds }), schema.encodeProfile, schema.parseProfile],
  community: [record({ field: fc.constantFrom('title', 'about'), text: text(300), seconds }), schema.encodeCommunity, schema.parseCommunity],
  roles: [record({ author, role: fc.constantFrom('moderator', 'none'), seconds }), schema.encodeRole, schema.parseRole]
}

for (const [root, [entries, encode, parse]] of Object.entries(CODECS)) {
  test(`${root}: what is written comes back, through Yjs and the guard`, () => {
    fc.assert(fc.property(entries, entry => {
      const raw = encode(entry as never)
      assert.is(raw.root, root)
      assert.equal(parse(raw.key, raw.value), entry)
      const doc = new Y.Doc()
      doc.clientID = 1
      doc.getMap(root).set(raw.key, raw.value)
      const period = schema.rootsOf(PERIOD).includes(raw.root) ? PERIOD : META_PERIOD
      const { entries } = inspectUpdate(Y.encodeStateAsUpdate(doc), snapshot([1], { period }))
      assert.equal(entries?.get(raw.root)?.get(raw.key), raw.value)
      let overwriting: Uint8Array = new Uint8Array()
      doc.on('update', (update: Uint8Array) => { overwriting = update })
      doc.getMap(root).set(raw.key, raw.value)
      inspectUpdate(overwriting, delta(1, { period }))
      assert.throws(() => inspectUpdate(overwriting, delta(1, { period: period === META_PERIOD ? PERIOD : META_PERIOD })), /value/)
    }), { numRuns: 60 })
  })

  test(`${root}: other shapes are refused by parser, guard and writer`, () => {
    const value = fc.array(fc.oneof(fc.constantFrom<unknown>(null, true, -2, -1, 0, 1, 65_537, 1.5, -0, '', 'moderator', 'a\u0000b', 'x'.repeat(2001), '\ud800', undefined, {}, [], NaN), bytes(19), bytes(20), bytes(32), timeMs, fc.array(bytes(32), { maxLength: 17 }), fc.string()), { maxLength: 6 })
    fc.assert(fc.property(fc.oneof(fc.constantFrom('', '__proto__', 'name', 'about', itemKey(1), `${itemKey(1)}A`), fc.string()), value, (key, value) => {
      const fits = schema.fitsEntry(root as RootName, key, value)
      assert.is(parse(key, value as EntryValue) !== null, fits)
      if (fits) assert.equal(encode(parse(key, value) as never).value, value)
    }), { numRuns: 1500 })
  })
}

test('writers refuse what is out of bounds', () => {
  const isBad = (error: { code?: string }): boolean => error.code === 'BAD_ENTRY'
  const content = contentIdOfBytes(new Uint8Array(20))
  const post = { contentId: content, length: 1, createdMs: TIME_MS, title: 'Title' }
  assert.ok(schema.encodePost(post))
  for (const change of [{ length: 0 }, { length: 65_537 }, { createdMs: -1 }, { title: '' }, { title: 'a\nb' }, { title: 'é'.repeat(151) }, { title: '\ud800' }]) assert.throws(() => schema.encodePost({ ...post, ...change }), isBad, JSON.stringify(change))
  assert.throws(() => schema.encodeVote({ item: itemIdOfBytes(new Uint8Array(20)), value: 2 as never, seconds: 1, revision: null }), isBad)
})

test('an entry may not be later than its envelope, in whatever unit', () => {
  const late: Array<[RootName, EntryValue]> = [
    ['posts', [1, TIME_MS + 1, 'Title']], ['votes', [1, SECONDS + 1]], ['deletions', [SECONDS + 1]], ['labels', ['spam', '', SECONDS + 1]],
    ['comments', [1, TIME_MS + 1, new Uint8Array(20), new Uint8Array(20)]], ['edits', [new Uint8Array(20), 1, TIME_MS + 1, null]],
    ['profile', ['me', SECONDS + 1]], ['community', ['us', SECONDS + 1]], ['roles', ['none', SECONDS + 1]]
  ]
  const keys: Partial<Record<RootName, string>> = { profile: 'name', community: 'title', roles: 'A'.repeat(43) }
  for (const [root, value] of late) {
    const doc = new Y.Doc()
    doc.clientID = 1
    doc.getMap(root).set(keys[root] ?? itemKey(0), value)
    const context = { ...delta(), period: schema.rootsOf(PERIOD).includes(root) ? PERIOD : META_PERIOD }
    const update = Y.encodeStateAsUpdate(doc)
    assert.throws(() => inspectUpdate(update, context), new RegExp(`value in ${root}`), root)
    inspectUpdate(update, { ...context, kind: EnvelopeKind.delta, timeMs: TIME_MS + 1000 })
  }
})

test('text is bounded in UTF-8 and has no control characters', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 20 }), fc.integer({ min: 0, max: 30 }), fc.boolean(), (text, maxBytes, lines) => {
    const wanted = Buffer.byteLength(text) <= maxBytes && text.isWellFormed() && !/\p{Cc}/u.test(lines ? text.replaceAll(/[\n\t]/g, '') : text)
    assert.is(fitsText(text, maxBytes, lines), wanted, JSON.stringify(text))
  }), { numRuns: 3000 })
  for (const text of ['\ud800', '\udc00', 'a\ud83d', '\udf31\ud83c']) assert.not.ok(fitsText(text, 30))
  assert.ok(fitsText('🌱', 4))
  assert.not.ok(fitsText('🌱', 3))
})

test.run()
