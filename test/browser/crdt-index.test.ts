// test-timeout-ms: 900000
// crdt-index in Chromium, in a page and in a dedicated worker: it says of every vector what Node says, keeps its store
// in IndexedDB, finds stamps beside its thread, and syncs with a Node peer to equal sets and views.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { bytesToHex, createCrdtIndex, createLibp2pTransport, createSigner, gossipsubOptions, hexToBytes, type CommunityAddress, type ContentId, type CrdtIndex, type Signer } from '@seedbed/crdt-index'
import { createLibp2p } from 'libp2p'
import { MemoryLevel } from 'memory-level'
import { createHash } from 'node:crypto'
import type { Page } from 'playwright-core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { checkStamp } from '../../packages/crdt-index/src/envelope/stamp.ts'
import { Flaw } from '../../packages/crdt-index/src/envelope/proof.ts'
import { createWorld, START_MS, totalOf } from '../../packages/crdt-index/test/keeping/world.ts'
import { seeded } from '../../packages/crdt-index/test/random.ts'
import { budgetRun } from './entries/budget-run.ts'
import { ingestVerdicts } from './entries/ingest-verdicts.ts'
import type * as Calls from './entries/crdt-index.ts'
import type { SignatureVector } from './entries/crdt-index.ts'
import { bundle, openProfile, serveFolder, temporaryFolder, type Profile, type StaticServer } from './harness.ts'

type CallName = keyof typeof Calls
type Call = <Name extends CallName>(name: Name, ...given: Parameters<typeof Calls[Name]>) => Promise<Awaited<ReturnType<typeof Calls[Name]>>>

const test = suite('crdt-index in Chromium')
const vectors = (name: string): unknown => JSON.parse(readFileSync(path.join(import.meta.dirname, `../vectors/${name}.json`), 'utf8'))
const stack = new AsyncDisposableStack()
let profile: Profile
let server: StaticServer
const modes = new Map<'page' | 'worker', Call>()

