// test-timeout-ms: 600000
// A running peer in the open swarm: strangers find what it seeds through a tracker, and it finds, verifies and upvotes
// what only an ordinary client seeds.
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { torrentFile } from '@seedbed/torrent-store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startPeer, type Peer } from '../../tools/demo/peer.ts'
import { downloadWithAria2, hasClient, seedWithAria2, seedWithLibtorrent, type Client } from './clients.ts'
import { startTracker, type LocalTracker } from './tracker.ts'

interface Post { id: string, magnet: string, sha256: string }
interface Fetched { id: string, valid: boolean, fault: string | null, listed: boolean, sha256: string, from: string, kind: string | null, title: string | null, text: string | null }
interface Vote { seeding: boolean, score: number, sha256: string, servedBy: string }

const scratch = mkdtempSync(path.join(tmpdir(), 'seedbed-swarm-'))
const test = suite('a running peer in the open swarm')
test.after(() => { rmSync(scratch, { recursive: true, force: true }) })

/** An author's post, known to a reader who has no body of it; then the author is gone and only `client` seeds it. */
async function orphaned (client: Client, tracker: LocalTracker, work: (reader: Peer, post: Post) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(path.join(scratch, `${client}-`))
  const running: Peer[] = []
  try {
    const author = await startPeer('author', path.join(folder, 'author'))
    running.push(author)
    const reader = await startPeer('reader', path.join(folder, 'reader'), [author.address], ['--tracker', tracker.url])
    running.push(reader)
    const { address } = await author.command<{ address: string }>(['community', 'create', 'garden', '--difficulty', '0'])
    const post = await author.command<Post>(['post', 'garden', '--title', 'An orphan'], `kept alive by ${client}`)
    await reader.command(['join', address])
    while ((await reader.command<{ items: unknown[] }>(['feed'])).items.length === 0) await new Promise(resolve => setTimeout(resolve, 100))
    await author.command(['torrent', post.id, '--out', path.join(folder, 'post.torrent')])
    const body = (await downloadFrom(author, post))
    await author.kill()
    const dir = path.join(folder, 'seed')
    mkdirSync(dir)
    writeFileSync(path.join(dir, `${post.sha256}.txt`), body)
    assert.ok(readFileSync(path.join(folder, 'post.torrent')).length > 0)
    const file = path.join(folder, 'tracked.torrent')
    writeFileSync(file, torrentFile(body, { trackers: [tracker.url] }))
    await using _seeder = client === 'aria2' ? await seedWithAria2({ torrentFile: file, dir }) : await seedWithLibtorrent({ torrentFile: file, dir })
    while (tracker.seeds(post.id) === 0) await new Promise(resolve => setTimeout(resolve, 50)) // the client announces itself
    await work(reader, post)
  } finally {
    for (const peer of running) await peer.stop()
  }
}

/** The body file as a member reads it; written again, as the author's bytes are not on the command line. */
async function downloadFrom (author: Peer, post: Post): Promise<Buffer> {
  const { createMemoryBlobs, createTorrentStore, parseInfoHash, tcpCandidate } = await import('@seedbed/torrent-store')
  await using store = await createTorrentStore({ db: createMemoryBlobs() })
  const { body } = await store.fetch({ infoHash: parseInfoHash(post.id) }, { candidates: [tcpCandidate('127.0.0.1', author.torrentPort)] })
  return Buffer.from(body)
}

for (const client of ['libtorrent', 'aria2'] as const) {
  if (!hasClient(client)) {
    test.skip(`${client} is not installed`, () => {})
    continue
  }
  test(`a body that only ${client} seeds is fetched through the tracker, verified and upvoted`, async () => {
    await using tracker = await startTracker()
    await orphaned(client, tracker, async (reader, post) => {
      const fetched = await reader.command<Fetched>(['fetch', post.magnet])
      assert.equal([fetched.id, fetched.valid, fetched.fault, fetched.listed, fetched.kind, fetched.title, fetched.text], [post.id, true, null, true, 'post', 'An orphan', `kept alive by ${client}`])
      assert.is(fetched.sha256, post.sha256)
      await reader.command(['drop', post.id])
      const vote = await reader.command<Vote>(['upvote', post.id])
      assert.equal([vote.seeding, vote.score, vote.sha256], [true, 1, post.sha256])
      assert.match(vote.servedBy, /^127\.0\.0\.1:\d+$/)
    })
  })
}

if (hasClient('aria2')) {
  test('strangers find what a peer posts through the tracker that it announces to', async () => {
    await using tracker = await startTracker()
    const peer = await startPeer('announcer', path.join(scratch, 'announcer'), [], ['--tracker', tracker.url])
    try {
      await peer.command(['community', 'create', 'garden', '--difficulty', '0'])
      const { id, sha256 } = await peer.command<Post>(['post', 'garden', '--title', 'Found'], 'by strangers')
      const { bytes } = await downloadWithAria2({ magnet: `magnet:?xt=urn:btih:${id}&tr=${encodeURIComponent(tracker.url)}`, dir: mkdtempSync(path.join(scratch, 'aria2-')), timeoutMs: 240_000 })
      assert.is(createHash('sha256').update(bytes).digest('hex'), sha256)
    } finally {
      await peer.stop()
    }
  })
}

if (hasClient('libtorrent')) {
  test('a torrent that is no signed body is shown as such and not kept', async () => {
    const folder = mkdtempSync(path.join(scratch, 'foreign-'))
    const body = Buffer.from('just a text file')
    writeFileSync(path.join(folder, `${createHash('sha256').update(body).digest('hex')}.txt`), body)
    writeFileSync(`${folder}.torrent`, torrentFile(body))
    await using seeder = await seedWithLibtorrent({ torrentFile: `${folder}.torrent`, dir: folder })
    const peer = await startPeer('curious', path.join(scratch, 'curious'))
    try {
      const fetched = await peer.command<Fetched>(['fetch', `${folder}.torrent`, '--peer', seeder.address])
      assert.equal([fetched.valid, fetched.kind, fetched.text, fetched.listed], [false, null, null, false])
      assert.ok(fetched.fault)
      assert.is((await peer.status()).bodies, 0)
    } finally {
      await peer.stop()
    }
  })
}

test.run()
