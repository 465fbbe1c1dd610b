// A process that saves checkpoints all the time, killed at any moment: nothing that it acknowledged is lost, and what a start
// from its checkpoints shows is what its envelopes say. SEEDBED_TEST_SEED plays the same writes again (the operating system
// decides when the kill comes), SEEDBED_TEST_KILLS makes more of them.
// test-timeout-ms: 120000
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Level } from 'level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import { parseItemId } from '../../src/identity/ids.ts'
import { everything, firstDifference } from './everything.ts'
import { createRandom, ids, memory, type Memory } from './world.ts'

const CHILD = path.join(import.meta.dirname, 'kill-child.ts')
const KILLS = Number(process.env['SEEDBED_TEST_KILLS'] ?? 6)
const NEVER = { intervalMs: 1e9, minEnvelopes: 1e9 }
const seed = Number(process.env['SEEDBED_TEST_SEED'] ?? Math.floor(Math.random() * 10_000))
const random = createRandom(seed + 1)
console.log(`seed ${seed}`)

const test = suite('kills between checkpoints')

/** The lines that the child printed before it was killed, `afterMs` after it had printed so many. */
async function runAndKill (folder: string, childSeed: number, lines: number, afterMs: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--conditions=source', CHILD, folder, String(childSeed)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  let timer: NodeJS.Timeout | null = null
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
    if (printed.split('\n').length > lines) timer ??= setTimeout(() => child.kill('SIGKILL'), afterMs)
  })
  const [code, signal] = await once(child, 'close') as [number | null, string | null]
  assert.is(signal, 'SIGKILL', `the child ended by itself with ${String(code)}`)
  return printed.split('\n').slice(1, -1)
}

async function copyOf (folder: string, keeps: (key: string) => boolean): Promise<Memory> {
  const db = new Level<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' })
  const copy = memory()
  try {
    const rows = await db.iterator().all()
    await copy.batch(rows.filter(([key]) => keeps(Buffer.from(key).toString('latin1'))).map(([key, value]) => ({ type: 'put', key, value })))
  } finally {
    await db.close()
  }
  return copy
}

test('nothing acknowledged is lost, and no checkpoint is believed that is not of what is there', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'crdt-index-kill-'))
  const promised: string[] = []
  let heads = 0
  try {
    // How far the child comes is for the operating system to say: every other time it is let write something, and all is tried
    // until there was something to lose.
    for (let kill = 0; kill < KILLS || (kill < 10 * KILLS && (promised.length <= KILLS || heads <= KILLS / 2)); kill++) {
      promised.push(...await runAndKill(folder, seed * KILLS + kill + 1, kill % 2 === 0 ? 1 : 40, random(400)))
      const whole = await copyOf(folder, key => {
        if (key.includes('!checkpoints!')) heads++
        return true
      })
      const bare = await copyOf(folder, key => !key.includes('!checkpoint!') && !key.includes('!checkpoints!'))
      const index = await createCrdtIndex({ db: whole, checkpoints: NEVER })
      const damaged: unknown[] = []
      index.on('damaged', each => { damaged.push(each) })
      const rebuilt = await createCrdtIndex({ db: bare, checkpoints: NEVER })
      assert.is(firstDifference(await everything(index, ids), await everything(rebuilt, ids)), null, `seed ${seed}, kill ${kill}`)
      assert.equal(damaged, [])
      const [community] = index.communities()
      for (const line of promised) {
        const [period, item = ''] = line.split(' ')
        assert.ok(community !== undefined && index.item(community.address, Number(period), parseItemId(item)) !== undefined, `seed ${seed}, kill ${kill}: ${line}`)
      }
      await index.close()
      await rebuilt.close()
    }
    assert.ok(promised.length > KILLS, 'something was written')
    assert.ok(heads > KILLS / 2, 'checkpoints were written')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test.run()
