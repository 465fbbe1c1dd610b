// Bodies by the item that lists them: from here, else from connected members of the community; verified against the
// signature and the index entry before anybody sees them or they are stored.
import { createHash } from 'node:crypto'
import { topicOf, verifySignature, type ContentId, type CrdtIndex, type ItemView } from '@seedbed/crdt-index'
import { TorrentStoreError, type FetchCandidate, type InfoHash, type TorrentStore } from '@seedbed/torrent-store'
import { SeedbedError, type SeedbedErrorCode } from '../errors.ts'
import { BODY_RETRY_MS, FETCH_CONCURRENCY, HEDGE_DELAY_MS, MAX_HAVE_PEERS } from '../limits.ts'
import { parseBody } from './body-file.ts'
import { contradiction } from './contradiction.ts'
import type { VerifiedBody } from './verify-body.ts'
import { verifyBody } from './verify-body.ts'

export interface FoundBody {
  readonly body: VerifiedBody
  /** Of the body file, hex. */
  readonly sha256: string
  /** Peer id that it came from during this call, null when it was here. */
  readonly servedBy: string | null
}

/** How the library reaches other peers. */
export interface BodySources {
  /** Members of the topic that are connected, in no order. */
  peers (topic: string): string[]
  /** Ids each peer has. */
  ask (topic: string, peers: readonly string[], ids: readonly ContentId[], signal: AbortSignal): Promise<Map<ContentId, string[]>>
  candidate (peer: string): FetchCandidate
  /** The peer that told of the content first, if it is connected. */
  teller (id: ContentId): string | undefined
}

export interface Library {
  /**
   * The body of a listed item. Asks again until `timeoutMs` is over when nobody has it now.
   * Errors: BODY_UNAVAILABLE, BODY_MISMATCH, STORAGE_FAILED.
   */
  read (item: ItemView, options: { timeoutMs: number, signal?: AbortSignal }): Promise<FoundBody>
  /** Many at once, asked for once: what nobody has now is null. Errors: STORAGE_FAILED. */
  readMany (items: readonly ItemView[], options: { timeoutMs: number, signal?: AbortSignal }): Promise<Array<FoundBody | null>>
}

export const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
export const infoHashOf = (id: ContentId): InfoHash => id as string as InfoHash

