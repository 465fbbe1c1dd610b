import { GOSSIP_BATCH, MAX_GOSSIP_QUEUE } from '../limits.ts'
import type { CommunityAddress, Replica, Verdict } from '../model.ts'

/**
 * Ingests single envelopes in batches: what arrives while one batch is stored makes the next. At most
 * MAX_GOSSIP_QUEUE wait; beyond that the newest of whom most wait from give way, so that one who floods shuts out
 * nobody else.
 */
export type IngestOne = (community: CommunityAddress, envelope: Uint8Array, from: string) => Promise<Verdict>

const TOO_MANY: Verdict = { verdict: 'ignore', reason: 'too many at once' }

interface Waiting { readonly community: CommunityAddress, readonly envelope: Uint8Array, readonly from: string, readonly resolve: (verdict: Verdict) => void, readonly reject: (error: unknown) => void }

export function createIngestQueue (replica: Pick<Replica, 'ingest'>): IngestOne {
  const waiting: Waiting[] = []
  let running = false

  /** Of each peer. */
  const counts = new Map<string, number>()
  const take = (start: number, count: number): Waiting[] => {
    const taken = waiting.splice(start, count)
    for (const { from } of taken) {
      const rest = (counts.get(from) ?? 1) - 1
      if (rest > 0) counts.set(from, rest)
      else counts.delete(from)
    }
    return taken
  }
  /** False when nobody has more waiting than this peer would have. */
  const makeRoomFor = (peer: string): boolean => {
    let most: readonly [string, number] = [peer, (counts.get(peer) ?? 0) + 1]
    for (const entry of counts) if (entry[1] > most[1]) most = entry
    if (most[0] === peer) return false
    for (const { resolve } of take(waiting.findLastIndex(({ from }) => from === most[0]), 1)) resolve(TOO_MANY)
    return true
  }

  const work = async (): Promise<void> => {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      const { community, from } = first
      const end = waiting.findIndex((next, index) => index === GOSSIP_BATCH || next.community !== community || next.from !== from)
      const batch = take(0, end === -1 ? waiting.length : end)
      try {
        const verdicts = await replica.ingest(community, batch.map(({ envelope }) => envelope), from)
        for (const [index, { resolve }] of batch.entries()) resolve(verdicts[index] ?? { verdict: 'ignore', reason: 'not taken' })
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    running = false // in the same turn as the last look at the queue: nothing is left behind
  }

  return async (community, envelope, from) => {
    if (waiting.length >= MAX_GOSSIP_QUEUE && !makeRoomFor(from)) return TOO_MANY
    return await new Promise<Verdict>((resolve, reject) => {
      counts.set(from, (counts.get(from) ?? 0) + 1)
      waiting.push({ community, envelope, from, resolve, reject })
      if (running) return
      running = true
      void work()
    })
  }
}
