// What a page costs on the wire, gzipped: the SDK that is loaded at once, the SDK with all that comes later, and the web
// app without the SDK. Over a budget, the heaviest packages are told.
// test-timeout-ms: 180000
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { build } from 'vite'
import { createNode } from '@seedbed/core'
import type { openPeer as openPeerFunction } from '@seedbed/core/page'
import { leanBundle } from '../../tools/lean-bundle.ts'
import { bundle, openProfile, serveFolder, temporaryFolder, type BundleSize } from '../browser/harness.ts'
import { breakdown, gzipBytes, packageOf, weigh, type Weight } from './chunks.ts'

/** A slow phone connection brings 300 KB in two seconds. */
const MAX_EAGER_BYTES = 300 * 1024
/** With WebTorrent and y-webrtc, which load when somebody needs them. */
const MAX_WHOLE_BYTES = 460 * 1024
/** Scripts and styles of the web app, React among them. */
const MAX_APP_BYTES = 130 * 1024
/** What waits until somebody needs it: the open swarm, the author's other devices, archives, the recovery phrase. */
const LAZY = [/\/node_modules\/webtorrent\//, /\/node_modules\/y-webrtc\//, /\/core\/src\/archive\//, /\/core\/src\/identity\/key-store\.ts$/, /\/core\/src\/identity\/identity\.ts$/]

type OpenPeer = typeof openPeerFunction

const root = path.resolve(import.meta.dirname, '../..')
const entry = (name: string): string => path.join(import.meta.dirname, `entries/${name}.ts`)
const isLazy = (module: string): boolean => LAZY.some(pattern => pattern.test(module))
const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`
const test = suite('bundle sizes')

const output = await temporaryFolder()
const chunks = await bundle({ page: entry('page'), worker: entry('worker') }, output.folder, { minify: true, plugins: [leanBundle()] })
const { eager, lazy } = weigh(chunks, ['page', 'worker'], isLazy)
test.after(async () => { await output[Symbol.asyncDispose]() })

function within (what: string, weight: Weight, max: number): void {
  console.log(`${what}: ${kilobytes(weight.bytes)} of ${kilobytes(max)}`)
  assert.ok(weight.bytes <= max, `${what} has ${kilobytes(weight.bytes)}, over ${kilobytes(max)}; by packages:\n${breakdown(weight)}`)
}

test('the SDK in a page and its worker, as loaded at the start', () => {
  within('SDK at the start', eager, MAX_EAGER_BYTES)
})

test('the SDK with everything that may come later', () => {
  const packages = new Map([...eager.packages, ...lazy.packages].map(([name]) => [name, (eager.packages.get(name) ?? 0) + (lazy.packages.get(name) ?? 0)]))
  within('whole SDK', { bytes: eager.bytes + lazy.bytes, packages: new Map([...packages].sort(([, a], [, b]) => b - a)) }, MAX_WHOLE_BYTES)
})

test('the page\'s own part has neither libp2p nor Yjs', () => {
  const { eager: page } = weigh(chunks, ['page'], () => true)
  assert.equal([...page.packages.keys()].filter(name => /^(?:@libp2p|libp2p|yjs|crdt-index|torrent-store)/.test(name)), [])
  within('SDK on the main thread', page, 10 * 1024)
})

test('nothing that weighs is in it in two versions', () => {
  const weighty = [...eager.packages, ...lazy.packages].filter(([name, bytes]) => name.includes('@', 1) && bytes > 1024).map(([name]) => name)
  const versions = Map.groupBy(new Set(weighty), name => name.slice(0, name.lastIndexOf('@')))
  assert.equal([...versions.values()].filter(({ length }) => length > 1), [])
})

test('a peer that starts, connects and reads loads what counts as loaded at the start, and nothing else', async () => {
  await using node = await createNode({ dataDir: path.join(output.folder, 'node'), network: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] }, torrent: false })
  const { address } = await node.communities.create({ slug: 'small', difficulty: 0 })
  const { id } = await node.posts.create({ community: address, title: 'Small', text: 'It came over the wire.' })
  const { addresses: [dial = ''] } = await node.status()
  await using server = await serveFolder(output.folder)
  await using profile = await openProfile()
  const page = await profile.open(server.url)
  const text = await page.evaluate(async ({ dial, address, id, pageScript }) => {
    const { openPeer } = await import(pageScript) as { openPeer: OpenPeer }
    const peer = await openPeer({ dataDir: 'sizes', network: { connect: [dial] }, worker: () => new Worker('/worker.js', { type: 'module' }) })
    await peer.communities.join(address, { timeoutMs: 20_000 })
    const { post } = await peer.thread(id, { timeoutMs: 20_000 })
    return post.text
  }, { dial, address, id, pageScript: '/page.js' })
  assert.is(text, 'It came over the wire.')
  const [worker] = page.workers()
  assert.ok(worker)
  const names = new Set([...await page.evaluate(loaded), ...await worker.evaluate(loaded)].map(url => new URL(url).pathname.slice(1)))
  assert.equal(chunks.filter(({ file, module }) => names.has(file) && module !== null && isLazy(module)).map(({ module }) => module), [])
  for (const end of ['create-node.ts', 'browser-libp2p.ts', 'page-database.ts', 'page-torrents.ts']) assert.ok(names.has(chunkOf(end).file), end)
})

/** Addresses of the scripts that were loaded; runs in the page and in the worker. */
function loaded (): string[] {
  return performance.getEntriesByType('resource').map(({ name }) => name)
}

function chunkOf (end: string): BundleSize {
  return chunks.find(({ module }) => module?.endsWith(`/${end}`) === true) ?? assert.unreachable(`no chunk of ${end}`) as never
}

test('the web app without the SDK', async () => {
  const app = path.join(root, 'packages/example-app')
  const built = await build({ configFile: path.join(app, 'vite.config.ts'), logLevel: 'error', build: { write: false } })
  const outputs = (Array.isArray(built) ? built : [built]).flatMap(result => 'output' in result ? result.output : [])
  const packages = new Map<string, number>()
  const add = (name: string, bytes: number): void => { packages.set(name, (packages.get(name) ?? 0) + bytes) }
  for (const part of outputs) {
    if (part.type === 'asset' && part.fileName.endsWith('.css')) add('styles', gzipBytes(part.source))
    if (part.type !== 'chunk') continue // the worker's scripts are assets, and the SDK's
    const bytes = gzipBytes(part.code)
    const modules = Object.entries(part.modules)
    const whole = modules.reduce((sum, [, { code }]) => sum + (code?.length ?? 0), 0)
    for (const [module, { code }] of modules) add(packageOf(module), bytes * (code?.length ?? 0) / whole)
  }
  for (const name of [...eager.packages.keys(), ...lazy.packages.keys()]) packages.delete(name)
  const bytes = [...packages.values()].reduce((sum, each) => sum + each, 0)
  within('web app without the SDK', { bytes, packages: new Map([...packages].sort(([, a], [, b]) => b - a)) }, MAX_APP_BYTES)
})

test.run()
