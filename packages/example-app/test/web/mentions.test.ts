import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { AuthorId, Profile } from '@seedbed/core'
import { MAX_MENTIONED, MAX_OFFERED } from '../../src/web/limits.ts'
import { fragmentAt, mentionsIn, peopleFor, withMention, splitMentions } from '../../src/web/text/mentions.ts'

const test = suite('web/mentions')
const person = (name: string | null, fingerprint: string): Profile => ({ author: fingerprint.padEnd(64, '0') as AuthorId, name, about: null, fingerprint })
const ANN = person('Ann Müller', 'tall-green-river-fox')
const BEN = person(null, 'annual-moss-stone-owl')
const EVE = person('tall-green-river-fox', 'dry-sand-cliff-crow')

test('what is typed after an @ is found at the caret alone', () => {
  assert.equal(fragmentAt('hello @an', 9), { start: 6, end: 9, words: 'an' })
  assert.equal(fragmentAt('@', 1), { start: 0, end: 1, words: '' })
  assert.equal(fragmentAt('(@mü later', 4), { start: 1, end: 4, words: 'mü' })
  for (const [text, caret] of [['mail ann@b', 10], ['@an ', 4], ['hello', 5], ['@an', 0], [`@${'a'.repeat(200)}`, 201]] as const) assert.is(fragmentAt(text, caret), null, text)
})

test('people are offered by the beginning of a word of their name or of their key, at most a few', () => {
  const names = (words: string): unknown => peopleFor({ words }, [ANN, BEN, EVE]).map(({ fingerprint }) => fingerprint)
  assert.equal(names('an'), [ANN.fingerprint, BEN.fingerprint])
  assert.equal(names('MULL'), [ANN.fingerprint])
  assert.equal(names('dry-s'), [EVE.fingerprint])
  assert.equal(names('nn'), [])
  assert.is(peopleFor({ words: '' }, Array.from({ length: 20 }, (_, i) => person(`P${i}`, `a-b-c-d${i}`))).length, MAX_OFFERED)
})

test('a mention is completed by the words of the key, with one space behind it', () => {
  const fragment = fragmentAt('so @an', 6)
  assert.ok(fragment)
  assert.equal(withMention('so @an', fragment, ANN), { text: 'so @tall-green-river-fox ', caret: 25 })
  assert.equal(withMention('so @an said', fragment, ANN), { text: 'so @tall-green-river-fox said', caret: 25 })
})

test('mentions are read from the text: each once, and no more than a comment may have', () => {
  assert.equal(mentionsIn('@tall-green-river-fox, and (@annual-moss-stone-owl)! @tall-green-river-fox'), [ANN.fingerprint, BEN.fingerprint])
  assert.equal(mentionsIn('x@tall-green-river-fox @tall-green-river @tall-green-river-fox-den @Tall-green-river-fox /@a-b-c-d @@a-b-c-d'), [])
  const many = Array.from({ length: 30 }, (_, i) => `@a-b-c-${String.fromCharCode(97 + i % 26)}${'x'.repeat(i)}`)
  assert.is(mentionsIn(many.join(' ')).length, MAX_MENTIONED)
})

test('a hostile text is read in time that grows with its length', () => {
  assert.equal(mentionsIn('@a-a-a-'.repeat(9000)), [])
  assert.equal(mentionsIn(`@${'a-'.repeat(30_000)}`), [])
})

test('a text is split at its mentions', () => {
  assert.equal(splitMentions('Ask @abandon-ability-able-about, or @zoo-zoo-zoo-zoo.'), ['Ask ', 'abandon-ability-able-about', ', or ', 'zoo-zoo-zoo-zoo', '.'])
  assert.equal(splitMentions('a@abandon-ability-able-about @two-words'), ['a@abandon-ability-able-about @two-words'])
  assert.equal(splitMentions(''), [''])
})

test.run()
