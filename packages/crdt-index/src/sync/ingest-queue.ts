import { GOSSIP_BATCH, MAX_GOSSIP_QUEUE } from '../limits.ts'
import type { CommunityAddress, Replica, Verdict } from '../model.ts'

/**
 * Ingests single envelopes in batches: what arrives while one batch is stored makes the next. At most
 * MAX_GOSSIP_QUEUE wait; more are ignored.
 */
export type IngestOne = (community: CommunityAddress, envelope: Uint8Array, from: string) => Promise<Verdict>

interface Waiting { readonly community: CommunityAddress, readonly envelope: Uint8Array, readonly from: string, readonly resolve: (verdict: Verdict) => void, readonly reject: (error: unknown) => void }

export function createIngestQueue (replica: Pick<Replica, 'ingest'>): IngestOne {
  const waiting: Waiting[] = []
  let running = false

  const work = async (): Promise<void> => {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      const { community, from } = first
      const end = waiting.findIndex((next, index) => index === GOSSIP_BATCH || next.community !== community || next.from !== from)
      const batch = waiting.splice(0, end === -1 ? waiting.length : end)
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
    if (waiting.length >= MAX_GOSSIP_QUEUE) return { verdict: 'ignore', reason: 'too many at once' }
    return await new Promise<Verdict>((resolve, reject) => {
      waiting.push({ community, envelope, from, resolve, reject })
      if (running) return
      running = true
      void work()
    })
  }
}
