// A community of many authors over several months, as envelopes.
import { MemoryLevel } from 'memory-level'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import { createSigner, type Signer } from '../../src/identity/keys.ts'
import type { CommunityAddress, ContentId, ItemId } from '../../src/model.ts'

export const ME: Signer = createSigner(new Uint8Array(32).fill(250))
export const NOW: number = Date.UTC(2026, 11, 15)
/** From the newest on. */
export const months: readonly number[] = Array.from({ length: 12 }, (_, n) => 202612 - n)
export const timeIn = (period: number, n = 0): number => Date.UTC(Math.floor(period / 100), period % 100 - 1, 10) + n * 1000
export const contentOf = (period: number, n: number): ContentId => `${period}${n.toString(16).padStart(4, '0')}`.padStart(40, '0') as ContentId

export interface MonthWorld {
  readonly address: CommunityAddress
  readonly genesis: Uint8Array
  readonly envelopes: readonly Uint8Array[]
  /** Of each month, the posts of its authors in turn. */
  readonly items: ReadonlyMap<number, readonly ItemId[]>
}

/** In each of the months `perMonth` authors post, and vote for the first post; ME answers it. */
export async function createMonthWorld (perMonth: number, wanted: readonly number[] = months): Promise<MonthWorld> {
  const authors = Array.from({ length: perMonth }, (_, n) => createSigner(new Uint8Array(32).fill(n + 1)))
  await using index = await createCrdtIndex({ db: new MemoryLevel(), clock: () => NOW })
  const { address } = await index.create({ founder: authors[0]!, slug: 'months', title: 'Months' })
  const items = new Map<number, ItemId[]>()
  for (const period of wanted) {
    const listed: ItemId[] = []
    for (const [n, author] of authors.entries()) {
      listed.push(await index.writer(author).post({ community: address, contentId: contentOf(period, n), length: 100, title: `${period} ${n}`, createdMs: timeIn(period, n) }))
      if (n > 0) await index.writer(author).vote({ community: address, period, item: listed[0]!, value: n % 3 === 0 ? -1 : 1 })
    }
    await index.writer(ME).comment({ community: address, period, contentId: contentOf(period, 999), length: 10, createdMs: timeIn(period, 999), root: listed[0]!, parent: listed[0]! })
    items.set(period, listed)
  }
  const envelopes: Uint8Array[] = []
  for await (const envelope of index.envelopes(address)) envelopes.push(envelope)
  return { address, genesis: index.genesis(address)!, envelopes, items }
}
