// A process that drops months, killed at any moment: each month is whole, or gone and shown as it was; own words are there; and
// nothing of what was dropped is left on the disk. SEEDBED_TEST_KILLS makes more of them.
// test-timeout-ms: 120000
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Level } from 'level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import type { CrdtIndex } from '../../src/crdt-index.ts'
import type { ItemView } from '../../src/views/item-view.ts'
import { contentOf, createMonthWorld, ME, months, NOW } from './month-world.ts'

const CHILD = path.join(import.meta.dirname, 'drop-child.ts')
const KILLS = Number(process.env['SEEDBED_TEST_KILLS'] ?? 5)
const test = suite('kills while months are dropped')
const open = async (folder: string): Promise<{ db: Level, index: CrdtIndex }> => {
  const db = new Level(folder)
  return { db, index: await createCrdtIndex({ db, clock: () => NOW, signers: [ME], checkpoints: { intervalMs: 1e9, minEnvelopes: 50 } }) }
}

/** What the child had done when it was killed, `afterMs` after it had printed so many lines, of which the first says that it opened. */
async function runAndKill (folder: string, lines: number, afterMs: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--conditions=source', CHILD, folder, String(NOW)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  let timer: NodeJS.Timeout | null = null
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
    if (printed.split('\n').length > lines) timer ??= setTimeout(() => child.kill('SIGKILL'), afterMs)
  })
  const [, signal] = await once(child, 'close') as [number | null, string | null]
  assert.is(signal, 'SIGKILL')
  return printed.split('\n').slice(1, -1)
}

/** Envelope rows by month. */
async function rowsOf (folder: string): Promise<Map<number, number>> {
  const db = new Level<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' })
  const rows = new Map<number, number>()
  const prefix = Buffer.from('!crdt-index!!envelopes!')
  for await (const key of db.keys({ gte: prefix, lt: Buffer.from('!crdt-index!!envelopes"') })) {
    const period = Buffer.from(key).readUInt32BE(prefix.length + 32)
    rows.set(period, (rows.get(period) ?? 0) + 1)
  }
  await db.close()
  return rows
}

test('whatever moment it is, a month is whole or gone', async () => {
  const base = await mkdtemp(path.join(tmpdir(), 'crdt-index-drop-'))
  try {
    const world = await createMonthWorld(12)
    const { address } = world
    const full = path.join(base, 'full')
    const before = new Map<number, Array<ItemView | undefined>>()
    {
      const { db, index } = await open(full)
      await index.join(address, world.genesis)
      await index.ingest(address, world.envelopes)
      for (const period of months) before.set(period, world.items.get(period)!.map(item => index.item(address, period, item)))
      await index.close()
      await db.close()
    }
    let dropped = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const folder = path.join(base, `kill-${kill}`)
      await cp(full, folder, { recursive: true })
      const done = await runAndKill(folder, kill === KILLS - 1 ? 2 : 1, kill * 15) // the last one dropped something, however slow it is
      const { db, index } = await open(folder)
      // At once: what is left to drop is dropped from here on.
      const shown = new Map(months.map(period => [period, world.items.get(period)!.map(item => index.item(address, period, item))]))
      const shards = new Map(index.status(address).shards.map(shard => [shard.period, shard]))
      for (const period of months) {
        const isGone = shards.get(period)?.asOfMs !== null
        if (isGone) dropped++
        assert.is(shards.get(period)?.holding, isGone || shards.get(period)?.kept === false ? 'partial' : 'whole', `${period}: ME wrote there`)
        if (isGone) assert.is(shards.get(period)?.envelopes, 1)
        assert.equal(shown.get(period), before.get(period)?.map(item => item === undefined ? item : { ...item, asOfMs: isGone ? NOW : null }))
        assert.ok(await index.entry(ME.author, address, period, 'comments', Buffer.from(contentOf(period, 999), 'hex').toString('base64url')))
      }
      for (const kept of done) if (kept !== 'done') for (const period of months.slice(Number(kept))) assert.is(shards.get(period)?.holding, 'partial', `${period} had been dropped`)
      await index.retain(address, { months: 1 })
      const later = new Map(months.map(period => [period, world.items.get(period)!.map(item => index.item(address, period, item)?.score)]))
      assert.equal(later, new Map([...before].map(([period, items]) => [period, items.map(item => item?.score)])))
      await index.close()
      await db.close()
      const rows = await rowsOf(folder)
      assert.equal(months.map(period => rows.get(period)), months.map((_period, at) => at === 0 ? rows.get(months[0]!) : 1), 'of dropped months ME alone is left')
      assert.ok(rows.get(months[0]!)! > 12)
    }
    assert.ok(dropped > 0, 'a kill came after something was dropped')
  } finally {
    await rm(base, { recursive: true, force: true })
  }
})

test.run()
