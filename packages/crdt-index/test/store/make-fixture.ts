// Writes a database as this release leaves it in a crash: test/store/fixtures/format-N.json, the rows in hex and base64,
// with what an index shows of them. Run once for each new format, by the release that introduces it:
//   node --conditions=source packages/crdt-index/test/store/make-fixture.ts N
import { writeFile } from 'node:fs/promises'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import { everything } from '../checkpoint/everything.ts'
import { authors, createRandom, createScribe, ids, memory, START_MS } from '../checkpoint/world.ts'

const format = Number(process.argv[2])
const random = createRandom(format)
const db = memory()
let nowMs = START_MS
const index = await createCrdtIndex({ db, clock: () => nowMs, randomUint32: () => 1 + random(0xfffffffe), checkpoints: { intervalMs: 5, minEnvelopes: 1 } })
const { address } = await index.create({ founder: authors[0]!, slug: 'format' })
const scribe = createScribe(address, random)
const write = async (times: number): Promise<void> => { for (let i = 0; i < times; i++) await scribe.write(index, authors[random(2)]!, nowMs += 1000) }
await write(60)
await new Promise(resolve => setTimeout(resolve, 200)) // for a checkpoint, where there are any
await write(6)
const rows = (await db.iterator().all()).map(([key, value]) => [Buffer.from(key).toString('hex'), Buffer.from(value).toString('base64')])
const file = new URL(`fixtures/format-${format}.json`, import.meta.url)
await writeFile(file, `${JSON.stringify({ format, shown: await everything(index, ids), rows }, null, 1)}\n`)
await index.close()
