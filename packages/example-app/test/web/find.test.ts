import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isOnlyHere, webAddress } from '../../src/web/routing/web-address.ts'
import { parseErrand, parseRoute, pathOf } from '../../src/web/routing/routes.ts'
import { postHas, wordsOf } from '../../src/web/text/words.ts'

const test = suite('web/find')
const post = { title: 'Café at the FIRST frost', profile: { name: 'Ann', fingerprint: 'hammer-engage-mom-vague' } }

test('all words are found in the title or the author\'s name, without case and accents', () => {
  for (const words of ['frost', 'cafe first', 'CAFÉ', 'ann frost', 'hammer-eng', '  fro  ']) assert.ok(postHas(post, wordsOf(words)), words)
  for (const words of ['frost winter', 'bob']) assert.not(postHas(post, wordsOf(words)), words)
  assert.equal(wordsOf(' \n '), [])
})

test('the address of a search keeps its words', () => {
  for (const words of ['', 'a & b', '50% of #1', 'ä ö']) assert.equal(parseRoute(pathOf({ name: 'find', words })), { name: 'find', words })
})

test('a web address leads back to the link it was made of', () => {
  const link = 'seedbed:ab?peer=/ip4/127.0.0.1/tcp/1/ws/p2p/X&post=cd'
  const address = new URL(webAddress(link, 'https://box.example'))
  assert.is(address.search, '')
  assert.equal(parseErrand(address.hash), { name: 'join', link })
})

test('addresses of this machine are told from others', () => {
  for (const host of ['localhost', 'a.localhost', '127.0.0.1', '127.9.9.9', '[::1]']) assert.ok(isOnlyHere(host), host)
  for (const host of ['box.example', '10.0.0.1', '[fe80::1]', 'localhost.example']) assert.not(isOnlyHere(host), host)
})

test.run()
