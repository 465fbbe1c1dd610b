import { hkdfSync, pbkdf2Sync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SeedbedError } from '../../src/errors.ts'
import { authorSeed, createPhrase, deriveAuthorSeed, parsePhrase } from '../../src/identity/phrase.ts'
import { publicKeyOf } from '../bodies/signing.ts'

const test = suite('identity/phrase')
const known = 'legal winner thank year wave sausage worth useful legal winner thank yellow'

test('a new phrase has 12 words, reads back, and is another one each time', () => {
  const phrases = new Set(Array.from({ length: 20 }, createPhrase))
  assert.is(phrases.size, 20)
  for (const phrase of phrases) {
    assert.is(phrase.split(' ').length, 12)
    assert.is(parsePhrase(phrase), phrase)
  }
})

test('case and spacing do not matter', () => {
  const space = fc.stringMatching(/^[ \t\n\u00a0]{1,3}$/)
  fc.assert(fc.property(fc.array(fc.tuple(space, fc.boolean()), { minLength: 12, maxLength: 12 }), spaces => {
    const typed = known.split(' ').map((word, at) => {
      const [space, upper] = spaces[at] ?? [' ', false]
      return `${space}${upper ? word.toUpperCase() : word}`
    }).join('')
    assert.is(parsePhrase(typed), known)
  }))
  assert.is(parsePhrase(`${'abandon '.repeat(23)}art`).split(' ').length, 24)
})

test('anything else is refused without repeating a word of it', () => {
  for (const wrong of ['', 'legal', known.replace('yellow', 'zebra'), known.replace('legal', 'seecret'), `${known} yellow`, 'a '.repeat(2000), known.split(' ').toReversed().join(' ')]) {
    try {
      parsePhrase(wrong)
      assert.unreachable(wrong)
    } catch (error) {
      assert.instance(error, SeedbedError)
      assert.is((error as SeedbedError).code, 'BAD_PHRASE')
      assert.not.match((error as SeedbedError).message, /seecret|yellow|zebra/)
    }
  }
})

test('the seed is HKDF-SHA256 of the BIP 39 seed, by another implementation too', async () => {
  const bip39Seed = pbkdf2Sync(known, 'mnemonic', 2048, 64, 'sha512') // BIP 39, "From mnemonic to seed"
  const expected = new Uint8Array(hkdfSync('sha256', bip39Seed, new Uint8Array(0), 'seedbed/author/1', 32))
  assert.equal(authorSeed(parsePhrase(known)), expected)
  assert.equal(await deriveAuthorSeed(parsePhrase(known)), expected)
  const vectors = JSON.parse(readFileSync(new URL('../../../../test/vectors/bodies.json', import.meta.url), 'utf8')) as { identity: { phrase: string, authorSeed: string, author: string } }
  assert.is(Buffer.from(expected).toString('hex'), vectors.identity.authorSeed)
  assert.is(Buffer.from(publicKeyOf(expected)).toString('hex'), vectors.identity.author)
})

test.run()