export function createLibrary ({ torrents, index, sources }: { torrents: TorrentStore, index: CrdtIndex, sources: BodySources | null }): Library {
  /** Verifies bytes whose infohash is right already. Errors: BODY_MISMATCH. */
  function check (item: ItemView, bytes: Uint8Array, servedBy: string | null): FoundBody {
    let body: VerifiedBody
    try {
      body = verifyBody(parseBody(bytes), verifySignature)
    } catch (cause) {
      throw new SeedbedError('BODY_MISMATCH', `${item.contentId} is no valid body: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
    const says = contradiction(body.fields, item, linked)
    if (says !== null) throw new SeedbedError('BODY_MISMATCH', `the body of ${item.contentId} contradicts its entry: ${says}`)
    return { body, sha256: sha256Hex(bytes), servedBy }
  }

  function linked (item: ItemView, which: 'root' | 'parent'): ItemView | undefined {
    return item.kind === 'comment' ? index.item(item.community, item.period, item[which]) : undefined
  }

  async function local (item: ItemView): Promise<FoundBody | null> {
    const infoHash = infoHashOf(item.contentId)
    try {
      const bytes = await torrents.get(infoHash)
      return bytes === undefined ? null : check(item, bytes, null)
    } catch (error) {
      if (!(error instanceof TorrentStoreError)) throw error
      if (error.code !== 'STORAGE_FAILED' || error.cause !== undefined) throw error
      await torrents.delete(infoHash) // damaged on disk: peers may still have it
      return null
    }
  }

  /** From the given peers; null when none of them delivers. */
  async function fetch (item: ItemView, peers: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<FoundBody | null> {
    if (sources === null || peers.length === 0) return null
    try {
      const fetched = await torrents.fetch({ infoHash: infoHashOf(item.contentId), length: item.length }, {
        candidates: peers.map(peer => sources.candidate(peer)), hedgeDelayMs: HEDGE_DELAY_MS, timeoutMs, signal
      })
      const found = check(item, fetched.body, fetched.from)
      await torrents.put(fetched.body)
      return found
    } catch (error) {
      if (error instanceof TorrentStoreError && (error.code === 'NOT_FOUND' || error.code === 'TIMEOUT')) return null
      throw error
    }
  }

  function membersOf (item: ItemView): { topic: string, peers: string[] } {
    const topic = topicOf(item.community)
    return { topic, peers: sources === null ? [] : shuffled(sources.peers(topic)).slice(0, MAX_HAVE_PEERS) }
  }

  async function fetchOnce (item: ItemView, timeoutMs: number, signal: AbortSignal): Promise<FoundBody | null> {
    const teller = sources?.teller(item.contentId)
    const direct = teller === undefined ? null : await fetch(item, [teller], Math.min(timeoutMs, 2000), signal)
    if (direct !== null || sources === null) return direct
    const { topic, peers } = membersOf(item)
    const holders = await sources.ask(topic, peers.filter(peer => peer !== teller), [item.contentId], signal)
    return await fetch(item, holders.get(item.contentId) ?? [], timeoutMs, signal)
  }

  return {
    async read (item, { timeoutMs, signal }) {
      const held = await local(item)
      if (held !== null) return held
      const untilMs = performance.now() + timeoutMs
      const timeout = AbortSignal.timeout(timeoutMs)
      const limited = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
      while (sources !== null && !limited.aborted) {
        const found = await fetchOnce(item, Math.max(1, untilMs - performance.now()), limited).catch((error: unknown) => {
          if (limited.aborted) return null
          throw error
        })
        if (found !== null) return found
        await pause(BODY_RETRY_MS, limited)
      }
      signal?.throwIfAborted()
      throw new SeedbedError('BODY_UNAVAILABLE', sources === null
        ? `the body of ${item.contentId} is not on this peer, which runs without a network`
        : `no connected peer gave the body of ${item.contentId} within ${timeoutMs} ms`)
    },

    async readMany (items, { timeoutMs, signal }) {
      const timeout = AbortSignal.timeout(timeoutMs)
      const limited = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
      const found = await Promise.all(items.map(async item => await local(item).catch(unlessMismatch)))
      const missing = [...items.keys()].filter(i => found[i] === null)
      const [first] = missing.map(i => items[i])
      if (sources === null || first === undefined) return found
      // A thread lies in one community, so one question serves all of it.
      const { topic, peers } = membersOf(first)
      const holders = await sources.ask(topic, peers, missing.flatMap(i => items[i]?.contentId ?? []), limited)
      const queue = [...missing]
      await Promise.all(Array.from({ length: Math.min(FETCH_CONCURRENCY, queue.length) }, async () => {
        for (let i = queue.shift(); i !== undefined && !limited.aborted; i = queue.shift()) {
          const item = items[i]
          if (item === undefined) continue
          try {
            found[i] = await fetch(item, shuffled(holders.get(item.contentId) ?? []), timeoutMs, limited)
          } catch (error) {
            if (!limited.aborted) found[i] = unlessMismatch(error)
          }
        }
      }))
      signal?.throwIfAborted()
      return found
    }
  }
}

/** In a thread a body that contradicts its entry is shown as missing; what is wrong here is not hidden. */
function unlessMismatch (error: unknown): null {
  if (error instanceof SeedbedError && error.code === ('BODY_MISMATCH' satisfies SeedbedErrorCode)) return null
  throw error
}

async function pause (ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>(resolve => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}

function shuffled<T> (values: readonly T[]): T[] {
  const result = [...values]
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    const a = result[i] as T
    result[i] = result[j] as T
    result[j] = a
  }
  return result
}
