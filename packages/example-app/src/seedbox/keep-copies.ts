// A seedbox reads what is written in its communities, so that a text outlives the page that wrote it, and pages get the
// texts of peers that no browser can dial. Like everything that was read they are cached: members of the community get
// them, and they go when the space is needed.
import type { NodeEvents, SeedbedNode } from '@seedbed/core'
import { COPY_TIMEOUT_MS, MAX_COPIES_AT_ONCE, MAX_COPIES_OF_AUTHOR_AT_ONCE, MAX_WAITING_COPIES, MAX_WAITING_COPIES_OF_AUTHOR } from './limits.ts'

/** What of a node this needs. */
export interface CopyingNode extends Pick<SeedbedNode, 'on'> { readonly bodies: Pick<SeedbedNode['bodies'], 'read'> }

/**
 * Goes on until `signal` is aborted. Authors take turns, because one may list any number of texts that nobody has. What
 * nobody gives in time is left to whoever opens it later.
 */
export function keepCopies (node: CopyingNode, signal: AbortSignal): void {
  /** By author, in the order of their turns. */
  const waiting = new Map<string, Set<string>>()
  const reading = new Map<string, number>()
  let total = 0
  let atOnce = 0

  function note ({ id, author, own }: NodeEvents['entry']): void {
    const ids = waiting.get(author) ?? new Set()
    if (own || ids.has(id) || total >= MAX_WAITING_COPIES || ids.size >= MAX_WAITING_COPIES_OF_AUTHOR) return
    waiting.set(author, ids.add(id))
    total++
    next()
  }

  function next (): void {
    for (const [author, ids] of waiting) {
      if (atOnce >= MAX_COPIES_AT_ONCE || signal.aborted) return
      const [id] = ids
      if (id === undefined || (reading.get(author) ?? 0) >= MAX_COPIES_OF_AUTHOR_AT_ONCE) continue
      ids.delete(id)
      total--
      waiting.delete(author)
      if (ids.size > 0) waiting.set(author, ids) // the others first
      void read(id, author)
    }
  }

  async function read (id: string, author: string): Promise<void> {
    atOnce++
    reading.set(author, (reading.get(author) ?? 0) + 1)
    try {
      await node.bodies.read(id, { timeoutMs: COPY_TIMEOUT_MS, signal })
    } catch {} // deleted meanwhile, or nobody has it: no fault of the seedbox
    atOnce--
    const left = (reading.get(author) ?? 1) - 1
    if (left === 0) reading.delete(author)
    else reading.set(author, left)
    next()
  }

  signal.addEventListener('abort', node.on('entry', note), { once: true })
}
