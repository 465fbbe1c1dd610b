import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { confirm, hold, showAll, type HeldPage } from '../../src/web/feed/held-page.ts'

interface Post { readonly id: string, readonly score: number }

const test = suite('a feed that stands still')
const posts = (ids: string, score = 0): Post[] => ids.split('').map(id => ({ id, score }))
const ids = ({ items }: HeldPage<Post>): string => items.map(({ id }) => id).join('')
const nobody = (): boolean => false

test('new posts wait, and what is shown keeps its place with fresh facts', () => {
  const first = showAll({ items: posts('abc'), more: true })
  const next = hold(first, { items: posts('xcab', 5), more: true }, nobody)
  assert.is(ids(next), 'abc')
  assert.equal(next.items.map(({ score }) => score), [5, 5, 5])
  assert.is(next.waiting, 1)
  assert.is(ids(showAll({ items: posts('xcab'), more: true })), 'xcab')
})

test('a post that fell off a page which goes on is kept as it was', () => {
  const next = hold(showAll({ items: posts('abc'), more: true }), { items: posts('xab', 5), more: true }, nobody)
  assert.is(ids(next), 'abc')
  assert.is(next.gone.size, 0)
})

test('a post that is in no page any more is marked and keeps its place', () => {
  const next = hold(showAll({ items: posts('abc'), more: false }), { items: posts('ac'), more: false }, nobody)
  assert.is(ids(next), 'abc')
  assert.equal([...next.gone], ['b'])
})

test('more of the same feed comes at the end', () => {
  const next = hold(showAll({ items: posts('abc'), more: true }), { items: posts('abcdef'), more: false }, nobody)
  assert.is(ids(next), 'abcdef')
  assert.is(next.waiting, 0)
})

test('own posts are shown at once, on top', () => {
  const next = hold(showAll({ items: posts('abc'), more: true }), { items: posts('amnbc'), more: true }, ({ id }) => id === 'm')
  assert.is(ids(next), 'mabc')
  assert.is(next.waiting, 1)
})

test('a feed in which nothing is as before waits as a whole', () => {
  const next = hold(showAll({ items: posts('ab'), more: true }), { items: posts('xyz'), more: true }, nobody)
  assert.is(ids(next), 'ab')
  assert.is(next.waiting, 3)
})

test('what the last visit left stays as it was read, but what is not on the page any more goes at once', () => {
  const last = showAll({ items: posts('abcd'), more: true })
  const next = confirm(last, { items: posts('xadb', 5), more: true }, nobody)
  assert.is(ids(next), 'abd', 'hidden, deleted or behind this page: a text that must not be shown is not')
  assert.is(next.waiting, 1)
  assert.equal(next.items.map(({ score }) => score), [5, 5, 5])
  assert.is(ids(confirm(last, { items: posts('xy'), more: false }, nobody)), 'xy', 'nothing is left to stand still')
  assert.is(ids(confirm(last, { items: [], more: false }, nobody)), '')
  assert.is(ids(confirm(last, { items: posts('mabcde'), more: true }, ({ id }) => id === 'm')), 'mabcde')
})

test.run()
