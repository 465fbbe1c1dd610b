import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { byteSize, jsonLine, plain, plainLine, relativeTime, style, terminalOf } from '../../../src/cli/terminal/terminal.ts'
import { clip, columnsOf, wrap } from '../../../src/cli/terminal/wrap.ts'

const test = suite('cli/terminal')
const now = Date.UTC(2026, 10, 22, 12)

test('colours only on a terminal and without NO_COLOR', () => {
  const coloured = (isTTY: boolean, env: Record<string, string>): boolean => style(terminalOf({ isTTY, columns: 80 }, env, now), 'bold', 'x') !== 'x'
  assert.is(coloured(true, {}), true)
  assert.is(coloured(false, {}), false)
  assert.is(coloured(true, { NO_COLOR: '1' }), false)
  assert.is(coloured(true, { NO_COLOR: '' }), true)
  assert.is(coloured(true, { TERM: 'dumb' }), false)
})

test('strangers cannot drive the terminal', () => {
  assert.is(plain('a\u001b[2Jb\u009b1mc\u0007'), 'a\ufffd[2Jb\ufffd1mc\ufffd')
  assert.is(plain('user\u202egnp.exe\u2066x\u2069'), 'usergnp.exex')
  assert.is(plain('a\r\nb\rc\u2028d'), 'a\nb\nc\nd')
  assert.is(plainLine(' a\n\tb\u001b '), 'a b\ufffd')
  assert.is(plain('שלום \u200fעולם'), 'שלום \u200fעולם')
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => {
    assert.not.match(plain(text), /(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u)
    assert.is(plainLine(text).includes('\n'), false)
  }))
})

test('JSON on a terminal is the same document without such characters', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => {
    const line = jsonLine({ text })
    assert.equal(JSON.parse(line), { text })
    assert.not.match(line, /\p{Cc}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
  }))
})

test('relative times', () => {
  for (const [agoS, text] of [[0, 'just now'], [44, 'just now'], [60, '1 minute ago'], [3540, '59 minutes ago'], [3599, '1 hour ago'], [7200, '2 hours ago'], [86_400 * 2, '2 days ago'], [86_400 * 45, '1 month ago'], [86_400 * 800, '2 years ago'], [-300, 'in 5 minutes']] as const) {
    assert.is(relativeTime(new Date(now - agoS * 1000).toISOString(), now), text)
  }
  assert.is(relativeTime('never', now), 'at an unknown time')
})

test('sizes', () => {
  assert.equal([1, 1023, 1536, 2 ** 21].map(byteSize), ['1 byte', '1023 bytes', '1.5 KiB', '2.0 MiB'])
})

test('columns are neither bytes nor UTF-16 units', () => {
  assert.equal(['abc', '東京', '🌱', 'e\u0301', '👩‍👩‍👧', ''].map(columnsOf), [3, 4, 2, 1, 2, 0])
  assert.is(clip('東京タワー', 5), '東京…')
  assert.is(clip('abc', 3), 'abc')
})

test('wrapping keeps every word, every line break, and the width', () => {
  assert.equal(wrap('one two three', 7), ['one two', 'three'])
  assert.equal(wrap('a\n\n  indented', 20), ['a', '', '  indented'])
  assert.equal(wrap('abcdefgh', 3), ['abc', 'def', 'gh'])
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', '東', '🌱', 'é') }), fc.integer({ min: 2, max: 30 }), (text, columns) => {
    const lines = wrap(text, columns)
    assert.ok(lines.every(line => columnsOf(line) <= columns))
    assert.is(lines.join('').replaceAll(' ', ''), text.replaceAll(/[ \n]/g, ''))
  }))
})

test.run()
