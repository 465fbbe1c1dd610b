// docs/interop.md says what is tested, no more and no less.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { gapsTable, supportTable } from './table.ts'

const PAGE = path.join(import.meta.dirname, '../../docs/interop.md')
const test = suite('docs/interop.md')

test('its tables are those of the cases', () => {
  const lines = readFileSync(PAGE, 'utf8').split('\n')
  const tables = lines.filter((line, index) => line.startsWith('|') && !lines.slice(0, index).includes('## Versions'))
  assert.equal(tables, [...supportTable(), ...gapsTable()])
})

test.run()
