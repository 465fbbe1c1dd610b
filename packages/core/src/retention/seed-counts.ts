// How many connected members of a community have a body, for marking what has no known seed. Answers come from memory;
// what is missing or old is asked for afterwards, many ids in one question, and the next answer knows.
import { topicOf, type CommunityAddress, type ContentId, type Transport } from '@seedbed/crdt-index'
import { backgroundTimer } from '../background-timer.ts'
import type { BodySources } from '../bodies/library.ts'
import { HAVE_TIMEOUT_MS, MAX_HAVE_IDS, MAX_HAVE_PEERS, MAX_SEED_COUNTS, MAX_SEED_QUESTIONS, SEED_COUNT_AGE_MS, SEED_COUNT_MIN_AGE_MS, SEED_QUESTION_DELAY_MS } from '../limits.ts'

/**
 * Connected members known to have the body, of at most 24 that were asked; null: not known yet. Never waits. Without a
 * connected member it is 0.
 */
export type CountSeeds = (community: CommunityAddress, id: ContentId) => number | null

export interface SeedCounts {
  /** For one page of a feed: who is connected is found out once. */
  counter (): CountSeeds
  /** As last heard from any member, undefined for what was never asked about; asks nobody. */
  lastKnown (community: CommunityAddress, id: ContentId): number | undefined
  /** Somebody may have become a seed, as by a vote: what was asked before is asked again when wanted. */
  outdate (community: CommunityAddress): void
  /** Tells when counts of a community became known or others. Returns the function that ends it. */
  on (listener: (community: CommunityAddress) => void): () => void
  close (): void
}

export interface SeedCountsOptions {
  /** Null without a network: then nothing is ever known. */
  readonly sources: Pick<BodySources, 'peers' | 'ask'> | null
  /** Tells when a member joined or left: then what was asked before is asked again when wanted. */
  readonly onTopicPeers?: Transport['onPeer'] | undefined
  /** Milliseconds of a clock that only goes forward. Default performance.now. */
  readonly nowMs?: () => number
}

interface Known { readonly peers: readonly string[], readonly askedMs: number }

export function createSeedCounts ({ sources, onTopicPeers, nowMs = () => performance.now() }: SeedCountsOptions): SeedCounts {
  const known = new Map<string, Known>()
  const questions = new Map<CommunityAddress, Set<ContentId>>()
  const outdatedMs = new Map<string, number>()
  const closing = new AbortController()
  const listeners = new Set<(community: CommunityAddress) => void>()
  const end = onTopicPeers?.(({ topic }) => { outdatedMs.set(topic, nowMs()) })
  let waiting = 0
  let timer: NodeJS.Timeout | null = null

  const keyOf = (community: CommunityAddress, id: ContentId): string => `${community}/${id}`

  function isOld (community: CommunityAddress, { askedMs }: Known): boolean {
    const ageMs = nowMs() - askedMs
    return ageMs > SEED_COUNT_AGE_MS || (ageMs > SEED_COUNT_MIN_AGE_MS && askedMs < (outdatedMs.get(topicOf(community)) ?? -Infinity))
  }

  function wonder (community: CommunityAddress, id: ContentId): void {
    const asked = questions.get(community) ?? new Set()
    if (asked.has(id) || waiting >= MAX_SEED_QUESTIONS || closing.signal.aborted) return
    questions.set(community, asked.add(id))
    waiting++
    timer ??= backgroundTimer(() => { void askAll() }, SEED_QUESTION_DELAY_MS)
  }

  async function askAll (): Promise<void> {
    for (let [first] = questions; first !== undefined && !closing.signal.aborted; [first] = questions) {
      const [community, wanted] = first
      const ids = [...wanted].slice(0, MAX_HAVE_IDS)
      for (const id of ids) wanted.delete(id)
      waiting -= ids.length
      if (wanted.size === 0) questions.delete(community)
      await ask(community, ids).catch(() => {}) // who does not answer has nothing
    }
    timer = null
  }

  async function ask (community: CommunityAddress, ids: readonly ContentId[]): Promise<void> {
    if (sources === null) return
    const topic = topicOf(community)
    const askedMs = nowMs()
    const peers = sources.peers(topic)
    // Another start each time, so that in a large community not always the same ones are asked.
    const start = Math.floor(Math.random() * peers.length)
    const asked = [...peers.slice(start), ...peers.slice(0, start)].slice(0, MAX_HAVE_PEERS)
    const found = await sources.ask(topic, asked, ids, AbortSignal.any([closing.signal, AbortSignal.timeout(2 * HAVE_TIMEOUT_MS)]))
    if (closing.signal.aborted) return
    let changed = false
    for (const id of ids) {
      const key = keyOf(community, id)
      const peers = found.get(id) ?? []
      changed ||= known.get(key)?.peers.length !== peers.length
      known.delete(key)
      known.set(key, { peers, askedMs })
      const oldest = known.size > MAX_SEED_COUNTS ? known.keys().next().value : undefined
      if (oldest !== undefined) known.delete(oldest)
    }
    if (changed) for (const listener of [...listeners]) listener(community)
  }

  return {
    counter () {
      const membersOf = new Map<CommunityAddress, ReadonlySet<string>>()
      return (community, id) => {
        if (sources === null) return null
        const members = membersOf.get(community) ?? new Set(sources.peers(topicOf(community)))
        membersOf.set(community, members)
        if (members.size === 0) return 0
        const answer = known.get(keyOf(community, id))
        if (answer === undefined || isOld(community, answer)) wonder(community, id)
        return answer === undefined ? null : answer.peers.filter(peer => members.has(peer)).length
      }
    },
    lastKnown: (community, id) => known.get(keyOf(community, id))?.peers.length,
    outdate (community) { outdatedMs.set(topicOf(community), nowMs()) },
    on (listener) {
      const own = (community: CommunityAddress): void => { listener(community) }
      listeners.add(own)
      return () => { listeners.delete(own) }
    },
    close () {
      end?.()
      closing.abort()
      if (timer !== null) clearTimeout(timer)
    }
  }
}
