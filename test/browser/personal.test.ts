// test-timeout-ms: 600000
// The personal document in pages of real Chromium: between two profiles of one author, and between a page and Node.
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Page } from 'playwright-core'
import { authorSeed, createNode, createPhrase, parsePhrase, type LiveQuery, type PersonalState, type SeedbedNode } from '@seedbed/core'
import type { RemoteNode } from '@seedbed/core/page'
import { createSeal } from '../../packages/core/src/personal/devices/seal.ts'
import { personalSecrets } from '../../packages/core/src/personal/secrets.ts'
import { openSeedbox, type Seedbox } from '../../packages/example-app/src/seedbox/seedbox.ts'
import { bundle, openProfile, serveFolder, temporaryFolder, type BundleSize, type StaticServer } from './harness.ts'

const test = suite('browser/personal')
const MODULE: string = '/personal.js'
const TAB_MODULE: string = '/personal-tab.js'

/** What the entry module puts into the page. */
interface InPage { createNode: typeof createNode }
declare const node: SeedbedNode

/** The same where the peer runs in a worker. */
interface InTab { openPeer (connect: readonly string[], phrase: string): Promise<void>, node: RemoteNode, live: LiveQuery<PersonalState> }

const site: { folder: Awaited<ReturnType<typeof temporaryFolder>>, server: StaticServer, sizes: BundleSize[] } = { } as typeof site

test.before(async () => {
  site.folder = await temporaryFolder()
  const out = path.join(site.folder.folder, 'site')
  const entry = (name: string): string => path.join(import.meta.dirname, `entries/${name}.ts`)
  site.sizes = await bundle({ personal: entry('personal'), 'personal-tab': entry('personal-tab'), 'personal-worker': entry('personal-worker') }, out)
  site.server = await serveFolder(out)
})

test.after(async () => {
  await site.server[Symbol.asyncDispose]()
  await site.folder[Symbol.asyncDispose]()
})

async function startBox (phrase: string): Promise<{ node: SeedbedNode, front: Seedbox, address: string } & AsyncDisposable> {
  const dataDir = path.join(site.folder.folder, `box-${randomBytes(4).toString('hex')}`)
  const front = await openSeedbox({ host: '127.0.0.1', port: 0, orFree: true, publicUrl: null, behindProxy: false, dataDir, clock: Date.now })
  const node = await createNode({ dataDir, phrase, torrent: false, network: { relay: true, ...front.network } })
  const status = await node.status()
  front.admit(status)
  return {
    node, front, address: status.addresses.find(text => text.includes(`/tcp/${new URL(front.url).port}/ws`)) ?? '',
    async [Symbol.asyncDispose] () {
      await node.close()
      await front.close()
    }
  }
}

async function startIn (page: Page, connect: readonly string[], phrase: string): Promise<void> {
  await page.evaluate(async ({ connect, phrase, module }) => {
    await import(module)
    const { createNode } = globalThis as unknown as InPage
    Object.assign(globalThis, { node: await createNode({ dataDir: 'seedbed', phrase, network: { connect }, torrent: false }) })
  }, { connect, phrase, module: MODULE })
}

async function inPage<Argument, Result> (page: Page, work: (argument: Argument) => Promise<Result> | Result, argument: Argument): Promise<Result> {
  return await page.evaluate(work as never, argument as never)
}

