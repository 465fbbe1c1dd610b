// Own envelopes that no other peer is known to have yet: counted in memory, remembered in the store, so that what was
// written without a network still shows as waiting after a restart.
import type { CommunityAddress, EnvelopeHash } from '../model.ts'
import type { IndexStore, UnsentEnvelope } from '../store/index-store.ts'

/** What a write changes: it goes into the same atomic batch as the envelopes. */
export interface UnsentChange {
  readonly unsent: readonly UnsentEnvelope[]
  readonly sent: readonly UnsentEnvelope[]
}

export interface Unsent {
  count (community: CommunityAddress): number
  has (community: CommunityAddress, hash: EnvelopeHash): boolean
  /** Those of now; a copy. */
  all (community: CommunityAddress): EnvelopeHash[]
  /** The store has it. */
  apply (change: UnsentChange): void
  /** Another peer has them. */
  sent (community: CommunityAddress, hashes: readonly EnvelopeHash[]): void
  forget (community: CommunityAddress): void
  /** Writes what is due. */
  close (): Promise<void>
}

/** Pause in which envelopes that were sent gather before it is written: a crash in between shows them as waiting once more. */
const GATHER_MS = 100

export async function createUnsent (store: Pick<IndexStore, 'unsent' | 'write'>, onChange: (community: CommunityAddress) => void): Promise<Unsent> {
  const waiting = new Map<CommunityAddress, Set<EnvelopeHash>>()
  let done: UnsentEnvelope[] = []
  let timer: NodeJS.Timeout | null = null
  for (const { community, hash } of await store.unsent()) of(community).add(hash)

  function of (community: CommunityAddress): Set<EnvelopeHash> {
    const known = waiting.get(community) ?? new Set()
    waiting.set(community, known)
    return known
  }

  async function write (): Promise<void> {
    if (timer !== null) clearTimeout(timer)
    timer = null
    const sent = done
    done = []
    if (sent.length > 0) await store.write({ sent, durable: false }).catch(() => {}) // shown as waiting after a restart, and found sent again
    for (const community of new Set(sent.map(({ community }) => community))) onChange(community)
  }

  return {
    count: community => waiting.get(community)?.size ?? 0,
    has: (community, hash) => waiting.get(community)?.has(hash) ?? false,
    all: community => [...waiting.get(community) ?? []],
    apply ({ unsent, sent }) {
      for (const { community, hash } of unsent) of(community).add(hash)
      for (const { community, hash } of sent) waiting.get(community)?.delete(hash)
    },
    sent (community, hashes) {
      const known = waiting.get(community)
      for (const hash of hashes) if (known?.delete(hash) === true) done.push({ community, hash })
      if (done.length === 0 || timer !== null) return
      timer = setTimeout(() => { void write() }, GATHER_MS)
      ;(timer as { unref?: () => void }).unref?.() // a number in a browser
    },
    forget (community) {
      waiting.delete(community)
      done = done.filter(each => each.community !== community)
    },
    close: write
  }
}
