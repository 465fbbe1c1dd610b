// The whole node in a page of real Chromium, against a Node peer that serves WebSockets and relays.
// test-timeout-ms: 600000
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Page } from 'playwright-core'
import { freePort } from '../free-port.ts'
import { openSeedbox } from '../../packages/example-app/src/seedbox/seedbox.ts'
import { createNode, type CommonNodeOptions, type NetworkOptions, type SeedbedNode } from '@seedbed/core'
import { bundle, openProfile, serveFolder, temporaryFolder, type BundleSize, type StaticServer } from './harness.ts'

const test = suite('browser/core-node')
const MODULE: string = '/core-node.js'

/** What the entry module puts into the page. */
interface InPage { createNode: typeof createNode, node: SeedbedNode }

const site: { folder: Awaited<ReturnType<typeof temporaryFolder>>, server: StaticServer, sizes: BundleSize[] } = { } as typeof site

test.before(async () => {
  site.folder = await temporaryFolder()
  const out = path.join(site.folder.folder, 'site')
  site.sizes = await bundle({ 'core-node': path.join(import.meta.dirname, 'entries/core-node.ts') }, out)
  site.server = await serveFolder(out)
})

test.after(async () => {
  await site.server[Symbol.asyncDispose]()
  await site.folder[Symbol.asyncDispose]()
})

/** A machine that does much else takes ten times as long for everything. */
const WAIT_MS = 120_000
let folders = 0
async function startBox (network: NetworkOptions = {}, dataDir = path.join(site.folder.folder, `box-${folders++}`)): Promise<SeedbedNode & { address: string, dataDir: string }> {
  const node = await createNode({ dataDir, torrent: false, network: { listen: ['/ip4/127.0.0.1/tcp/0/ws'], relay: true, seedbox: { tracker: '/tracker', signalling: '/signal' }, ...network } })
  return Object.assign(node, { dataDir, address: (await node.status()).addresses[0] ?? '' })
}

/** Starts a node in the page; further calls of the test find it as `node`. */
async function startIn (page: Page, connect: readonly string[], options: CommonNodeOptions & { phrase?: string } = {}): Promise<string> {
  return await page.evaluate(async ({ connect, options, module }) => {
    await import(module)
    const { createNode } = globalThis as unknown as InPage
    const node = await createNode({ dataDir: 'seedbed', network: { connect }, torrent: false, ...options })
    Object.assign(globalThis, { node })
    return node.author
  }, { connect, options, module: MODULE })
}

/** The browser's own `evaluate`, with the node of the page. */
async function inPage<Argument, Result> (page: Page, work: (argument: Argument) => Promise<Result> | Result, argument: Argument): Promise<Result> {
  return await page.evaluate(work as never, argument as never)
}
declare const node: SeedbedNode

