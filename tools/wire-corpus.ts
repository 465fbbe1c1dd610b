// Writes the corpus of spoiled talks that the listener of torrent-store is tested with: packages/torrent-store/test/wire/
// corpus/. The same seed gives the same files; those that a fuzzer added stay.
//
//   node --conditions=source tools/wire-corpus.ts [seed]
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { GREEDY, seeded, spoil } from '../packages/torrent-store/test/wire/transcripts.ts'

const SPOILED = 40
const seed = Number(process.argv[2] ?? 1)
const folder = path.join(import.meta.dirname, '../packages/torrent-store/test/wire/corpus')
const below = seeded(seed)
mkdirSync(folder, { recursive: true })
const transcripts = [...GREEDY, ...Array.from({ length: SPOILED }, (_, i) => spoil(`spoiled-${seed}-${i}`, below))]
for (const transcript of transcripts) {
  writeFileSync(path.join(folder, `${transcript.name}.json`), JSON.stringify(transcript) + '\n')
}
console.log(`seed ${seed}: ${transcripts.length} talks in ${folder}`)
