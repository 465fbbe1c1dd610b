// What the test of crdt-index calls in a page, and by crdt-index-worker.ts in a worker.
import { gossipsub, type GossipSub } from '@chainsafe/libp2p-gossipsub'
import { identify, type Identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { checkSignature, checkSignatures, createCrdtIndex, createLibp2pTransport, createSigner, createStampFinder, createVerifyPool, decodeEnvelope, decodeGenesis, gossipsubOptions, hexToBytes, parseAuthorId, parseCommunityAddress, topicOf, verifyEnvelope, verifySignature, type CommunityAddress, type CrdtIndex, type FeedItem } from '@seedbed/crdt-index'
import { Level } from 'level'
import { createLibp2p } from 'libp2p'
import { platform } from '../../../packages/crdt-index/src/platform/browser.ts'
import { checkProofs } from '../../../packages/crdt-index/src/envelope/proof.ts'
import { createWebVerifier } from '../../../packages/crdt-index/src/platform/browser/web-verifier.ts'
import { isWellFormed } from '../../../packages/crdt-index/src/identity/keys.ts'
import { budgetRun, type BudgetRun } from './budget-run.ts'
import { ingestVerdicts, type IngestVerdicts } from './ingest-verdicts.ts'
import { checkStore } from '../../../packages/crdt-index/test/store/index-store-suite.ts'

export interface SignatureVector { readonly name: string, readonly valid: boolean, readonly publicKey: string, readonly bytes: string, readonly signature: string }

/** Verdicts in order, by verifier. */
export async function signatures (vectors: readonly SignatureVector[]): Promise<Record<string, boolean[]>> {
  const batch = vectors.map(({ signature, bytes, publicKey }) => ({ signature: hexToBytes(signature), bytes: hexToBytes(bytes), publicKey: hexToBytes(publicKey) }))
  const wellFormed = batch.filter(isWellFormed)
  const merged = (verdicts: readonly boolean[]): boolean[] => batch.map(signed => verdicts[wellFormed.indexOf(signed)] === true)
  const asked = { imports: 0, verifications: 0 }
  const counting = {
    importKey: async (...given: Parameters<SubtleCrypto['importKey']>) => {
      asked.imports++
      return await crypto.subtle.importKey(...given)
    },
    verify: async (...given: Parameters<SubtleCrypto['verify']>) => {
      asked.verifications++
      return await crypto.subtle.verify(...given)
    }
  } as Pick<SubtleCrypto, 'importKey' | 'verify'>
  const byWebCrypto = merged(await createWebVerifier({ subtle: counting, maxKeys: 4 })(wellFormed))
  return {
    verifySignature: batch.map(({ signature, bytes, publicKey }) => verifySignature(signature, bytes, publicKey)),
    checkSignature: await Promise.all(batch.map(async ({ signature, bytes, publicKey }) => await checkSignature(signature, bytes, publicKey))),
    checkSignatures: await checkSignatures(batch),
    WebCrypto: byWebCrypto,
    'without WebCrypto': merged(await createWebVerifier({ subtle: undefined, maxKeys: 4 })(wellFormed)),
    /** All but the touchstones were asked of WebCrypto, or the engine was found to disagree. */
    'WebCrypto was asked': [asked.verifications >= wellFormed.length && checkSignatures(batch) instanceof Promise]
  }
}

/** Of envelopes in base64: hash, or that it is refused. */
export function envelopes (encoded: readonly string[]): string[] {
  return encoded.map(text => {
    try {
      const verified = verifyEnvelope(decodeEnvelope(bytesOf(text)))
      return 'verdict' in verified ? 'refused' : verified.hash
    } catch (error) {
      return codeOf(error) === 'BAD_ENVELOPE' ? 'refused' : String(error)
    }
  })
}

/** Of geneses in hex: address and topic, or that it is refused. */
export function geneses (encoded: readonly string[]): string[] {
  return encoded.map(text => {
    try {
      const { address } = decodeGenesis(hexToBytes(text))
      return `${address} ${topicOf(address)}`
    } catch (error) {
      return codeOf(error) === 'BAD_GENESIS' ? 'refused' : String(error)
    }
  })
}

function codeOf (error: unknown): unknown {
  return (error as { code?: unknown }).code
}

/** A signature of a 32-byte seed, hex. */
export function sign (seed: string, bytes: string): string {
  return [...createSigner(hexToBytes(seed)).sign(hexToBytes(bytes))].map(byte => byte.toString(16).padStart(2, '0')).join('')
}

export interface FoundStamp { readonly stamp: number[], readonly workers: number, readonly turns: number, readonly longestMs: number }

/** `workers`: false takes them away. Turns are those that this thread had meanwhile. */
export async function stamp (community: string, author: string, difficulty: number, workers: boolean): Promise<FoundStamp> {
  let [turns, longestMs, lastMs] = [0, 0, performance.now()]
  const timer = setInterval(() => {
    turns++
    longestMs = Math.max(longestMs, performance.now() - lastMs)
    lastMs = performance.now()
  }, 1)
  const counted = countWorkers(workers)
  const finder = createStampFinder()
  try {
    return { stamp: [...await finder.find(parseCommunityAddress(community), parseAuthorId(author), difficulty)], workers: counted.started(), turns, longestMs }
  } finally {
    clearInterval(timer)
    finder.close()
    counted.end()
  }
}

export interface CheckedProofs { readonly flaws: number[] | null, readonly flawsHere: number[], readonly workers: number, readonly checked: number }

/** Flaws of signed bytes by a verifying thread, and by the page; `workers`: false takes them away. */
export async function proofs (vectors: readonly SignatureVector[], workers: boolean): Promise<CheckedProofs> {
  const update = Uint8Array.of(1, 2, 3)
  const batch = vectors.map(({ signature, bytes, publicKey }, at) => ({
    signed: { signature: hexToBytes(signature), bytes: hexToBytes(bytes), publicKey: hexToBytes(publicKey) },
    stamp: at % 5 === 4 ? { hashed: Uint8Array.of(at), difficulty: 3 } : null,
    update,
    updateHash: at % 7 === 6 ? new Uint8Array(32) : platform.sha256(update)
  }))
  const counted = countWorkers(workers)
  const pool = createVerifyPool({ threads: 1 })
  try {
    pool.warm()
    const flaws = await pool.ready() ? await pool.check(batch) : pool.check(batch)
    return { flaws: flaws === null ? null : [...await flaws ?? []], flawsHere: [...await checkProofs(batch, platform)], workers: counted.started(), checked: pool.counts.checked }
  } finally {
    pool.close()
    counted.end()
  }
}

/** Counts the workers that are started from now on, or takes them away. */
function countWorkers (allowed: boolean): { started (): number, end (): void } {
  const Original = globalThis.Worker
  let started = 0
  globalThis.Worker = allowed
    ? new Proxy(Original, { construct: (target, given) => { started++; return Reflect.construct(target, given) as Worker } })
    : undefined as unknown as typeof Worker
  return { started: () => started, end: () => { globalThis.Worker = Original } }
}

/** The store's acceptance suite on IndexedDB. */
export async function store (name: string): Promise<string[]> {
  return await checkStore(async () => new Level(name))
}

/** Verdicts of an index on IndexedDB; the genesis in hex, envelopes in base64 with the peer that brings them. */
export async function ingest (name: string, genesis: string, nowMs: number, delivered: ReadonlyArray<readonly [from: string, envelope: string]>): Promise<IngestVerdicts> {
  const db = new Level(name)
  try {
    return await ingestVerdicts(db, hexToBytes(genesis), nowMs, delivered.map(([from, text]) => ({ from, envelope: bytesOf(text) })))
  } finally {
    await db.close()
  }
}

/** A storage budget on IndexedDB; as `ingest`. */
export async function budget (name: string, genesis: string, nowMs: number, maxBytes: number, envelopes: readonly string[]): Promise<BudgetRun> {
  const db = new Level(name)
  try {
    return await budgetRun(db, hexToBytes(genesis), nowMs, maxBytes, envelopes.map(bytesOf))
  } finally {
    await db.close()
  }
}

function bytesOf (base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), code => code.charCodeAt(0))
}

