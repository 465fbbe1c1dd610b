import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { normaliseText, normaliseTitle, textFault, titleFault } from '../../src/bodies/text.ts'
import { SeedbedError } from '../../src/errors.ts'
import { MAX_TEXT_BYTES, MAX_TEXT_INPUT_BYTES } from '../../src/limits.ts'

const test = suite('bodies/text')

function codeOf (work: () => unknown): string {
  try { work() } catch (error) {
    if (error instanceof SeedbedError) return error.code
    throw error
  }
  return 'accepted'
}

test('repairs what is harmless', () => {
  for (const [input, text] of [
    ['\ufeffHello\r\nworld\r\n', 'Hello\nworld'],
    ['a\rb\r\n\rc', 'a\nb\n\nc'],
    ['\n \t\n  indented\n\n\n', '  indented'],
    ['\n\ufeff\n\ufeffa', 'a'],
    ['a \t', 'a'],
    ['a\ufeffb', 'a\ufeffb'],
    ['tab\there', 'tab\there']
  ] as const) assert.is(normaliseText(new TextEncoder().encode(input)), text, JSON.stringify(input))
})

test('refuses the rest with its code', () => {
  for (const [input, code] of [
    [new Uint8Array([0x61, 0xff]), 'TEXT_NOT_UTF8'],
    [new Uint8Array([0xed, 0xa0, 0x80]), 'TEXT_NOT_UTF8'],
    ['half \ud83c pair', 'TEXT_NOT_UTF8'],
    ['', 'TEXT_EMPTY'], [' \n\t\r\n ', 'TEXT_EMPTY'], ['\ufeff', 'TEXT_EMPTY'],
    ['x'.repeat(MAX_TEXT_BYTES), 'accepted'], ['x'.repeat(MAX_TEXT_BYTES + 1), 'TEXT_TOO_LONG'],
    ['é'.repeat(MAX_TEXT_BYTES / 2), 'accepted'], ['é'.repeat(MAX_TEXT_BYTES / 2 + 1), 'TEXT_TOO_LONG'],
    [' '.repeat(MAX_TEXT_INPUT_BYTES + 1), 'TEXT_TOO_LONG'],
    ['a\u0000', 'TEXT_CONTROL_CHARACTER'], ['\u001b[2J', 'TEXT_CONTROL_CHARACTER'], ['a\u007f', 'TEXT_CONTROL_CHARACTER'],
    ['a\u0085b', 'TEXT_CONTROL_CHARACTER'], ['a\u2028b', 'TEXT_CONTROL_CHARACTER'], ['a\u000bb', 'TEXT_CONTROL_CHARACTER']
  ] as const) assert.is(codeOf(() => normaliseText(input)), code, JSON.stringify(input).slice(0, 40))
})

test('says in which line a control character is', () => {
  assert.throws(() => normaliseText('one\ntwo\u0007'), /U\+0007 in line 2/)
  assert.throws(() => normaliseText('\u0007'), /in line 1/)
})

test('titles', () => {
  assert.is(normaliseTitle('  Hello  world '), 'Hello  world')
  for (const [input, code] of [
    ['', 'TITLE_EMPTY'], ['   ', 'TITLE_EMPTY'], ['x'.repeat(300), 'accepted'], ['x'.repeat(301), 'TITLE_TOO_LONG'], ['é'.repeat(151), 'TITLE_TOO_LONG'],
    ['a\nb', 'TITLE_CONTROL_CHARACTER'], ['a\tb', 'TITLE_CONTROL_CHARACTER'], ['a\u001b]0;x', 'TITLE_CONTROL_CHARACTER'], ['a\u2029', 'TITLE_CONTROL_CHARACTER'], ['\udc00', 'TEXT_NOT_UTF8']
  ] as const) assert.is(codeOf(() => normaliseTitle(input)), code, JSON.stringify(input).slice(0, 40))
})

test('what is returned is accepted on the wire and changes no more', () => {
  const unit = fc.oneof(fc.constantFrom('\n', '\r', '\t', ' ', '\ufeff', 'a', '\u2028', '\u00a0'), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }))
  let accepted = 0
  fc.assert(fc.property(fc.string({ unit, maxLength: 30 }), input => {
    for (const [normalise, fault] of [[normaliseText, textFault], [normaliseTitle, titleFault]] as const) {
      let text: string
      try { text = normalise(input) } catch (error) {
        assert.instance(error, SeedbedError)
        assert.match((error as SeedbedError).code, /^(TEXT|TITLE)_/)
        continue
      }
      accepted++
      assert.is(fault(text), null)
      assert.is(normalise(text), text)
    }
  }), { numRuns: 3000 })
  assert.ok(accepted > 100, `only ${accepted} inputs were accepted`)
})

test.run()
