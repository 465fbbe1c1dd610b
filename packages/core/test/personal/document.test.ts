import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as Y from 'yjs'
import { MAX_DRAFTS, MAX_DRAFTS_BYTES, MAX_FOLLOWED_MODERATORS, MAX_PERSONAL_AUTHORS, MAX_READ_MARKS, MAX_SAVED } from '../../src/limits.ts'
import { createPersonalDoc, draftBytes, readCommunities, readContent } from '../../src/personal/document.ts'

const test = suite('personal document')
const hex = (n: number, chars: number): string => n.toString(16).padStart(chars, '0')

test('what fits is read back', () => {
  const doc = createPersonalDoc()
  doc.getMap('communities').set(hex(1, 64), 1)
  doc.getMap('communities').set(hex(2, 64), 0)
  doc.getMap('follows').set(hex(3, 64), 1)
  doc.getMap('mutes').set(hex(4, 64), 1)
  doc.getMap('moderators').set(hex(1, 64), [hex(3, 64), hex(4, 64), hex(3, 64)])
  doc.getMap('moderators').set(hex(2, 64), [])
  doc.getMap('moderators').set(hex(8, 64), [hex(3, 64), 'nobody'])
  doc.getMap('moderators').set(hex(9, 64), Array.from({ length: MAX_FOLLOWED_MODERATORS + 1 }, (_, n) => hex(n, 64)))
  doc.getMap('saved').set(hex(5, 40), [hex(1, 64), 10])
  doc.getMap('saved').set(hex(6, 40), [hex(1, 64), 20])
  doc.getMap('read').set(hex(7, 40), 30)
  doc.getMap('drafts').set('post:x', [null, 'text', 40])
  doc.getMap('drafts').set('reply:y', ['title', '', 50])
  assert.equal(readContent(doc), {
    communities: [hex(1, 64)],
    follows: [hex(3, 64)],
    mutes: [hex(4, 64)],
    moderators: { [hex(1, 64)]: [hex(3, 64), hex(4, 64)], [hex(2, 64)]: [] },
    saved: [{ id: hex(6, 40), community: hex(1, 64), savedAtMs: 20 }, { id: hex(5, 40), community: hex(1, 64), savedAtMs: 10 }],
    read: { [hex(7, 40)]: 30 },
    drafts: [{ key: 'reply:y', title: 'title', text: '', updatedAtMs: 50 }, { key: 'post:x', title: null, text: 'text', updatedAtMs: 40 }]
  })
  assert.equal([...readCommunities(doc)], [[hex(1, 64), true], [hex(2, 64), false]])
})

test('whatever another device writes, what is read has the right shape and is the same everywhere', () => {
  const key = fc.oneof(fc.string({ maxLength: 70 }), fc.constantFrom('__proto__', 'constructor', hex(1, 40), hex(1, 64), hex(1, 64).toUpperCase()))
  const anything = fc.oneof(fc.jsonValue(), fc.constantFrom(0, 1, -1, 1.5, Number.MAX_VALUE, '', null), fc.uint8Array({ maxLength: 3 }), fc.tuple(fc.constantFrom(hex(1, 64), null, 'x'), fc.jsonValue(), fc.integer()), fc.array(fc.constantFrom(hex(1, 64), hex(2, 64), 'x'), { maxLength: 3 }))
  const root = fc.constantFrom('communities', 'follows', 'mutes', 'moderators', 'saved', 'read', 'drafts')
  fc.assert(fc.property(fc.array(fc.tuple(root, key, fc.option(anything)), { maxLength: 40 }), writes => {
    const other = new Y.Doc()
    for (const [root, key, value] of writes) other.getMap(root).set(key, value === null ? new Y.Text('nested') : value)
    const doc = createPersonalDoc()
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(other))
    const content = readContent(doc)
    for (const id of [...content.communities, ...content.follows, ...content.mutes]) assert.match(id, /^[0-9a-f]{64}$/)
    for (const [community, authors] of Object.entries(content.moderators)) assert.ok([community, ...authors].every(id => /^[0-9a-f]{64}$/.test(id)) && new Set(authors).size === authors.length)
    for (const { id, community, savedAtMs } of content.saved) assert.ok(/^[0-9a-f]{40}$/.test(id) && /^[0-9a-f]{64}$/.test(community) && Number.isSafeInteger(savedAtMs))
    for (const [id, at] of Object.entries(content.read)) assert.ok(/^[0-9a-f]{40}$/.test(id) && Number.isSafeInteger(at))
    for (const { key, title, text, updatedAtMs } of content.drafts) assert.ok(key !== '' && typeof text === 'string' && (title === null || typeof title === 'string') && Number.isSafeInteger(updatedAtMs))
    const again = createPersonalDoc()
    Y.applyUpdate(again, Y.encodeStateAsUpdate(doc))
    assert.equal(readContent(again), content)
  }), { numRuns: 300 })
})

test('a root that an update calls something else is an empty map', () => {
  const other = new Y.Doc()
  other.getText('follows').insert(0, 'text')
  other.getArray('saved').push([1, 2])
  const doc = createPersonalDoc()
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(other))
  assert.equal(readContent(doc).follows, [])
  assert.equal(readContent(doc).saved, [])
})

test('no more is read than the bounds allow', () => {
  const doc = createPersonalDoc()
  doc.transact(() => {
    for (let i = 0; i < MAX_PERSONAL_AUTHORS + 10; i++) doc.getMap('follows').set(hex(i, 64), 1)
    for (let i = 0; i < MAX_SAVED + 10; i++) doc.getMap('saved').set(hex(i, 40), [hex(1, 64), i])
    for (let i = 0; i < MAX_READ_MARKS + 10; i++) doc.getMap('read').set(hex(i, 40), i)
    for (let i = 0; i < MAX_DRAFTS + 10; i++) doc.getMap('drafts').set(`k${i}`, [null, 'x'.repeat(MAX_DRAFTS_BYTES / 8), i])
  })
  const { follows, saved, read, drafts } = readContent(doc)
  assert.is(follows.length, MAX_PERSONAL_AUTHORS)
  assert.is(saved.length, MAX_SAVED)
  assert.is(saved[0]?.savedAtMs, MAX_SAVED + 9, 'the newest')
  assert.is(Object.keys(read).length, MAX_READ_MARKS)
  assert.ok(drafts.length <= 8 && drafts.reduce((sum, draft) => sum + draftBytes(draft), 0) <= MAX_DRAFTS_BYTES)
})

test.run()