interface Opened {
  readonly db: Level
  readonly index: CrdtIndex
  readonly libp2p: Libp2p<{ identify: Identify, pubsub: GossipSub }> | null
}

const opened = new Map<string, Opened>()

/** Opens an index in IndexedDB, with a network or without. */
export async function open (name: string, { online }: { online: boolean }): Promise<void> {
  const db = new Level(name)
  await db.open()
  const libp2p = !online
    ? null
    : await createLibp2p({
        addresses: { listen: [] },
        transports: [webSockets()],
        connectionEncrypters: [noise()],
        streamMuxers: [yamux()],
        connectionGater: { denyDialMultiaddr: () => false },
        services: { identify: identify(), pubsub: gossipsub(gossipsubOptions()) }
      })
  const index = await createCrdtIndex({ db: db.sublevel('index'), ...(libp2p === null ? {} : { transport: createLibp2pTransport(libp2p) }) })
  opened.set(name, { db, index, libp2p })
}

export async function close (name: string): Promise<void> {
  const { db, index, libp2p } = get(name)
  opened.delete(name)
  await index.close()
  await libp2p?.stop()
  await db.close()
}

function get (name: string): Opened {
  const found = opened.get(name)
  if (found === undefined) throw new Error(`${name} is not open`)
  return found
}

