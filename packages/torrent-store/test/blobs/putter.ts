// A process that puts bodies until it dies: `putter.ts FOLDER`. Each acknowledged infohash is one line of output.
import { Level } from 'level'
import { createTorrentStore } from '../../src/index.ts'

const folder = process.argv[2]
if (folder === undefined) throw new Error('usage: putter.ts FOLDER')
const store = await createTorrentStore({ db: new Level(folder) })
try {
  for (let i = 0; i < 100_000; i++) {
    const { infoHash } = await store.put(Buffer.from(`${i} `.repeat(200)))
    process.stdout.write(`${infoHash}\n`)
  }
} catch (error) {
  const { code, cause } = error as { code?: string, cause?: unknown }
  process.stdout.write(`failed ${JSON.stringify({ code, cause: cause instanceof Error, stat: store.stat() })}\n`)
}
