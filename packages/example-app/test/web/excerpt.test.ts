import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { EXCERPT_CHARS } from '../../src/web/limits.ts'
import { excerptOf } from '../../src/web/text/excerpt.ts'

const test = suite('how a text begins')

test('one line, without marks of blocks, and no half of a character', () => {
  assert.is(excerptOf('  # A title\n\n> > quoted\n> again\n\nand *more*\t '), 'A title quoted again and *more*')
  assert.is(excerptOf('#no heading'), '#no heading')
  assert.is(excerptOf('\n \n'), '')
  const long = excerptOf('a'.repeat(EXCERPT_CHARS - 1) + '🌱🌱')
  assert.is(long, 'a'.repeat(EXCERPT_CHARS - 1))
  assert.is(excerptOf('x'.repeat(64_000)).length, EXCERPT_CHARS)
})

test.run()