export interface Totals { readonly digest: string, readonly feed: ReadonlyArray<Pick<FeedItem, 'contentId' | 'title' | 'up' | 'down' | 'score'>> }

export function totals (name: string, community: string): Totals {
  const { index } = get(name)
  const { items } = index.feed({ sort: 'top', window: 'all', limit: 10_000 })
  return { digest: index.status(community as CommunityAddress).digest, feed: items.map(({ contentId, title, up, down, score }) => ({ contentId, title, up, down, score })) }
}

/** Joins, dials, and resolves in milliseconds when the digest is the wanted one. */
export async function load (name: string, { community, peer, digest }: { community: string, peer: string, digest: string }): Promise<number> {
  const { index, libp2p } = get(name)
  const address = community as CommunityAddress
  const beganMs = performance.now()
  const reached = new Promise<void>(resolve => {
    const look = (): void => { if (index.status(address).digest === digest) resolve() }
    index.on('change', look)
    index.on('sync', look)
  })
  await index.join(address)
  await libp2p?.dial(multiaddr(peer))
  await reached
  return performance.now() - beganMs
}

/** Writes a post by the author of a seed, and resolves to its content id. */
export async function post (name: string, community: string, seed: string, title: string): Promise<string> {
  const contentId = [...crypto.getRandomValues(new Uint8Array(20))].map(byte => byte.toString(16).padStart(2, '0')).join('')
  await get(name).index.writer(createSigner(hexToBytes(seed))).post({ community: community as CommunityAddress, contentId: contentId as never, length: 100, title, createdMs: Date.now() })
  return contentId
}

/** Votes for a listed content. */
export async function vote (name: string, contentId: string, seed: string): Promise<void> {
  const { index } = get(name)
  const [item] = index.find(contentId as never)
  if (item === undefined) throw new Error(`${contentId} is not listed`)
  await index.writer(createSigner(hexToBytes(seed))).vote({ community: item.community, period: item.period, item: item.item, value: 1 })
}

/** Resolves when a content has so many votes. */
export async function sees (name: string, contentId: string, up: number): Promise<void> {
  const { index } = get(name)
  const holds = (): boolean => index.find(contentId as never)[0]?.up === up
  if (holds()) return
  await new Promise<void>(resolve => { index.on('change', () => { if (holds()) resolve() }) })
}