test.before(async () => {
  const { folder } = stack.use(await temporaryFolder())
  const entry = (name: string): string => path.join(import.meta.dirname, `entries/${name}.ts`)
  const built = await bundle({ 'crdt-index': entry('crdt-index'), 'crdt-index-worker': entry('crdt-index-worker') }, folder, { minify: true })
  for (const { code, file } of built) assert.not.match(code, /sodium|from ["']node:|require\(["']node:|__vite-browser-external/, file)
  server = stack.use(await serveFolder(folder))
  profile = stack.use(await openProfile())
  await openModes()
})

test.after(async () => {
  await stack.disposeAsync()
})

async function openModes (): Promise<void> {
  modes.set('page', callsOf(await profile.open(server.url, 'page'), 'page'))
  modes.set('worker', callsOf(await profile.open(server.url, 'worker'), 'worker'))
}

/** The entry's functions, run in the page or in a worker of it. */
function callsOf (page: Page, mode: 'page' | 'worker'): Call {
  return async (name, ...given) => {
    const answer: unknown = await page.evaluate(async ({ mode, name, given }) => {
      const scope = globalThis as typeof globalThis & { remote?: Worker, lastId?: number }
      if (mode === 'page') return await ((await import(`${location.origin}/crdt-index.js`) as Record<string, (...given: unknown[]) => unknown>)[name] as (...given: unknown[]) => unknown)(...given)
      const remote = scope.remote ??= new Worker('/crdt-index-worker.js', { type: 'module' })
      const id = scope.lastId = (scope.lastId ?? 0) + 1
      return await new Promise((resolve, reject) => {
        remote.addEventListener('error', ({ message }) => { reject(new Error(message)) })
        remote.addEventListener('message', ({ data }: MessageEvent<{ id: number, result?: unknown, error?: string }>) => {
          if (data.id !== id) return
          if (data.error === undefined) resolve(data.result)
          else reject(new Error(data.error))
        })
        remote.postMessage({ id, call: name, given }, [])
      })
    }, { mode, name, given })
    return answer as never
  }
}

/** A test in the page and in the worker. */
function inBoth (name: string, check: (call: Call, mode: 'page' | 'worker') => Promise<void>): void {
  for (const mode of ['page', 'worker'] as const) {
    test(`${name} (${mode})`, async () => {
      const call = modes.get(mode)
      if (call === undefined) return assert.unreachable()
      await check(call, mode)
      assert.equal(profile.errors, [])
    })
  }
}

inBoth('every verifier says of every signature what Node says', async call => {
  const { signatures } = vectors('signatures') as { signatures: Calls.SignatureVector[] }
  const { 'WebCrypto was asked': asked, ...verdicts } = await call('signatures', signatures)
  assert.equal(asked, [true])
  assert.is(Object.keys(verdicts).length, 5)
  for (const [verifier, given] of Object.entries(verdicts)) {
    for (const [at, { name, valid }] of signatures.entries()) assert.is(given[at], valid, `${verifier}: ${name}`)
  }
})

inBoth('signs as Node does', async call => {
  for (const byte of [0, 1, 255]) {
    const seed = new Uint8Array(32).fill(byte)
    const bytes = Uint8Array.of(1, 2, 3)
    assert.is(await call('sign', bytesToHex(seed), bytesToHex(bytes)), bytesToHex(createSigner(seed).sign(bytes)))
  }
})

inBoth('envelopes and geneses are judged as by Node', async call => {
  const envelopes = vectors('envelopes') as { valid: Array<{ hash: string, envelope: string }>, invalid: Array<{ envelope: string }> }
  assert.equal(await call('envelopes', envelopes.valid.map(({ envelope }) => envelope)), envelopes.valid.map(({ hash }) => hash))
  assert.equal(await call('envelopes', envelopes.invalid.map(({ envelope }) => envelope)), envelopes.invalid.map(() => 'refused'))
  const geneses = vectors('genesis') as { valid: Array<{ address: string, topic: string, bytes: string }>, invalid: Array<{ bytes: string }> }
  assert.equal(await call('geneses', geneses.valid.map(({ bytes }) => bytes)), geneses.valid.map(({ address, topic }) => `${address} ${topic}`))
  assert.equal(await call('geneses', geneses.invalid.map(({ bytes }) => bytes)), geneses.invalid.map(() => 'refused'))
})

inBoth('a batch of good, forged and doubled envelopes gets the verdicts that Node gives', async (call, mode) => {
  const envelopes = vectors('envelopes') as { valid: Array<{ header: { timeMs: number }, envelope: string }>, invalid: Array<{ envelope: string }> }
  const genesis = (vectors('genesis') as { valid: Array<{ bytes: string }> }).valid[0]?.bytes ?? ''
  const nowMs = envelopes.valid[0]?.header.timeMs ?? 0
  const texts = [...envelopes.valid, ...envelopes.invalid, ...envelopes.valid].map(({ envelope }) => envelope)
  const delivered = texts.map((envelope, at): [string, string] => [`peer ${at % 3}`, envelope])
  const here = await ingestVerdicts(new MemoryLevel(), hexToBytes(genesis), nowMs, delivered.map(([from, envelope]) => ({ from, envelope: Buffer.from(envelope, 'base64') })))
  assert.ok(here.envelopes > 0)
  assert.ok(here.verdicts.filter(({ verdict }) => verdict === 'accept').length >= here.envelopes)
  assert.ok(here.verdicts.filter(({ verdict }) => verdict === 'reject').length >= envelopes.invalid.length - 2)
  assert.equal(await call('ingest', `ingest-${mode}`, genesis, nowMs, delivered), here)
})

inBoth('the store keeps its laws on IndexedDB', async (call, mode) => {
  assert.is((await call('store', `store-${mode}`)).length, 14)
})

inBoth('a storage budget keeps on IndexedDB what it keeps in Node, also after a restart and when it grows', async (call, mode) => {
  const world = await createWorld(seeded(7), { authors: 12, most: 8, difficulty: 2 })
  const nowMs = START_MS + 40 * 24 * 3600 * 1000
  const maxBytes = Math.floor(totalOf(world) / 3)
  const given = world.counted.map(({ bytes }) => bytes)
  const here = await budgetRun(new MemoryLevel(), world.genesis, nowMs, maxBytes, given)
  assert.equal(here.moments.map(({ partial }) => partial), [true, true, true])
  assert.is(new Set(here.moments.map(({ digest }) => digest)).size, 2)
  assert.equal(await call('budget', `budget-${mode}`, bytesToHex(world.genesis), nowMs, maxBytes, given.map(bytes => Buffer.from(bytes).toString('base64'))), here)
})

inBoth('a stamp is found beside the thread, and in it where there are no workers', async call => {
  const [community, author] = ['c0'.repeat(32) as CommunityAddress, createSigner(new Uint8Array(32)).author]
  const beside = await call('stamp', community, author, 17, true)
  const inside = await call('stamp', community, author, 15, false)
  assert.ok(checkStamp({ community, author, stamp: Uint8Array.from(beside.stamp) }, 17))
  assert.ok(checkStamp({ community, author, stamp: Uint8Array.from(inside.stamp) }, 15))
  assert.is(beside.workers, 1)
  assert.is(inside.workers, 0)
  assert.ok(inside.turns > 0)
  if (process.env['BROWSER_LOG'] !== undefined) console.error(JSON.stringify({ beside, inside }))
})

inBoth('a verifying thread says of every vector what the page and Node say, and without workers there is none', async call => {
  const { signatures } = vectors('signatures') as { signatures: SignatureVector[] }
  const fitting = signatures.filter(({ publicKey, signature }) => publicKey.length === 64 && signature.length === 128)
  const beside = await call('proofs', fitting, true)
  assert.is(beside.workers, 1)
  assert.is(beside.checked, fitting.length)
  assert.equal(beside.flaws, beside.flawsHere)
  assert.equal(new Set(beside.flaws), new Set([Flaw.none, Flaw.stamp, Flaw.signature, Flaw.updateHash]))
  for (const [at, { name, valid }] of fitting.entries()) {
    const flaw = beside.flaws?.[at]
    if (flaw !== Flaw.stamp) assert.is(flaw !== Flaw.signature, valid, name)
  }
  const inside = await call('proofs', fitting, false)
  assert.equal(inside, { flaws: null, flawsHere: beside.flawsHere, workers: 0, checked: 0 })
})

interface Holder extends AsyncDisposable { readonly index: CrdtIndex, readonly community: CommunityAddress, readonly peer: string }

const AUTHORS = Number(process.env['AUTHORS'] ?? 20)
const VOTES_EACH = 10
const signerOf = (author: number): Signer => createSigner(new Uint8Array(createHash('sha256').update(`author ${author}`).digest()))

/** A Node peer that listens for WebSockets and holds posts and votes of many authors. */
async function createHolder (): Promise<Holder> {
  const libp2p = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] }, transports: [webSockets()], connectionEncrypters: [noise()], streamMuxers: [yamux()],
    services: { identify: identify(), pubsub: gossipsub(gossipsubOptions()) }
  })
  const db = new MemoryLevel()
  const writing = await createCrdtIndex({ db })
  const { address: community } = await writing.create({ founder: signerOf(0), slug: 'browsers', title: 'Browsers' })
  const posts: ContentId[] = []
  for (let author = 0; author < AUTHORS; author++) {
    const contentId = createHash('sha1').update(`post ${author}`).digest('hex') as ContentId
    await writing.writer(signerOf(author)).post({ community, contentId, length: 500, title: `Post ${author}`, createdMs: Date.now() })
    posts.push(contentId)
  }
  for (let author = 0; author < AUTHORS; author++) {
    for (let n = 1; n <= VOTES_EACH; n++) {
      const [item] = writing.find(posts[(author + n) % AUTHORS] ?? posts[0] as ContentId)
      if (item !== undefined) await writing.writer(signerOf(author)).vote({ community, period: item.period, item: item.item, value: n % 5 === 4 ? -1 : 1 })
    }
  }
  await writing.close() // makes the snapshots that a newcomer reads
  const index = await createCrdtIndex({ db, transport: createLibp2pTransport(libp2p) })
  return {
    index, community, peer: libp2p.getMultiaddrs()[0]?.toString() ?? '',
    async [Symbol.asyncDispose] () {
      await index.close()
      await libp2p.stop()
    }
  }
}

