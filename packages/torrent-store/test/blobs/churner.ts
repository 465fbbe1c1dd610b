// A process that puts, deletes, removes and evicts until it dies: `churner.ts FOLDER START`. Bodies that begin with
// "keep" are pinned and never deleted; each of their infohashes is one line of output once it was acknowledged.
import { Level } from 'level'
import { createTorrentStore, refOf, type InfoHash } from '../../src/index.ts'

const [, , folder, start] = process.argv
if (folder === undefined || start === undefined) throw new Error('usage: churner.ts FOLDER START')
const bodyOf = (kind: string, n: number): Uint8Array => Buffer.from(`${kind} ${n} `.repeat(1 + n % 97))
const kept = new Set<InfoHash>()
const store = await createTorrentStore({ db: new Level(folder), quota: { cacheBytes: 100_000, isPinned: infoHash => kept.has(infoHash) } })
for (let n = 0; n < Number(start); n++) kept.add(refOf(bodyOf('keep', n)).infoHash)

async function churn (worker: number): Promise<never> {
  for (let n = worker; ; n += 8) {
    const keep = bodyOf('keep', Number(start) + n)
    const { infoHash } = refOf(keep)
    kept.add(infoHash)
    await store.put(keep)
    process.stdout.write(`${infoHash}\n`)
    const [one, two] = [bodyOf('churn', n % 300), bodyOf('churn', (n * 7) % 300)]
    await Promise.all([store.put(one), store.delete(refOf(two).infoHash), store.remove(refOf(one).infoHash), store.putMany([two, one, bodyOf('cached', n)]), store.delete(refOf(one).infoHash)])
  }
}

await Promise.all(Array.from({ length: 8 }, async (_, worker) => await churn(worker)))
