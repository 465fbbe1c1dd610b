// test-timeout-ms: 600000
// Ordinary BitTorrent clients, which know nothing of Seedbed, download a post from a running peer by its magnet link.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseBody, verifyBody } from '@seedbed/core'
import { verifySignature } from '@seedbed/crdt-index'
import { createMemoryBlobs, createTorrentStore, parseInfoHash, tcpCandidate, type TorrentStoreError } from '@seedbed/torrent-store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startPeer, type Peer } from '../../tools/demo/peer.ts'
import { downloadWithAria2, downloadWithLibtorrent, hasClient, type Downloaded } from './clients.ts'
import { startTracker } from './tracker.ts'

interface Post { id: string, magnet: string, sha256: string, author: string }

const TITLE = 'Grüße aus dem Garten'
const TEXT = 'Saat auf Saat 🌱\n\tmit Einzug\n'.repeat(900)
const scratch = mkdtempSync(path.join(tmpdir(), 'seedbed-outside-'))
const running: Peer[] = []
const test = suite('a running peer from outside')

let peer: Peer
let reader: Peer
let community: string
let post: Post

test.before(async () => {
  peer = await startPeer('author', path.join(scratch, 'author'))
  running.push(peer)
  reader = await startPeer('reader', path.join(scratch, 'reader'), [peer.address])
  running.push(reader)
  community = (await peer.command<{ address: string }>(['community', 'create', 'garden', '--difficulty', '0'])).address
  post = await peer.command<Post>(['post', 'garden', '--title', TITLE], TEXT)
})
test.after(async () => {
  for (const each of running) await each.stop()
  rmSync(scratch, { recursive: true, force: true })
})

const folder = (name: string): string => mkdtempSync(path.join(scratch, `${name}-`))

function assertBody ({ name, bytes }: Downloaded): void {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  assert.is(sha256, post.sha256)
  assert.is(name, `${sha256}.txt`)
  const { fields } = verifyBody(parseBody(bytes), verifySignature)
  assert.is(fields.kind === 'post' ? fields.title : '', TITLE)
  assert.is(fields.text, TEXT.trimEnd())
  assert.is(fields.author, post.author)
  assert.ok(bytes.toString('utf8').startsWith('Seedbed post 1\nauthor: '), 'it reads well in an editor')
}

if (hasClient('aria2')) {
  test('aria2 through a tracker', async () => {
    await using tracker = await startTracker()
    await tracker.announce(post.id, peer.torrentPort)
    assertBody(await downloadWithAria2({ magnet: `${post.magnet}&tr=${encodeURIComponent(tracker.url)}`, dir: folder('aria2') }))
  })
} else test.skip('aria2 is not installed', () => {})

if (hasClient('libtorrent')) {
  for (const encryption of ['plain', 'forced'] as const) {
    test(`libtorrent directly, ${encryption} encryption`, async () => {
      assertBody(await downloadWithLibtorrent({ magnet: post.magnet, peer: `127.0.0.1:${peer.torrentPort}`, encryption, dir: folder('libtorrent') }))
    })
  }
} else test.skip('libtorrent is not installed', () => {})

test('what a peer only read it serves to no stranger; what it upvoted it does', async () => {
  await using stranger = await createTorrentStore({ db: createMemoryBlobs() })
  const fetch = async (): Promise<Uint8Array> => (await stranger.fetch({ infoHash: parseInfoHash(post.id) }, { candidates: [tcpCandidate('127.0.0.1', reader.torrentPort)], timeoutMs: 60_000 })).body
  await reader.command(['join', community])
  const thread = await reader.command<{ post: { available: boolean, servedBy: string, seeding: boolean } }>(['thread', post.id])
  assert.ok(thread.post.available && thread.post.servedBy === peer.peerId && !thread.post.seeding)
  try {
    await fetch()
    assert.unreachable('a reading history must not leak')
  } catch (error) {
    assert.is((error as TorrentStoreError).code, 'NOT_FOUND')
    assert.is((error as TorrentStoreError).faults[0]?.reason, 'ABSENT')
  }
  assert.ok((await reader.command<{ seeding: boolean }>(['upvote', post.id])).seeding)
  assert.is(createHash('sha256').update(await fetch()).digest('hex'), post.sha256)
})

test.run()
