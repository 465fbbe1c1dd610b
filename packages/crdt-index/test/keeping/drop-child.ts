// Drops month after month of a folder, to be killed at any moment.
//   drop-child.ts FOLDER NOW
import { writeSync } from 'node:fs'
import { Level } from 'level'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import { ME, months } from './month-world.ts'

const [folder = '', now = ''] = process.argv.slice(2)
const index = await createCrdtIndex({ db: new Level(folder), clock: () => Number(now), signers: [ME], checkpoints: { intervalMs: 1e9, minEnvelopes: 50 } })
const [community] = index.communities()
writeSync(1, 'open\n')
for (let kept = months.length - 1; kept > 0; kept--) {
  await index.retain(community!.address, { months: kept })
  writeSync(1, `${kept}\n`)
}
writeSync(1, 'done\n')
setInterval(() => {}, 1000)
