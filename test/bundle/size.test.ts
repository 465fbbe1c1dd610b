// What a page costs on the wire, gzipped: the SDK that is loaded at once, the SDK with all that comes later, both alone
// and as the web app ships them, and the web app without the SDK. Over a budget, the heaviest packages are told.
// test-timeout-ms: 600000
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { build, type Plugin } from 'vite'
import { createNode } from '@seedbed/core'
import type { openPeer as openPeerFunction } from '@seedbed/core/page'
import { leanBundle } from '../../tools/lean-bundle.ts'
import { bundle, openProfile, serveFolder, sizeOf, temporaryFolder, type BundleSize } from '../browser/harness.ts'
import { breakdown, gzipBytes, weigh, weightOf, type Weight } from './chunks.ts'

/** A slow phone connection brings 300 KB in two seconds. */
const MAX_EAGER_BYTES = 300 * 1024
/** With what comes right after. */
const MAX_SOON_BYTES = 310 * 1024
/** With WebTorrent and y-webrtc, which load when somebody needs them: what the app's first visit fetches in all, since its service worker keeps everything. */
const MAX_WHOLE_BYTES = 460 * 1024
/** Scripts and styles of the web app as it opens, React among them; and with every screen and dialog that comes when it is visited, which the service worker fetches too. */
const MAX_APP_BYTES = 130 * 1024
const MAX_WHOLE_APP_BYTES = 145 * 1024
/** Bodies over any connection, once the first one is fetched or asked for. */
const WIRE = /\/torrent-store\/src\/wire\/exchange\.ts$/
/** What waits until somebody needs it: bodies, other pages, the open swarm, the author's other devices, archives, what an author does, what a damaged or full store needs, checkpoints, the recovery phrase. */
const LAZY = [WIRE, /\/node_modules\/webtorrent\//, /\/node_modules\/y-webrtc\//, /\/core\/src\/personal\/devices\//, /\/core\/src\/remote\/rtc\/serve-rtc\.ts$/, /\/(?:core|torrent-store)\/src\/archive\//, /\/torrent-store\/src\/(?:blobs\/(?:damaged-walk|mend-index)|quota\/rank-histogram|swarm\/address-scope)\.ts$/, /\/core\/src\/actions\/every-act\.ts$/, /\/crdt-index\/src\/checkpoint\/(?:checkpointer|restore)\.ts$/, /\/crdt-index\/src\/envelope\/verify-pool\.ts$/, /\/crdt-index\/src\/keeping\/budget-keeper\.ts$/, /\/core\/src\/identity\/key-store\.ts$/, /\/core\/src\/identity\/identity\.ts$/]
/** What an author does comes right after the start, before anybody asks: a page that goes offline then can still write. */
const SOON = /\/core\/src\/actions\/every-act\.ts$/
/** Names and speech of DNS servers that answer pages: a page asks no third party which addresses there are. */
const PUBLIC_DNS = /cloudflare-dns\.com|dns\.google|application\/dns-(?:json|message)/

type OpenPeer = typeof openPeerFunction
type Peer = Awaited<ReturnType<OpenPeer>>

const root = path.resolve(import.meta.dirname, '../..')
const entry = (name: string): string => path.join(import.meta.dirname, `entries/${name}.ts`)
const isLazy = (module: string): boolean => LAZY.some(pattern => pattern.test(module))
const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`
const test = suite('bundle sizes')

const output = await temporaryFolder()
const chunks = await bundle({ page: entry('page'), worker: entry('worker') }, output.folder, { minify: true, plugins: [leanBundle()] })
const { eager, lazy } = weigh(chunks, ['page.js', 'worker.js'], isLazy)
test.after(async () => { await output[Symbol.asyncDispose]() })

function together (...weights: readonly Weight[]): Weight {
  const packages = new Map<string, number>()
  for (const [name, bytes] of weights.flatMap(weight => [...weight.packages])) packages.set(name, (packages.get(name) ?? 0) + bytes)
  return { bytes: weights.reduce((sum, { bytes }) => sum + bytes, 0), packages: new Map([...packages].sort(([, a], [, b]) => b - a)) }
}

function within (what: string, weight: Weight, max: number): void {
  console.log(`${what}: ${kilobytes(weight.bytes)} of ${kilobytes(max)}`)
  assert.ok(weight.bytes <= max, `${what} has ${kilobytes(weight.bytes)}, over ${kilobytes(max)}; by packages:\n${breakdown(weight)}`)
}

test('the SDK in a page and its worker, as loaded at the start', () => {
  within('SDK at the start', eager, MAX_EAGER_BYTES)
  within('SDK right after the start', weigh(chunks, ['page.js', 'worker.js'], module => isLazy(module) && !SOON.test(module)).eager, MAX_SOON_BYTES)
})

test('the SDK with everything that may come later', () => {
  within('whole SDK', together(eager, lazy), MAX_WHOLE_BYTES)
})

test('the page\'s own part has neither libp2p nor Yjs', () => {
  const { eager: page } = weigh(chunks, ['page.js'], () => true)
  assert.equal([...page.packages.keys()].filter(name => /^(?:@libp2p|libp2p|yjs|crdt-index|torrent-store)/.test(name)), [])
  within('SDK on the main thread', page, 10 * 1024)
})

test('nothing that weighs is in it in two versions', () => {
  const weighty = [...eager.packages, ...lazy.packages].filter(([name, bytes]) => name.includes('@', 1) && bytes > 1024).map(([name]) => name)
  const versions = Map.groupBy(new Set(weighty), name => name.slice(0, name.lastIndexOf('@')))
  assert.equal([...versions.values()].filter(({ length }) => length > 1), [])
})

test('a peer that starts and connects loads what counts as loaded at the start, and the wire once it reads a body', async () => {
  await using node = await createNode({ dataDir: path.join(output.folder, 'node'), network: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] }, torrent: false })
  const { address } = await node.communities.create({ slug: 'small', difficulty: 0 })
  const { id } = await node.posts.create({ community: address, title: 'Small', text: 'It came over the wire.' })
  const { addresses: [dial = ''] } = await node.status()
  await using server = await serveFolder(output.folder)
  await using profile = await openProfile()
  const page = await profile.open(server.url)
  const titles = await page.evaluate(async ({ dial, address, pageScript }) => {
    const { openPeer } = await import(pageScript) as { openPeer: OpenPeer }
    const peer = await openPeer({ dataDir: 'sizes', network: { connect: [dial] }, worker: () => new Worker('/worker.js', { type: 'module' }) })
    Object.assign(globalThis, { peer })
    await peer.communities.join(address, { timeoutMs: 20_000 })
    const { items } = await peer.feed({ communities: [address] })
    return items.map(({ title }) => title)
  }, { dial, address, pageScript: '/page.js' })
  assert.equal(titles, ['Small'])
  const [worker] = page.workers()
  assert.ok(worker)
  const started = new Set([...await page.evaluate(loaded), ...await worker.evaluate(loaded)])
  assert.equal(lazyOnes(started), []) // but for what comes right after
  for (const end of ['create-node.ts', 'browser-libp2p.ts', 'page-database.ts', 'page-torrents.ts']) assert.ok(started.has(chunkOf(end).file), end)
  const text = await page.evaluate(async id => (await (globalThis as typeof globalThis & { peer: Peer }).peer.thread(id, { timeoutMs: 20_000 })).post.text, id)
  assert.is(text, 'It came over the wire.')
  assert.equal(lazyOnes(new Set(await worker.evaluate(loaded))), [chunkOf('wire/exchange.ts').module])
})

function lazyOnes (names: ReadonlySet<string>): Array<string | null> {
  return chunks.filter(({ file, module }) => names.has(file) && module !== null && isLazy(module) && !SOON.test(module)).map(({ module }) => module)
}

/** Files of the scripts that were loaded; runs in the page and in the worker. */
function loaded (): string[] {
  return performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname.slice(1))
}

function chunkOf (end: string): BundleSize {
  return chunks.find(({ module }) => module?.endsWith(`/${end}`) === true) ?? assert.unreachable(`no chunk of ${end}`) as never
}

interface BuiltApp { readonly page: BundleSize[], readonly workers: BundleSize[], readonly styles: number, readonly text: string }

/** As it is shipped; what its workers are made of shows while they are built only. */
async function buildApp (): Promise<BuiltApp> {
  const workers: BundleSize[] = []
  const look = (): Plugin => ({
    name: 'look',
    generateBundle (_options, made) { for (const part of Object.values(made)) if (part.type === 'chunk') workers.push(sizeOf(part)) }
  })
  const configFile = path.join(root, 'packages/example-app/vite.config.ts')
  const built = await build({ configFile, logLevel: 'error', build: { write: false }, worker: { plugins: () => [look()] } })
  const parts = (Array.isArray(built) ? built : [built]).flatMap(result => 'output' in result ? result.output : [])
  const page = parts.flatMap(part => part.type === 'chunk' ? [sizeOf(part)] : [])
  const assets = parts.flatMap(part => part.type === 'asset' ? [part] : [])
  const styles = assets.filter(({ fileName }) => fileName.endsWith('.css')).reduce((sum, { source }) => sum + gzipBytes(source), 0)
  const text = [...page.map(({ code }) => code), ...assets.map(({ source }) => Buffer.from(source).toString('latin1'))].join('\n')
  return { page, workers, styles, text }
}

const app = await buildApp()
const nameOf = (name: string): string => name.replace(/(.)@.*$/, '$1') // its worker may have other versions than its page
const sdkNames = new Set([...eager.packages, ...lazy.packages].map(([name]) => nameOf(name)))
const isSdk = (name: string): boolean => sdkNames.has(nameOf(name))

/** The part of a weight that is of packages which `of` takes. */
function share ({ packages }: Weight, of: (name: string) => boolean): Weight {
  const kept = new Map([...packages].filter(([name]) => of(name)))
  return { bytes: [...kept.values()].reduce((sum, bytes) => sum + bytes, 0), packages: kept }
}

test('the SDK in the web app, as it ships', () => {
  const peer = app.workers.find(({ isEntry, module }) => isEntry && module?.endsWith('/peer-worker.ts') === true) ?? assert.unreachable('no worker') as never
  const worker = weigh(app.workers, [peer.file], isLazy)
  const index = app.page.find(({ file }) => file.includes('/index-')) ?? assert.unreachable('no page') as never
  const page = weigh(app.page, [index.file], () => true)
  within('SDK at the start of the app', together(worker.eager, share(page.eager, isSdk)), MAX_EAGER_BYTES)
  within('whole SDK in the app\'s worker', together(worker.eager, worker.lazy), MAX_WHOLE_BYTES)
})

test('the web app without the SDK', () => {
  const styles = { bytes: app.styles, packages: new Map([['styles', app.styles]]) }
  const index = app.page.find(({ file }) => file.includes('/index-')) ?? assert.unreachable('no page') as never
  const own = (chunk: BundleSize): Weight => share(weightOf([chunk]), name => !isSdk(name))
  const { eager: atStart } = weigh(app.page, [index.file], () => true)
  within('web app without the SDK, as it opens', together(styles, share(atStart, name => !isSdk(name))), MAX_APP_BYTES)
  within('whole web app without the SDK', together(styles, ...app.page.map(own)), MAX_WHOLE_APP_BYTES)
})

test('no page asks public DNS servers', async () => {
  const require = createRequire(createRequire(path.join(root, 'packages/core/src/index.ts')).resolve('libp2p'))
  const library = path.join(path.dirname(require.resolve('@multiformats/dns')), 'resolvers/default.browser.js')
  assert.match(await readFile(library, 'utf8'), PUBLIC_DNS, 'it would show')
  assert.not.match(app.text, PUBLIC_DNS)
  for (const { code } of [...chunks, ...app.workers]) assert.not.match(code, PUBLIC_DNS)
})

test.run()
