// What `writer` acknowledged is there after a restart and on every peer: with readers in between, with a device that went
// back to a backup while its disk is full, after leaving and joining again, and after a clock that was ahead.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../src/create-crdt-index.ts'
import type { CrdtIndex, CrdtIndexOptions } from '../src/crdt-index.ts'
import { createSigner, type Signer } from '../src/identity/keys.ts'
import type { CommunityAddress, ContentId, ItemId } from '../src/model.ts'
import { periodOf } from '../src/identity/period.ts'
import { createMemoryNetwork } from '../src/sync/memory-transport.ts'

const test = suite('durability of acknowledged writes')
const ada: Signer = createSigner(new Uint8Array(32).fill(9))
const me: Signer = createSigner(new Uint8Array(32).fill(7))
const idOf = (n: number): ContentId => n.toString(16).padStart(40, '0') as ContentId
type Bytes = MemoryLevel<Uint8Array, Uint8Array>
const memory = (): Bytes => new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' })

async function copyOf (db: Bytes): Promise<Bytes> {
  const copy = memory()
  for await (const [key, value] of db.iterator()) await copy.put(key, value)
  return copy
}

async function until (what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 6000; i++) {
    if (holds()) return
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  throw new Error(`never: ${what}`)
}

const open = async (options: CrdtIndexOptions): Promise<CrdtIndex> => await createCrdtIndex({ syncIntervalMs: 300, signers: [me], ...options })
const held = (index: CrdtIndex, ids: readonly ContentId[]): number => ids.filter(id => index.find(id).length > 0).length

test('readers of cold documents do not push out what is written meanwhile', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'crdt-index-'))
  const db = new Level(folder)
  try {
    const index = await createCrdtIndex({ db, maxLiveEntries: 20 }) // two authors do not fit, so documents go cold all the time
    const damaged: string[] = []
    index.on('damaged', ({ hash }) => { damaged.push(String(hash)) })
    const { address } = await index.create({ founder: me, slug: 'x' })
    const nowMs = Date.now()
    const period = periodOf(nowMs)
    const items: ItemId[] = []
    for (let i = 0; i < 60; i++) items.push(await index.writer(ada).post({ community: address, contentId: idOf(i + 1), length: 10, title: `t${i}`, createdMs: nowMs - 1000 }))
    let reading = true
    const reader = (async () => {
      while (reading) {
        void index.entry(Math.random() < 0.5 ? me.author : ada.author, address, period, 'votes', items[0] as ItemId)
        await new Promise(resolve => setTimeout(resolve, Math.random()))
      }
    })()
    for (const item of items) await index.writer(me).vote({ community: address, period, item, value: 1 })
    reading = false
    await reader
    await index.close()
    const again = await createCrdtIndex({ db })
    assert.is(items.filter(item => again.item(address, period, item)?.up === 1).length, items.length)
    assert.equal(damaged, [])
    await again.close()
  } finally {
    await db.close()
    await rm(folder, { recursive: true, force: true })
  }
})