async function until (what: string, holds: () => Promise<boolean> | boolean, timeoutMs = 120_000): Promise<number> {
  const startMs = performance.now()
  while (performance.now() - startMs < timeoutMs) {
    if (await holds()) return performance.now() - startMs
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  throw new Error(`never: ${what}`)
}

const devicesIn = async (page: Page): Promise<number> => await inPage(page, () => node.personal.state().sync.devices, null)
const draftsIn = async (page: Page): Promise<string> => await inPage(page, () => node.personal.state().drafts.map(({ key, text }) => `${key} ${text}`).sort().join(), null)
const draftsOf = (node: SeedbedNode): string => node.personal.state().drafts.map(({ key, text }) => `${key} ${text}`).sort().join()

test('y-webrtc is no part of what a page loads first', () => {
  const byFile = new Map(site.sizes.map(part => [part.file, part]))
  const eager = new Set<string>()
  const visit = (file: string): void => {
    if (eager.has(file)) return
    eager.add(file)
    byFile.get(file)?.imports.forEach(visit)
  }
  site.sizes.filter(({ isEntry }) => isEntry).forEach(({ file }) => { visit(file) })
  const holders = site.sizes.filter(({ code }) => code.includes('SimplePeer') || code.includes('y-webrtc')).map(({ file }) => file)
  assert.ok(holders.length > 0, 'it is somewhere')
  const importers = holders.filter(file => eager.has(file) && (byFile.get(file)?.code ?? '').includes('_iceComplete'))
  assert.equal(importers, [])
})

test('two profiles of one author and a Node peer exchange drafts and communities, over a reload and apart', async () => {
  const phrase = createPhrase()
  await using box = await startBox(phrase)
  await using first = await openProfile()
  await using second = await openProfile()
  const one = await first.open(site.server.url, 'first')
  const two = await second.open(site.server.url, 'second')
  await startIn(one, [box.address], phrase)
  await startIn(two, [box.address], phrase)
  const tookMs = await until('all three are connected', async () => await devicesIn(one) === 2 && await devicesIn(two) === 2 && box.node.personal.state().sync.devices === 2)
  console.log(`two pages and Node met after ${Math.round(tookMs)} ms`)
  await inPage(one, async () => { await node.personal.setDraft('reply:a', { text: 'from the first' }) }, null)
  await until('the second page and Node have it', async () => await draftsIn(two) === 'reply:a from the first' && draftsOf(box.node) === 'reply:a from the first')
  const large = 'x'.repeat(900_000)
  await inPage(two, async text => { await node.personal.setDraft('reply:b', { text }) }, large)
  await until('what is larger than a message of WebRTC arrives', async () => box.node.personal.state().drafts.some(({ text }) => text === large) && await inPage(one, () => node.personal.state().drafts.length === 2, null))
  const { address } = await box.node.communities.create({ slug: 'garden', difficulty: 0 })
  const isIn = (): boolean => node.communities.list()[0]?.slug === 'garden'
  await until('both pages are in the community', async () => await inPage(one, isIn, null) && await inPage(two, isIn, null))

  await second.context.setOffline(true)
  await two.close()
  await inPage(one, async address => { await node.communities.leave(address) }, address)
  await until('Node left', () => box.node.communities.list().length === 0)
  await second.context.setOffline(false)
  const again = await second.open(site.server.url, 'second again')
  await startIn(again, [box.address], phrase)
  assert.is(await inPage(again, () => node.personal.state().drafts.length, null), 2, 'kept over the reload')
  await until('the second page left too', async () => await inPage(again, () => node.communities.list().length === 0, null))
  assert.equal([...first.errors, ...second.errors], [])
})

test('a peer in a worker takes part like any other: WebRTC is lent to it by its tab', async () => {
  const phrase = createPhrase()
  await using box = await startBox(phrase)
  await using profile = await openProfile()
  const page = await profile.open(site.server.url)
  await page.evaluate(async ({ connect, phrase, module }) => {
    await import(module)
    await (globalThis as unknown as InTab).openPeer(connect, phrase)
  }, { connect: [box.address], phrase, module: TAB_MODULE })
  const state = async (): Promise<PersonalState | null> => await page.evaluate(() => {
    const snapshot = (globalThis as unknown as InTab).live.getSnapshot()
    return snapshot.state === 'ready' ? snapshot.value : null
  })
  const tookMs = await until('connected', async () => (await state())?.sync.devices === 1)
  console.log(`a worker and Node met after ${Math.round(tookMs)} ms`)
  await box.node.personal.setDraft('reply:a', { text: 'from Node' })
  await until('the tab shows it', async () => (await state())?.drafts[0]?.text === 'from Node')
  await page.evaluate(async () => { await (globalThis as unknown as InTab).node.personal.setDraft('reply:b', { text: 'y'.repeat(300_000) }) })
  await until('Node has what the tab wrote', () => box.node.personal.state().drafts.some(({ text }) => text.length === 300_000))
  assert.equal(profile.errors, [])
})

test('strangers in the room of a page cause no error in it', async () => {
  const phrase = createPhrase()
  await using box = await startBox(phrase)
  await using profile = await openProfile()
  const page = await profile.open(site.server.url)
  await startIn(page, [box.address], phrase)
  await until('they are connected', async () => await devicesIn(page) === 1)
  const secrets = personalSecrets(authorSeed(parsePhrase(phrase)))
  const wrong = await createSeal({ ...secrets, password: 'wrong' })
  const socket = new WebSocket(`${box.front.url.replace('http', 'ws')}signal`)
  await new Promise(resolve => { socket.addEventListener('open', resolve) })
  socket.send(JSON.stringify({ type: 'subscribe', topics: [secrets.room] }))
  for (const data of ['', 'garbage', 'AAAA', {}, null, await wrong.close({ type: 'announce', from: 'x' })]) socket.send(JSON.stringify({ type: 'publish', topic: secrets.room, data }))
  await inPage(page, async () => { await node.personal.setDraft('reply:a', { text: 'still here' }) }, null)
  await until('the exchange goes on', () => draftsOf(box.node) === 'reply:a still here')
  await new Promise(resolve => setTimeout(resolve, 500))
  socket.close()
  assert.equal(profile.errors, [])
})

test.run()
