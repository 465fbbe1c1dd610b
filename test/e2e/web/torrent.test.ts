// What a person writes in a page is a torrent like any other: ordinary BitTorrent clients get it from the seedbox that
// upvoted it, and one that speaks WebRTC straight from the page.
// test-timeout-ms: 900000
import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { parseBody, verifyBody } from '@seedbed/core'
import { verifySignature } from '@seedbed/crdt-index'
import { parseMagnet } from '@seedbed/torrent-store'
import * as assert from 'uvu/assert'
import { downloadWithAria2, downloadWithLibtorrent, hasClient, type Downloaded } from '../../interop/clients.ts'
import { startTracker } from '../../interop/tracker.ts'
import { beginCommunity, feedOf, join, openUser, runSeedbox, scored, postBy, until, webSuite, writePost, type Seedbox, type User } from './harness.ts'

const test = webSuite('torrent')
const TITLE = 'Grüße aus dem Garten'
const TEXT = `Seat by seat.\n\n${'Saat auf Saat 🌱 '.repeat(1500)}`.trimEnd()

let seedbox: Seedbox
let ann: User
let community = ''
let id = ''

test('a page writes, and the seedbox upvotes', async context => {
  seedbox = await runSeedbox(context)
  community = String((await seedbox.json(['community', 'create', 'gardens', '--difficulty', '0']))['address'])
  ann = await openUser(context, seedbox, 'Ann')
  await join(ann.page, String((await seedbox.json(['invite', community]))['link']))
  id = await writePost(ann.page, community, TITLE, TEXT)
  await until('the post at the seedbox', async () => (await feedOf(seedbox, community)).has(TITLE))
  assert.is((await seedbox.json(['upvote', id]))['seeding'], true)
  await scored(postBy(ann.page, TITLE), 1)
})

if (hasClient('aria2')) {
  test('aria2 gets it from the seedbox, through a tracker', async context => {
    await using tracker = await startTracker()
    await tracker.announce(id, await torrentPort())
    await assertShown(await downloadWithAria2({ magnet: `${await magnetOf(id)}&tr=${encodeURIComponent(tracker.url)}`, dir: await mkdtemp(path.join(context.dir, 'aria2-')) }))
  })
} else test.skip('aria2 is not installed', () => {})

if (hasClient('libtorrent')) {
  for (const encryption of ['plain', 'forced'] as const) {
    test(`libtorrent gets it from the seedbox, ${encryption} encryption`, async context => {
      await assertShown(await downloadWithLibtorrent({ magnet: await magnetOf(id), peer: `127.0.0.1:${await torrentPort()}`, encryption, dir: await mkdtemp(path.join(context.dir, 'libtorrent-')) }))
    })
  }
} else test.skip('libtorrent is not installed', () => {})

test('WebTorrent gets from the page what no other peer has, through the tracker of the seedbox', async context => {
  const alone = await beginCommunity(ann.page, 'alone', 'Nobody else is here')
  const text = 'Only this page has it.'
  const own = await writePost(ann.page, alone, 'Unshared', text)
  const magnet = `magnet:?xt=urn:btih:${own}&tr=${encodeURIComponent(`ws://127.0.0.1:${seedbox.port}/tracker`)}`
  const body = await downloadWithWebTorrent(magnet, await mkdtemp(path.join(context.dir, 'webtorrent-')))
  const { fields } = verifyBody(parseBody(Buffer.from(body)), verifySignature)
  assert.is(fields.text, text)
  assert.is(fields.community, alone)
  assert.is(await ann.page.locator('.post-open .prose').textContent(), text)
  ann.assertClean()
})

async function torrentPort (): Promise<number> {
  return Number((await seedbox.json(['status']))['torrentPort'])
}

async function magnetOf (id: string): Promise<string> {
  const magnet = String((await seedbox.json(['magnet', id]))['magnet'])
  assert.is(parseMagnet(magnet).ref.infoHash, id)
  return magnet
}

/** The downloaded file is what its author signed in the page, and what the page shows of it. */
async function assertShown ({ name, bytes }: Downloaded): Promise<void> {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const { post } = await seedbox.json(['thread', id]) as { post: { sha256: string, author: string } }
  assert.is(sha256, post.sha256)
  assert.is(name, `${sha256}.txt`)
  const { fields } = verifyBody(parseBody(bytes), verifySignature)
  assert.is(fields.kind === 'post' ? fields.title : '', TITLE)
  assert.is(fields.author, post.author)
  assert.is(fields.text, TEXT)
  const paragraphs = await ann.page.locator('.post-open .prose > p').allTextContents()
  assert.is(paragraphs.join('\n\n'), fields.text)
}

/** The text of the one file, got by an ordinary client in a process of its own. */
async function downloadWithWebTorrent (magnet: string, folder: string): Promise<string> {
  const child = spawn(process.execPath, ['--conditions=source', path.join(import.meta.dirname, '../../browser/children/webtorrent.ts'), 'download', folder, magnet], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  let text = ''
  createInterface(child.stdout).on('line', line => { text += `${line}\n` })
  try {
    await until('the text from the page', () => text, text => text !== '')
    return text.slice(0, -1) // console.log adds one
  } finally {
    child.stdin.end()
    const late = setTimeout(() => { child.kill('SIGKILL') }, 5000)
    await ended
    clearTimeout(late)
  }
}

test.run()
