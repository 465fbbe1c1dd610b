// Authors who write all that can be written, at random.
import type { CrdtIndex } from '../../src/crdt-index.ts'
import { createSigner, type Signer } from '../../src/identity/keys.ts'
import { periodOf } from '../../src/identity/period.ts'
import { itemIdOf } from '../../src/identity/ids.ts'
import type { AuthorId, CommunityAddress, ContentId, ItemId, Period } from '../../src/model.ts'
import { MemoryLevel } from 'memory-level'

/** An integer from 0 to below. */
export type Random = (below: number) => number
export type Memory = MemoryLevel<Uint8Array, Uint8Array>

export const START_MS: number = Date.UTC(2026, 10, 20)
export const authors: Signer[] = [1, 2, 3, 4].map(fill => createSigner(new Uint8Array(32).fill(fill)))
export const ids: AuthorId[] = authors.map(({ author }) => author)

export function createRandom (seed: number): Random {
  let state = Math.imul(seed, 2654435761) >>> 0 || 1
  return below => {
    state ^= state << 13; state >>>= 0
    state ^= state >>> 17
    state ^= state << 5; state >>>= 0
    return state % below
  }
}

export const memory = (): Memory => new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' })

/** As it is now, in whatever batch a crash would come. */
export async function copyOf (db: Memory, leaveOut: (key: string) => boolean = () => false): Promise<Memory> {
  const copy = memory()
  const rows = await db.iterator().all()
  await copy.batch(rows.filter(([key]) => !leaveOut(Buffer.from(key).toString('latin1'))).map(([key, value]) => ({ type: 'put', key, value })))
  return copy
}

/** What was listed, by anybody. */
export interface Listed { readonly period: Period, readonly item: ItemId, readonly root: ItemId, readonly author: AuthorId }

export interface Scribe {
  /** One random write; what makes no sense is left out. */
  write (index: CrdtIndex, signer: Signer, nowMs: number): Promise<void>
  readonly listed: Listed[]
}

/** `contents`: what content ids are counted from. */
export function createScribe (community: CommunityAddress, random: Random, contents = 0): Scribe {
  const listed: Listed[] = []
  const contentId = (): ContentId => (++contents).toString(16).padStart(40, '0') as ContentId
  return {
    listed,
    async write (index, signer, nowMs) {
      const pen = index.writer(signer)
      const to = listed[random(Math.max(1, listed.length))]
      const kind = to === undefined ? 0 : random(20)
      const id = contentId()
      const item = itemIdOf(signer.author, id)
      if (kind <= 1 || to === undefined) {
        const createdMs = nowMs - random(2) * 40 * 24 * 3600 * 1000
        await pen.post({ community, contentId: id, length: 10, title: `Title ${id} ü`, createdMs })
        listed.push({ period: periodOf(createdMs), item, root: item, author: signer.author })
      } else if (kind <= 4) {
        await pen.comment({ community, period: to.period, contentId: id, length: 5, createdMs: nowMs, root: to.root, parent: to.item, mentions: random(3) === 0 ? [ids[random(4)]!] : [] })
        listed.push({ ...to, item, author: signer.author })
      } else if (kind === 5) {
        await pen.edit({ community, period: to.period, item: to.item, contentId: id, length: 7, title: random(2) === 0 ? null : 'Another title', editedMs: nowMs })
      } else if (kind === 6) {
        if (random(3) === 0) await pen.delete({ community, period: to.period, item: to.item })
      } else if (kind === 7) {
        await pen.label({ community, period: to.period, item: to.item, label: random(3) === 0 ? 'none' : 'spam', reason: 'because' })
      } else if (kind === 8) {
        await pen.profile({ community, name: `Name ${random(5)}`, about: 'Somebody' })
      } else if (kind === 9) {
        if (random(2) === 0) await pen.define({ community, title: `Title ${random(5)}`, about: 'About' })
        else await pen.appoint({ community, author: ids[random(4)]!, role: random(2) === 0 ? 'moderator' : 'none' })
      } else if (to.author !== signer.author) {
        await pen.vote({ community, period: to.period, item: to.item, value: ([1, 1, -1, 0] as const)[random(4)]!, ...random(5) === 0 ? { revision: id } : {} })
      }
    }
  }
}