for (const ending of ['the disk has room again', 'the next start'] as const) {
  test(`a restored backup writes again what the network pushed out, at the latest when ${ending}`, async () => {
    const network = createMemoryNetwork()
    const [a, b, c] = [network.peer('a'), network.peer('b'), network.peer('c')]
    const other = await open({ db: new MemoryLevel(), transport: a })
    const db = memory()
    const device = await open({ db, transport: b })
    const { address } = await other.create({ founder: ada, slug: 'x' })
    const createdMs = Date.now() - 5000
    const mine: ContentId[] = []
    const post = async (index: CrdtIndex, n: number): Promise<void> => {
      await index.writer(me).post({ community: address, contentId: idOf(n), length: 10, title: `t${n}`, createdMs })
      mine.push(idOf(n))
    }
    a.connect('b')
    await device.join(address)
    await until('the genesis is known', () => device.community(address)?.slug === 'x')
    for (let n = 1; n <= 5; n++) await post(device, n)
    const backup = await copyOf(db)
    for (let n = 6; n <= 30; n++) await post(device, n)
    await until('the other has them', () => held(other, mine) === 30 && other.status(address).digest === device.status(address).digest)
    await device.close()
    b.close()
    let restored = await open({ db: backup, transport: c })
    for (let n = 100; n < 108; n++) await post(restored, n)
    // From now on the disk takes what peers send, which is not synced, and refuses what is written here.
    const disk = backup as unknown as { _batch: (operations: unknown, options: { sync?: boolean }) => Promise<void> }
    const batch = disk._batch.bind(backup)
    let failed = 0
    disk._batch = async (operations, options) => {
      if (options.sync !== true) { await batch(operations, options); return }
      failed++
      throw Object.assign(new Error('no space'), { code: 'LEVEL_IO_ERROR' })
    }
    c.connect('a')
    await until('a write was refused', () => failed > 0)
    if (ending === 'the next start') {
      await restored.close()
      c.close()
      disk._batch = batch
      const d = network.peer('d')
      restored = await open({ db: backup, transport: d })
      d.connect('a')
    } else disk._batch = batch
    await until('nothing is lost', () => held(other, mine) === 38 && held(restored, mine) === 38)
    await until('both agree', () => other.status(address).digest === restored.status(address).digest)
    await restored.close()
    await other.close()
  })
}

test('who leaves and joins again takes another device id', async () => {
  const network = createMemoryNetwork()
  const [a, b] = [network.peer('a'), network.peer('b')]
  const other = await open({ db: new MemoryLevel(), transport: a })
  const device = await open({ db: new MemoryLevel(), transport: b })
  const { address } = await other.create({ founder: ada, slug: 'x' })
  a.connect('b')
  await device.join(address)
  await until('the genesis is known', () => device.community(address)?.slug === 'x')
  const mine = Array.from({ length: 6 }, (_, n) => idOf(n + 1))
  const post = async (contentId: ContentId): Promise<void> => { await device.writer(me).post({ community: address, contentId, length: 10, title: 't', createdMs: Date.now() - 1000 }) }
  for (const id of mine.slice(0, 5)) await post(id)
  await until('the other has them', () => held(other, mine) === 5)
  const genesis = device.genesis(address)
  a.disconnect('b')
  await device.leave(address)
  await device.join(address, genesis)
  await post(mine[5] as ContentId) // before the month is back
  a.connect('b')
  await until('all are there', () => held(other, mine) === 6 && held(device, mine) === 6)
  await until('both agree', () => other.status(address).digest === device.status(address).digest)
  await device.close()
  await other.close()
})

test('one write by a clock far ahead does not silence the author', async () => {
  const network = createMemoryNetwork()
  const [a, b] = [network.peer('a'), network.peer('b')]
  let aheadMs = 0
  const other = await open({ db: new MemoryLevel(), transport: a })
  const device = await open({ db: new MemoryLevel(), transport: b, clock: () => Date.now() + aheadMs })
  const { address } = await other.create({ founder: ada, slug: 'x' })
  const nowMs = Date.now()
  const period = periodOf(nowMs)
  const items: ItemId[] = []
  for (let n = 0; n < 5; n++) items.push(await other.writer(ada).post({ community: address, contentId: idOf(n + 1), length: 10, title: 't', createdMs: nowMs - 1000 }))
  a.connect('b')
  await device.join(address)
  await until('the posts are known', () => device.status(address).posts === 5)
  aheadMs = 365 * 24 * 3600 * 1000
  await device.writer(me).vote({ community: address, period, item: items[0] as ItemId, value: 1 })
  aheadMs = 0
  for (const item of items.slice(1)) await device.writer(me).vote({ community: address, period, item, value: 1 })
  const upsOn = (index: CrdtIndex, community: CommunityAddress): number => items.filter(item => index.item(community, period, item)?.up === 1).length
  await until('the others see the votes', () => upsOn(other, address) === 4)
  assert.is(upsOn(device, address), 5)
  await device.close()
  await other.close()
})

test.run()
