// Bodies by the item that lists them: from here, else from connected members of the community; verified against the
// signature and the index entry before anybody sees them or they are stored.
import { platform } from '#platform'
import { bytesToHex, checkSignature, topicOf, type CommunityAddress, type ContentId, type CrdtIndex, type ItemView, type Revision } from '@seedbed/crdt-index'
import { refOf, TorrentStoreError, type CandidateSource, type FetchCandidate, type InfoHash, type TorrentStore } from '@seedbed/torrent-store'
import { SeedbedError } from '../errors.ts'
import { BODY_RETRY_MS, HEDGE_DELAY_MS, MAX_HAVE_PEERS, TELLER_TIMEOUT_MS } from '../limits.ts'
import { timeLimit } from '../time-limit.ts'
import type { BodyEvents } from './body-events.ts'
import { parseBody } from './body-file.ts'
import { contradiction } from './contradiction.ts'
import type { Distrust } from './distrust.ts'
import { fetchNewest } from './fetch-newest.ts'
import { pause } from './pause.ts'
import type { RecentRevisions } from './recent-revisions.ts'
import { shuffled } from './shuffled.ts'
import { swarmTurn } from './swarm-turn.ts'
import type { Verdicts } from './verdicts.ts'
import type { VerifiedBody } from './verify-body.ts'
import { checkBody } from './verify-body.ts'

export interface FoundBody {
  readonly body: VerifiedBody
  /** The revision that it is of: the newest that could be had. */
  readonly revision: Revision
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
   * The body of a listed item, in the newest revision that can be had. Asks again until `timeoutMs` is over when nobody
   * has any now. Errors: DELETED, BODY_UNAVAILABLE, BODY_MISMATCH, STORAGE_FAILED.
   */
  read (item: ItemView, options: ReadOptions): Promise<FoundBody>
  /** One revision of an item, the same way. */
  readRevision (item: ItemView, revision: ContentId, options: ReadOptions): Promise<FoundBody>
  /** What is here of many items; the newest revision that is held. Errors: STORAGE_FAILED. */
  localMany (items: readonly ItemView[]): Promise<Array<FoundBody | null>>
  /** Many at once, asked for once: what nobody has now, and what was deleted, is null. Errors: STORAGE_FAILED. */
  readMany (items: readonly ItemView[], options: ReadManyOptions): Promise<Array<FoundBody | null>>
  /** A body that came another way: kept if an item of the community lists it, and checked like a fetched one. Errors: STORAGE_FAILED. */
  keep (community: CommunityAddress, bytes: Uint8Array): Promise<'kept' | 'held' | 'refused'>
}

export interface ReadOptions { readonly timeoutMs: number, readonly signal?: AbortSignal }

export interface ReadManyOptions extends ReadOptions {
  /** What the caller found here a moment ago, one for each item. Default: it is looked for. */
  readonly here?: ReadonlyArray<FoundBody | null>
}

/** One revision of one item, with what its body has to say. */
interface Wanted {
  readonly item: ItemView
  readonly revision: Revision
  /** A post's title as it was first listed: a revision without a title keeps it. */
  readonly listedTitle: string | null
}

export const sha256Hex = (bytes: Uint8Array): string => bytesToHex(platform.sha256(bytes))
export const infoHashOf = (id: ContentId): InfoHash => id as string as InfoHash

export interface LibraryOptions {
  readonly torrents: TorrentStore
  readonly index: CrdtIndex
  readonly sources: BodySources | null
  /** The open swarm, asked last and for single bodies only; null when no tracker and no DHT is configured. */
  readonly swarm: CandidateSource | null
  /** Told of every body that was fetched and stored. */
  readonly events: BodyEvents
  readonly verdicts: Verdicts
  readonly recent: RecentRevisions
  readonly distrust: Distrust
}

