import { mkdtemp, rm } from 'node:fs/promises'
import { createNode } from '../../../src/create-node.ts'
const dir = await mkdtemp('/tmp/live/p-')
const a = await createNode({ dataDir: dir + '/a', network: false, torrent: false })
const c = await a.communities.create({ slug: 'x', difficulty: 0 })
const ids: string[] = []
for (let i = 0; i < 50; i++) ids.push((await a.posts.create({ community: c.address, title: 'p' + i, text: 'text ' + i })).id)
const root = ids[0]!
for (let i = 0; i < 100; i++) await a.comments.create({ parent: root, text: 'c' + i })
import { createCrdtIndex } from '@seedbed/crdt-index'
await a.close()
// a second author votes
const b0 = await createNode({ dataDir: dir + '/b', torrent: false })
const a2 = await createNode({ dataDir: dir + '/a', torrent: false })
await b0.connect((await a2.status()).addresses[0]!)
await b0.communities.join(c.address)
await b0.sync()
const feed = a2.live.feed(), thread = a2.live.thread(root)
for (const [name, q] of [['feed', feed], ['thread', thread]] as const) {
  const times: number[] = []
  let t = 0, n = 0
  const off = a2.on('change', () => { t ||= performance.now() })
  const end = q.subscribe(() => { if (t > 0) { times.push(performance.now() - t); t = 0 } n++ })
  await new Promise(r => setTimeout(r, 300))
  for (let i = 0; i < 100; i++) {
    t = 0
    await b0.votes[i % 2 ? 'up' : 'down'](ids[name === 'thread' ? 0 : i % 50]!)
    await new Promise(r => setTimeout(r, 40))
  }
  times.sort((x, y) => x - y)
  console.log(name, q.getSnapshot().state, 'renders', n, 'samples', times.length, 'median', times[times.length >> 1]?.toFixed(2), 'p95', times[Math.floor(times.length * 0.95)]?.toFixed(2))
  end(); off()
}
await b0.close(); await a2.close()
await rm(dir, { recursive: true })
