// An index that writes for ever and saves checkpoints all the time, to be killed at any moment. What it printed is promised.
//   kill-child.ts FOLDER SEED
import { writeSync } from 'node:fs'
import { Level } from 'level'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import { authors, createRandom, createScribe } from './world.ts'

const [folder = '', seed = ''] = process.argv.slice(2)
const random = createRandom(Number(seed))
const index = await createCrdtIndex({ db: new Level(folder), checkpoints: { intervalMs: 2, minEnvelopes: 1 } })
const me = authors[0]!
const address = index.communities()[0]?.address ?? (await index.create({ founder: me, slug: 'kills' })).address
const scribe = createScribe(address, random, Number(seed) * 100_000)
writeSync(1, 'open\n')
for (;;) {
  const before = scribe.listed.length
  await scribe.write(index, authors[random(authors.length)]!, Date.now())
  for (const { item, period } of scribe.listed.slice(before)) writeSync(1, `${period} ${item}\n`)
}