export function createLibrary ({ torrents, index, sources, swarm, events, verdicts, recent, distrust }: LibraryOptions): Library {
  const isOffline = sources === null && swarm === null

  /** Verifies bytes whose infohash is right already. Errors: BODY_MISMATCH. */
  async function check (wanted: Wanted, bytes: Uint8Array, servedBy: string | null): Promise<FoundBody> {
    const id = wanted.revision.contentId
    let body: VerifiedBody
    try {
      body = await checkBody(parseBody(bytes), checkSignature)
    } catch (cause) {
      verdicts.note(id, null)
      if (servedBy !== null) distrust.blame(servedBy) // no honest peer stores such bytes
      throw new SeedbedError('BODY_MISMATCH', `${id} is no valid body: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
    verdicts.note(id, body)
    if (verdicts.isBorrowed(wanted.item)) throw borrowed(wanted.item)
    const says = contradiction(body.fields, wanted.item, wanted.revision, wanted.listedTitle, linked)
    if (says !== null) throw new SeedbedError('BODY_MISMATCH', `the body of ${id} contradicts its entry: ${says}`)
    return { body, revision: wanted.revision, sha256: sha256Hex(bytes), servedBy }
  }

  function linked (item: ItemView, which: 'root' | 'parent'): ItemView | undefined {
    return item.kind === 'comment' ? index.item(item.community, item.period, item[which]) : undefined
  }

  /** Newest first. */
  function revisionsOf (item: ItemView): Wanted[] {
    const revisions = recent.of(item)
    const listedTitle = revisions[0]?.title ?? null
    return revisions.map(revision => ({ item, revision, listedTitle })).reverse()
  }

  /** One revision, which may be an older one than those that are looked for. */
  function revisionOf (item: ItemView, id: ContentId): Wanted[] {
    const known = revisionsOf(item).filter(({ revision }) => revision.contentId === id)
    if (known.length > 0 || item.revision.editedMs === null) return known
    const all = index.revisions(item) ?? []
    return all.filter(({ contentId }) => contentId === id).map(revision => ({ item, revision, listedTitle: all[0]?.title ?? null }))
  }

  async function local (wanted: Wanted): Promise<FoundBody | null> {
    const infoHash = infoHashOf(wanted.revision.contentId)
    try {
      const bytes = await torrents.get(infoHash)
      return bytes === undefined ? null : await check(wanted, bytes, null)
    } catch (error) {
      if (!(error instanceof TorrentStoreError)) throw error
      if (error.code !== 'STORAGE_FAILED' || error.cause !== undefined) throw error
      await torrents.delete(infoHash) // damaged on disk: peers may still have it
      return null
    }
  }

  /** From the given peers, and after a while from the open swarm if asked for; null when nobody delivers. */
  async function fetch (wanted: Wanted, peers: readonly string[], { timeoutMs, signal, open = null }: { timeoutMs: number, signal: AbortSignal, open?: CandidateSource | null }): Promise<FoundBody | null> {
    if (peers.length === 0 && open === null) return null
    const { contentId, length } = wanted.revision
    try {
      const fetched = await torrents.fetch({ infoHash: infoHashOf(contentId), length }, {
        candidates: sources === null ? [] : distrust.order(peers).map(peer => sources.candidate(peer)), hedgeDelayMs: HEDGE_DELAY_MS, timeoutMs, signal, ...(open === null ? {} : { swarm: open })
      })
      distrust.blameFaults(fetched.faults)
      const found = await check(wanted, fetched.body, fetched.from)
      await torrents.put(fetched.body)
      events.emit({ id: wanted.item.contentId, revision: contentId, item: wanted.item.item, found })
      return found
    } catch (error) {
      if (!(error instanceof TorrentStoreError) || (error.code !== 'NOT_FOUND' && error.code !== 'TIMEOUT')) throw error
      distrust.blameFaults(error.faults)
      return null
    }
  }

  function membersOf (item: ItemView): { topic: string, peers: string[] } {
    const topic = topicOf(item.community)
    return { topic, peers: sources === null ? [] : distrust.order(shuffled(sources.peers(topic))).slice(0, MAX_HAVE_PEERS) }
  }

  async function fetchOnce (wanted: Wanted, timeoutMs: number, signal: AbortSignal): Promise<FoundBody | null> {
    if (sources === null) return await fetch(wanted, [], { timeoutMs, signal, open: swarm })
    const { contentId } = wanted.revision
    const told = sources.teller(contentId)
    const teller = told === undefined || distrust.isDistrusted(told) ? undefined : told
    const direct = teller === undefined ? null : await fetch(wanted, [teller], { timeoutMs: Math.min(timeoutMs, TELLER_TIMEOUT_MS), signal })
    if (direct !== null) return direct
    const { topic, peers } = membersOf(wanted.item)
    const holders = await sources.ask(topic, peers.filter(peer => peer !== teller), [contentId], signal)
    let having = holders.get(contentId) ?? []
    if (having.length === 0 && swarm !== null) {
      const found = await swarmTurn({
        signal,
        search: async signal => await fetch(wanted, [], { timeoutMs, signal, open: swarm }),
        async isHeld (signal) {
          having = (await sources.ask(topic, membersOf(wanted.item).peers, [contentId], signal)).get(contentId) ?? []
          return having.length > 0
        }
      })
      if (found !== null || having.length === 0) return found
    }
    // Whoever says to have it ends no search again: another one goes on beside asking them.
    return await fetch(wanted, having, { timeoutMs, signal, open: swarm })
  }

  /** The first of the revisions that is here or that somebody has, asked for again and again until the time is up. */
  async function readFirst (revisions: readonly Wanted[], { timeoutMs, signal }: ReadOptions): Promise<FoundBody> {
    const [newest] = revisions
    if (newest === undefined) throw new SeedbedError('UNKNOWN_ID', 'no such revision')
    if (newest.item.deleted) throw new SeedbedError('DELETED', `${newest.item.contentId} was deleted by its author`)
    let mismatch: unknown = null
    const attempt = async (from: () => Promise<FoundBody | null>): Promise<FoundBody | null> => {
      try {
        return await from()
      } catch (error) {
        if (!isMismatch(error)) throw error
        mismatch = error // an author may list anything as a revision: an older one may still be right
        return null
      }
    }
    const held = await attempt(async () => await local(newest))
    if (held !== null) return held
    const untilMs = performance.now() + timeoutMs
    const timeout = timeLimit(timeoutMs)
    const limited = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
    do {
      for (const wanted of revisions) {
        try {
          const found = await attempt(async () => await local(wanted) ?? await fetchOnce(wanted, Math.max(1, untilMs - performance.now()), limited))
          if (found !== null) return found
        } catch (error) {
          if (!limited.aborted) throw error
        }
      }
      if (isOffline || (mismatch !== null && revisions.length === 1)) break
      await pause(BODY_RETRY_MS, limited)
    } while (!limited.aborted)
    signal?.throwIfAborted()
    if (mismatch !== null) throw mismatch
    throw new SeedbedError('BODY_UNAVAILABLE', isOffline
      ? `the body of ${newest.item.contentId} is not on this peer, which runs without a network`
      : `no connected peer gave the body of ${newest.item.contentId} within ${timeoutMs} ms`)
  }

  async function localFirst (revisions: readonly Wanted[]): Promise<FoundBody | null> {
    const item = revisions[0]?.item
    // An edit alone does not tell whose the first revision is, and another listing may be the rightful one.
    if (item !== undefined && revisions.length > 1 && index.find(item.contentId).length > 1) await verdicts.known(item.contentId)
    for (const wanted of revisions) {
      const found = await local(wanted).catch(unlessMismatch)
      if (found !== null) return found
    }
    return null
  }

  const library: Library = {
    read: async (item, options) => await readFirst(revisionsOf(item), options),
    readRevision: async (item, revision, options) => await readFirst(revisionOf(item, revision), options),
    localMany: async items => await Promise.all(items.map(async item => item.deleted ? null : await localFirst(revisionsOf(item)))),

    async readMany (items, { timeoutMs, signal, here }) {
      const untilMs = performance.now() + timeoutMs
      const timeout = timeLimit(timeoutMs)
      const limited = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
      const found = here === undefined ? await library.localMany(items) : [...here]
      const isNewest = (i: number): boolean => found[i]?.revision.contentId === items[i]?.revision.contentId
      const missing = [...items.keys()].filter(i => items[i]?.deleted === false && !isNewest(i))
      const first = items[missing[0] ?? -1]
      if (sources === null || first === undefined) return found
      // A thread lies in one community, so one question serves all of it.
      const { topic, peers } = membersOf(first)
      const wanted = new Map(missing.map(i => [i, newerThan(revisionsOf(items[i] as ItemView), found[i] ?? null)]))
      const holders = await sources.ask(topic, peers, [...wanted.values()].flatMap(revisions => revisions.map(({ revision }) => revision.contentId)), limited)
      await fetchNewest(torrents, wanted, {
        holders,
        candidate: peer => sources.candidate(peer),
        order: peers => distrust.order(shuffled(peers)),
        onFault: fault => { distrust.blameFaults([fault]) },
        check: async (each, bytes, from) => await check(each, bytes, from).catch(unlessMismatch),
        had: (i, { item, revision: { contentId } }, fetched) => {
          found[i] = fetched
          events.emit({ id: item.contentId, revision: contentId, item: item.item, found: fetched })
        },
        timeoutMs: untilMs - performance.now(),
        ...(signal === undefined ? {} : { signal })
      })
      signal?.throwIfAborted()
      return found
    },
    async keep (community, bytes) {
      const id = refOf(bytes).infoHash as string as ContentId
      if (await torrents.has(infoHashOf(id))) return 'held'
      for (const item of index.findRevision(id)) {
        const [wanted] = item.community === community && !item.deleted ? revisionOf(item, id) : []
        const found = wanted === undefined ? null : await check(wanted, bytes, null).catch(unlessMismatch)
        if (wanted === undefined || found === null) continue
        await torrents.put(bytes)
        events.emit({ id: item.contentId, revision: id, item: item.item, found })
        return 'kept'
      }
      return 'refused'
    }
  }
  return library
}

/** The revisions before the one that is held, newest first. */
function newerThan (revisions: readonly Wanted[], held: FoundBody | null): Wanted[] {
  const at = held === null ? -1 : revisions.findIndex(({ revision }) => revision.contentId === held.revision.contentId)
  return at === -1 ? [...revisions] : revisions.slice(0, at)
}

function isMismatch (error: unknown): boolean {
  return error instanceof SeedbedError && error.code === 'BODY_MISMATCH'
}

/** In a thread a body that contradicts its entry is shown as missing; what is wrong here is not hidden. */
function unlessMismatch (error: unknown): null {
  if (isMismatch(error)) return null
  throw error
}

function borrowed (item: ItemView): SeedbedError {
  return new SeedbedError('BODY_MISMATCH', `${item.contentId} is not by ${item.author}: its first revision names somebody else`)
}
