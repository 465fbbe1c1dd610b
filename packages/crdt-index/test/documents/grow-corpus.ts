// Mutates real updates and keeps, in corpus/, the smallest one for each way that an update can take through the guard. Run it
// with new seeds from time to time: it only adds, and replaces by what is shorter.
//
//   node --conditions=source packages/crdt-index/test/documents/grow-corpus.ts [FIRST_SEED [SEEDS]]
import { pick, seeded } from './devices.ts'
import { readCorpus, writeCorpus } from './corpus.ts'
import { judge, realUpdates, type FuzzCase } from './fuzz-cases.ts'
import { mutate } from './mutations.ts'

const MUTATIONS = 40
const [firstSeed = 1, seeds = 2000] = process.argv.slice(2).map(Number)
const corpus = new Map<string, FuzzCase>(readCorpus().map(({ way, ...one }) => [way, one]))
const before = corpus.size

for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
  const random = seeded(seed)
  const real = realUpdates(seed)
  const known = [...corpus].flatMap(([way, one]) => way.startsWith('passed') ? [one] : [])
  for (let i = 0; i < MUTATIONS; i++) {
    const one = pick(real, random)
    const header = random(8) === 0 ? pick(real, random) : one
    keep({ ...header, update: i === 0 ? one.update : mutate(one.update, pick(real, random).update, random) })
  }
  // And what is kept of those that passed, changed once more.
  if (known.length > 0) {
    const one = pick(known, random)
    keep({ ...one, update: mutate(one.update, pick(real, random).update, random) })
  }
}
writeCorpus(corpus)
console.log(`${corpus.size} ways, ${corpus.size - before} of them new`)

function keep (one: FuzzCase): void {
  let way: string
  try {
    way = judge(one)
  } catch (error) {
    console.error(JSON.stringify({ ...one, update: Buffer.from(one.update).toString('base64') }))
    throw error
  }
  const held = corpus.get(way)
  if (held === undefined || one.update.length < held.update.length) corpus.set(way, one)
}
