// Who is served what under a quota is the caller's rule: here strangers get what is pinned, members what is cached too.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, tcpCandidate, type FetchCandidate, type InfoHash, type TorrentRef, type TorrentStore } from '../../src/index.ts'

const test = suite('torrent-store/quota-serving')
const pinned = new Set<InfoHash>()
let seeder: TorrentStore
let reader: TorrentStore
let strangers: FetchCandidate
let members: FetchCandidate
let own: TorrentRef
let cached: TorrentRef

test.before(async () => {
  const isPinned = (infoHash: InfoHash): boolean => pinned.has(infoHash)
  seeder = await createTorrentStore({ db: createMemoryBlobs(), quota: { cacheBytes: 1000, isPinned }, mayServe: isPinned })
  reader = await createTorrentStore({ db: createMemoryBlobs() })
  own = await seeder.put(Buffer.from('my own'))
  pinned.add(own.infoHash)
  cached = await seeder.put(Buffer.from('only read here'))
  const [open, closed] = [await seeder.listen(), await seeder.listen({ mayServe: () => true })]
  strangers = tcpCandidate(open.host, open.port)
  members = tcpCandidate(closed.host, closed.port)
})
test.after(async () => { await Promise.all([seeder.close(), reader.close()]) })

async function had (ref: TorrentRef, from: FetchCandidate): Promise<boolean> {
  return await reader.fetch(ref, { candidates: [from], timeoutMs: 5000 }).then(({ body }) => body.length === ref.length, () => false)
}

test('one by one', async () => {
  assert.equal([await had(own, strangers), await had(cached, strangers)], [true, false])
  assert.equal([await had(own, members), await had(cached, members)], [true, true])
})

test('many over one connection', async () => {
  const got = async (from: FetchCandidate): Promise<InfoHash[]> => {
    const ids: InfoHash[] = []
    for await (const { infoHash, body } of reader.fetchMany([own, cached], { candidates: [from], timeoutMs: 5000 })) if (body !== undefined) ids.push(infoHash)
    return ids.sort()
  }
  assert.equal(await got(strangers), [own.infoHash])
  assert.equal(await got(members), [own.infoHash, cached.infoHash].sort())
})

test('what is pinned no longer is served to members only, and being served keeps nothing', async () => {
  pinned.delete(own.infoHash)
  assert.equal([await had(own, strangers), await had(own, members)], [false, true])
  pinned.add(own.infoHash)
  for (let i = 0; i < 3; i++) assert.is(await had(cached, members), true)
  await seeder.settled()
  const evicted: InfoHash[] = []
  seeder.on('evicted', ({ infoHash }) => { evicted.push(infoHash) })
  await seeder.put(Buffer.alloc(950))
  await seeder.settled()
  await seeder.put(Buffer.alloc(60, 1))
  await seeder.settled()
  assert.ok(evicted.includes(cached.infoHash), 'others asked for it, nobody used it here')
  assert.is(await had(cached, members), false)
})

test.run()