/** A way to a port of this machine whose connections can be made to go silent, without an end. */
async function openLine (port: number): Promise<{ readonly port: number, cut: () => void } & AsyncDisposable> {
  const open = new Set<Socket>()
  const server = createServer(near => {
    const far = connect(port, '127.0.0.1')
    for (const [socket, other] of [[near, far], [far, near]] as const) {
      open.add(socket)
      socket.on('error', () => {}).on('close', () => {
        open.delete(socket)
        other.destroy()
      }).pipe(other)
    }
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  return {
    port: (server.address() as AddressInfo).port,
    cut () { for (const socket of open) socket.unpipe().pause() },
    async [Symbol.asyncDispose] () {
      for (const socket of open) socket.destroy()
      await new Promise(resolve => { server.close(resolve) })
    }
  }
}

async function until (what: string, holds: () => Promise<boolean>, timeoutMs = WAIT_MS): Promise<number> {
  const startMs = performance.now()
  while (performance.now() - startMs < timeoutMs) {
    if (await holds()) return performance.now() - startMs
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  throw new Error(`never: ${what}`)
}

const titlesIn = async (page: Page): Promise<string[]> => await inPage(page, async () => (await node.feed()).items.map(({ title }) => title), null)
const transportsIn = async (page: Page): Promise<string[]> => await inPage(page, () => node.peers().flatMap(({ transports }) => transports).sort(), null)

test('the bundle imports nothing of Node', () => {
  for (const { file, code } of site.sizes) {
    assert.not.match(code, /\b(?:from|import|require)\b[\s(]*["'`]node:/, file)
  }
})

test('a page joins, posts, reads, votes and keeps it all over a reload', async () => {
  const box = await startBox()
  await using profile = await openProfile()
  try {
    const { address: community } = await box.communities.create({ slug: 'pages', difficulty: 4 })
    const { id: old } = await box.posts.create({ community, title: 'from Node', text: 'hello page' })
    let page = await profile.open(site.server.url)
    const author = await startIn(page, [box.address])
    assert.is(await inPage(page, async community => (await node.communities.join(community)).slug, community), 'pages')
    await until('the page lists the post', async () => (await titlesIn(page)).includes('from Node'))
    assert.is(await inPage(page, async id => (await node.bodies.read(id)).text, old), 'hello page')
    assert.equal(await inPage(page, async id => {
      const { seeding, score, sha256, servedBy } = await node.votes.up(id)
      return { seeding, score, isHashed: sha256?.length, servedBy }
    }, old), { seeding: true, score: 1, isHashed: 64, servedBy: null })
    const own = await inPage(page, async community => (await node.posts.create({ community, title: 'from the page', text: 'hello Node' })).id, community)
    await until('Node reads it', async () => (await box.feed()).items.some(({ id }) => id === own))
    assert.is((await box.bodies.read(own)).text, 'hello Node')
    await until('Node counts the vote', async () => (await box.feed()).items.find(({ id }) => id === old)?.score === 1)
    assert.equal(box.peers().map(({ transports }) => transports), [['websocket']])
    await until('it knows the seedbox', async () => await inPage(page, () => node.seedboxes.list().length > 0, null))
    assert.equal(await inPage(page, () => node.seedboxes.list().map(({ tracker, own, relay }) => ({ tracker: tracker?.endsWith('/tracker'), own, relay })), null), [{ tracker: true, own: false, relay: true }])

    await page.reload()
    assert.is(await startIn(page, []), author, 'the same identity')
    assert.equal((await titlesIn(page)).sort(), ['from Node', 'from the page'])
    assert.equal(await inPage(page, async id => (await node.feed()).items.find(post => post.id === id)?.vote, old), 1)
    await until('it dials the seedbox that it remembers', async () => (await transportsIn(page)).includes('websocket'))
    await profile.restart()
    page = await profile.open(site.server.url)
    assert.is(await startIn(page, []), author, 'and after the browser was restarted')
    assert.is((await titlesIn(page)).length, 2)
    assert.equal(profile.errors, [])
  } finally {
    await box.close()
  }
})

test('two pages of different profiles meet directly, and go on without the peer that brought them together', async () => {
  const listen = [`/ip4/127.0.0.1/tcp/${await freePort()}/ws`] // it comes back to it
  let box = await startBox({ listen })
  await using first = await openProfile()
  await using second = await openProfile()
  try {
    const { address: community } = await box.communities.create({ slug: 'meeting', difficulty: 4 })
    const pages = [await first.open(site.server.url, 'first'), await second.open(site.server.url, 'second')]
    const [one, two] = pages as [Page, Page]
    await Promise.all(pages.map(async page => {
      await startIn(page, [box.address])
      await inPage(page, async community => { await node.communities.join(community) }, community)
    }))
    const tookMs = await until('a direct connection', async () => (await Promise.all(pages.map(transportsIn))).every(transports => transports.includes('webrtc')))
    console.log(`two pages met after ${Math.round(tookMs)} ms`)
    await until('the relayed connection is closed', async () => (await Promise.all(pages.map(transportsIn))).every(transports => !transports.includes('relay')))
    await box.close()
    await until('only the other page is left', async () => (await Promise.all(pages.map(transportsIn))).every(transports => transports.join() === 'webrtc'))
    const id = await inPage(one, async community => (await node.posts.create({ community, title: 'without anybody', text: 'just us' })).id, community)
    await until('the other page lists it', async () => (await titlesIn(two)).includes('without anybody'))
    assert.is(await inPage(two, async id => (await node.bodies.read(id)).text, id), 'just us')
    await inPage(two, async id => { await node.votes.up(id) }, id)
    await until('the vote comes back', async () => await inPage(one, async () => (await node.feed()).items[0]?.score === 1, null))

    box = await startBox({ listen }, box.dataDir)
    await until('both dial it again', async () => (await Promise.all(pages.map(transportsIn))).every(transports => transports.includes('websocket')))
    await until('it catches up', async () => (await box.feed()).items.some(post => post.id === id && post.score === 1))
    assert.equal([...first.errors, ...second.errors], [])
  } finally {
    await box.close()
  }
})

test('a page whose connections died while it was offline notices when it is back, and has what was written meanwhile', async () => {
  const box = await startBox()
  await using line = await openLine(Number(/\/tcp\/(\d+)\//.exec(box.address)?.[1]))
  await using profile = await openProfile()
  try {
    const { address: community } = await box.communities.create({ slug: 'sleepers', difficulty: 4 })
    const page = await profile.open(site.server.url)
    await startIn(page, [box.address.replace(/\/tcp\/\d+\//, `/tcp/${line.port}/`)])
    await inPage(page, async community => { await node.communities.join(community) }, community)
    await profile.context.setOffline(true)
    line.cut()
    await inPage(page, async community => { await node.posts.create({ community, title: 'while offline', text: 'x' }) }, community)
    await box.posts.create({ community, title: 'meanwhile', text: 'y' })
    await profile.context.setOffline(false)
    // Nothing tells either end that the connection is dead, and libp2p's own check comes every ten seconds and waits for as long.
    const tookMs = await until('both have both', async () => (await titlesIn(page)).length === 2 && (await box.feed()).items.length === 2, 15_000)
    console.log(`caught up ${Math.round(tookMs)} ms after the network came back`)
    assert.equal(profile.errors, [])
  } finally {
    await box.close()
  }
})

test('what a page seeds can be had by whoever asks the tracker of its seedbox', async () => {
  const dataDir = path.join(site.folder.folder, 'front')
  const front = await openSeedbox({ host: '127.0.0.1', port: 0, orFree: true, publicUrl: null, behindProxy: false, dataDir, clock: Date.now })
  const box = await createNode({ dataDir, torrent: false, network: { relay: true, ...front.network } })
  await using first = await openProfile()
  await using second = await openProfile()
  try {
    front.admit(await box.status())
    const { peerId, addresses } = await box.status()
    const address = addresses.find(text => text.includes(`/tcp/${new URL(front.url).port}/ws`)) ?? ''
    assert.match(address, peerId ?? 'none')
    const page = await first.open(site.server.url, 'first')
    await startIn(page, [address], { torrent: {} })
    const id = await inPage(page, async () => {
      const { address: community } = await node.communities.create({ slug: 'swarm', difficulty: 4 })
      return (await node.posts.create({ community, title: 'for the swarm', text: 'by WebRTC' })).id
    }, null)
    const other = await second.open(site.server.url, 'second')
    await startIn(other, [address], { torrent: {} })
    await until('it knows the tracker', async () => await inPage(other, () => node.seedboxes.list().some(({ tracker }) => tracker !== null), null))
    const imported = await inPage(other, async id => {
      const { text, valid, from } = await node.import(`magnet:?xt=urn:btih:${id}`, { timeoutMs: 120_000 })
      return { text, valid, isFrom: from.length > 0 }
    }, id)
    assert.equal(imported, { text: 'by WebRTC', valid: true, isFrom: true })
    assert.equal(await transportsIn(other), ['websocket'], 'it is no member of any community, so nobody told it of the other page')
    assert.equal([...first.errors, ...second.errors], [])
  } finally {
    await box.close()
    await front.close()
  }
})

test('a second node on the same data is told that it is locked; what needs sockets is refused', async () => {
  await using profile = await openProfile()
  const page = await profile.open(site.server.url)
  await startIn(page, [])
  const other = await profile.open(site.server.url)
  const failure = async (options: object): Promise<string> => await other.evaluate(async ({ options, module }) => {
    await import(module)
    const { createNode } = globalThis as unknown as InPage
    return await createNode({ dataDir: 'seedbed', ...options }).then(() => 'started', (error: { code?: string }) => error.code ?? 'no code')
  }, { options, module: MODULE })
  assert.is(await failure({}), 'LOCKED')
  await inPage(page, async () => { await node.close() }, null)
  assert.is(await failure({ network: { listen: ['/ip4/127.0.0.1/tcp/0'] } }), 'USAGE')
  assert.is(await failure({ network: { relay: true } }), 'USAGE')
  assert.is(await failure({ torrent: { port: 0 } }), 'USAGE')
  assert.is(await failure({ phrase: 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about' }), 'IDENTITY_EXISTS')
  assert.is(await failure({}), 'started')
  assert.equal(profile.errors, [])
})

test.run()