function totalsOf (index: CrdtIndex, community: CommunityAddress): Calls.Totals {
  const { items } = index.feed({ sort: 'top', window: 'all', limit: 10_000 })
  return { digest: index.status(community).digest, feed: items.map(({ contentId, title, up, down, score }) => ({ contentId, title, up, down, score })) }
}

async function until (what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 6000; i++) {
    if (holds()) return
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  throw new Error(`never: ${what}`)
}

inBoth('loads what a Node peer holds, writes to it, and has it all again after a restart', async (call, mode) => {
  await using holder = await createHolder()
  const { index, community, peer } = holder
  const name = `index-${mode}`
  await call('open', name, { online: true })
  const tookMs = await call('load', name, { community, peer, digest: index.status(community).digest })
  if (process.env['BROWSER_LOG'] !== undefined) console.error(`${AUTHORS} authors with ${VOTES_EACH} votes each in ${tookMs.toFixed(0)} ms (${mode})`)
  const loaded = await call('totals', name, community)
  assert.equal(loaded, totalsOf(index, community))
  assert.is(loaded.feed.length, AUTHORS)

  // What the page writes comes to Node by gossip, and Node's answer back.
  const seed = bytesToHex(new Uint8Array(32).fill(77))
  const written = await call('post', name, community, seed, 'From a browser') as ContentId
  await until('the post of the page arrives', () => index.find(written).length === 1)
  assert.is(index.find(written)[0]?.author, createSigner(hexToBytes(seed)).author)
  const [item] = index.find(written)
  if (item === undefined) return assert.unreachable()
  await index.writer(signerOf(1)).vote({ community, period: item.period, item: item.item, value: 1 })
  await call('sees', name, written, 1)
  await call('vote', name, totalsOf(index, community).feed[0]?.contentId ?? '', seed)
  await until('the vote of the page arrives', () => totalsOf(index, community).feed[0]?.up === (loaded.feed[0]?.up ?? 0) + 1)

  const before = await call('totals', name, community)
  assert.equal(before, totalsOf(index, community))
  await call('close', name)
  await profile.restart()
  await openModes()
  const again = modes.get(mode)
  if (again === undefined) return assert.unreachable()
  await again('open', name, { online: false })
  assert.equal(await again('totals', name, community), before)
  // The index goes on where it was, as the same device.
  await again('post', name, community, seed, 'After the restart')
  assert.is((await again('totals', name, community)).feed.length, before.feed.length + 1)
  await again('close', name)
})

test.run()
