// A live query is read again at every vote of anybody, but others' votes change nothing of what this node did: that is
// remembered until something else happens.
import type { ItemId } from '@seedbed/crdt-index'
import { LIVE_OWN_FACTS } from '../../limits.ts'
import type { NodeParts } from '../../parts.ts'
import { ownFactsFrom, type OwnFacts, type OwnFactsOf } from '../own-facts.ts'
import type { LiveEvent } from './live-events.ts'

export interface OwnCache {
  readonly of: OwnFactsOf
  /** Forgets what the event may have changed. */
  take (event: LiveEvent): void
  clear (): void
}

/** What others can change without touching pins: votes, labels and words about themselves or the community. */
const HARMLESS: ReadonlySet<string> = new Set(['votes', 'labels', 'profile', 'community', 'roles'])

export function createOwnCache (parts: NodeParts, options: { asksHeld: boolean }): OwnCache {
  const { signer } = parts
  const read = ownFactsFrom(parts, options)
  const known = new Map<ItemId, { readonly contentId: string, readonly revisions: string, readonly facts: OwnFacts }>()
  /** Counts what was forgotten: facts that were read meanwhile may be older and are not kept. */
  let generation = 0

  function clear (): void {
    generation++
    known.clear()
  }

  async function readAndKeep (...[item, revisions]: Parameters<OwnFactsOf>): Promise<OwnFacts> {
    const before = generation
    const facts = await read(item, revisions)
    if (before === generation) {
      known.set(item.item, { contentId: item.contentId, revisions: revisions.join(), facts })
      const oldest = known.size > LIVE_OWN_FACTS ? known.keys().next().value : undefined
      if (oldest !== undefined) known.delete(oldest)
    }
    return facts
  }

  return {
    of (item, revisions) {
      const kept = known.get(item.item)
      return kept !== undefined && kept.revisions === revisions.join() ? kept.facts : readAndKeep(item, revisions)
    },
    take (event) {
      if (event.kind === 'sync' || event.kind === 'seeds' || event.kind === 'network') return
      if (event.kind === 'change') {
        if (event.author === signer.author || !event.changes.every(({ root }) => HARMLESS.has(root))) clear()
        return
      }
      if (event.kind === 'communities') return clear()
      generation++
      for (const [item, { contentId }] of known) if (contentId === event.body.id) known.delete(item)
    },
    clear
  }
}
