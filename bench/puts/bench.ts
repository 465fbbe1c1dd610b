import { createTorrentStore, refOf, req2Of, type TorrentStore } from '@seedbed/torrent-store'
import { Level } from 'level'
import { benchBody } from '../support/bodies.ts'
import { createFolder } from '../support/folder.ts'
import { caseOf, quantile, type Case, type Suite } from '../support/suite.ts'

const ROUNDS = 5
const BATCH = 1000
const IN_FLIGHT = 64

interface Way {
  readonly name: string
  /** A round. */
  readonly bodies: number
  ours (store: TorrentStore, bodies: readonly Uint8Array[]): Promise<void>
  raw (db: RawLevel, rows: readonly Rows[]): Promise<void>
}

type RawLevel = Level<Uint8Array, Uint8Array>
/** What one body makes of the database. */
interface Rows { readonly bodyKey: Uint8Array, readonly body: Uint8Array, readonly indexKey: Uint8Array, readonly index: Uint8Array }

export const suite: Suite = {
  name: 'puts',
  async run () {
    const cases: Case[] = []
    for (const way of [oneAfterAnother, inFlight, batched]) cases.push(...await measure(way))
    return cases
  }
}

const oneAfterAnother: Way = {
  name: 'durable puts one after another',
  bodies: 1000,
  async ours (store, bodies) { for (const body of bodies) await store.put(body) },
  async raw (db, rows) { for (const row of rows) await write(db, [row]) }
}

const inFlight: Way = {
  name: `durable puts, ${IN_FLIGHT} in flight`,
  bodies: 10_000,
  async ours (store, bodies) { await withInFlight(bodies, async body => { await store.put(body) }) },
  async raw (db, rows) { await withInFlight(rows, async row => { await write(db, [row]) }) }
}

const batched: Way = {
  name: `durable batches of ${BATCH}`,
  bodies: 20_000,
  async ours (store, bodies) { for (let at = 0; at < bodies.length; at += BATCH) await store.putMany(bodies.slice(at, at + BATCH)) },
  async raw (db, rows) { for (let at = 0; at < rows.length; at += BATCH) await write(db, rows.slice(at, at + BATCH)) }
}

/** Both by turns, each in a database of its own that goes on growing. */
async function measure (way: Way): Promise<Case[]> {
  await using folder = await createFolder()
  const [ourDb, raw] = [new Level(`${folder.path}/ours`), new Level<Uint8Array, Uint8Array>(`${folder.path}/raw`, { keyEncoding: 'view', valueEncoding: 'view' })]
  const store = await createTorrentStore({ db: ourDb })
  await raw.open()
  const [ours, theirs]: [Measured[], Measured[]] = [[], []]
  for (let round = 0; round <= ROUNDS; round++) {
    const bodies = Array.from({ length: way.bodies }, (_, i) => benchBody(round * way.bodies + i))
    const rows = bodies.map(rowsOf)
    const measured = [await costOf(way.bodies, async () => { await way.ours(store, bodies) }), await costOf(way.bodies, async () => { await way.raw(raw, rows) })] as const
    if (round === 0) continue // code is compiled, files are open
    ours.push(measured[0])
    theirs.push(measured[1])
  }
  if (store.stat().bodies !== way.bodies * (ROUNDS + 1)) throw new Error('a body is missing')
  await store.close()
  await Promise.all([ourDb.close(), raw.close()])
  const median = (samples: readonly Measured[], what: keyof Measured): number => quantile(samples.map(sample => sample[what]), 0.5)
  const caseOfBoth = (name: string, what: keyof Measured, unit: string): Case => caseOf(name, median(ours, what), unit, { name: 'the same rows written to level', value: median(theirs, what) })
  return [caseOfBoth(way.name, 'rate', 'bodies/s'), caseOfBoth(`${way.name}: processor time`, 'cpuUs', 'us a body')]
}

interface Measured {
  /** Bodies a second. */
  readonly rate: number
  /** Microseconds of processor time a body, of all threads: the database's own tidying up is in it. */
  readonly cpuUs: number
}

async function costOf (bodies: number, work: () => Promise<void>): Promise<Measured> {
  const [beganMs, before] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(before)
  return { rate: bodies / (performance.now() - beganMs) * 1000, cpuUs: (user + system) / bodies }
}

async function withInFlight<T> (items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values()
  await Promise.all(Array.from({ length: IN_FLIGHT }, async () => { for (const item of queue) await work(item) }))
}

/** As long as the rows of the store, with keys that are ready. */
function rowsOf (body: Uint8Array): Rows {
  const { infoHash } = refOf(body)
  return { bodyKey: Buffer.from(`b${infoHash}`, 'latin1'), body, indexKey: Buffer.from(`i${req2Of(infoHash)}`, 'latin1'), index: Buffer.concat([Buffer.from(infoHash, 'hex'), Buffer.alloc(8)]) }
}

const COUNT_KEY = Buffer.from('held')

async function write (db: RawLevel, rows: readonly Rows[]): Promise<void> {
  const puts = rows.flatMap(({ bodyKey, body, indexKey, index }) => [{ type: 'put' as const, key: bodyKey, value: body }, { type: 'put' as const, key: indexKey, value: index }])
  await db.batch([...puts, { type: 'put', key: COUNT_KEY, value: Buffer.alloc(20) }], { sync: true })
}
