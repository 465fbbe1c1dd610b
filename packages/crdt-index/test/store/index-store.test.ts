// The store's laws on the databases of Node; test/browser/crdt-index.test.ts runs them on IndexedDB.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { checkStore } from './index-store-suite.ts'

const test = suite('index store')

test('memory-level', async () => {
  assert.is((await checkStore(async () => new MemoryLevel())).length, 14)
})

test('classic-level', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'seedbed-store-'))
  try {
    assert.is((await checkStore(async () => new Level(folder))).length, 14)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test.run()
