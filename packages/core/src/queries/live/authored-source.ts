import { LIVE_INTERVAL_MS } from '../../limits.ts'
import type { AuthoredPage, AuthoredQuery } from '../../node.ts'
import type { NodeParts } from '../../parts.ts'
import type { Reading } from '../../moderation/reading.ts'
import { createAuthored } from '../authored.ts'
import type { LiveSource } from './create-live-query.ts'
import type { LiveEvent, LiveEvents } from './live-events.ts'
import { createOwnCache } from './own-cache.ts'

export interface AuthoredSourceOptions {
  readonly parts: NodeParts
  readonly reading: Reading
  readonly events: LiveEvents
}

/** A page of what an author wrote; anybody's votes and labels concern it too. */
export function createAuthoredSource (author: string, query: AuthoredQuery, { parts, reading, events }: AuthoredSourceOptions): LiveSource<AuthoredPage> {
  const own = createOwnCache(parts, { asksHeld: false })
  const read = createAuthored(parts, reading, own.of)
  const concerns = (event: LiveEvent): boolean => event.kind === 'communities' || event.kind === 'body' || (event.kind === 'change' && event.changes.length > 0)
  return {
    intervalMs: LIVE_INTERVAL_MS,
    start (changed) {
      own.clear() // whatever happened while nobody listened
      const ends = [reading.on(changed), events.on(event => {
        own.take(event)
        if (concerns(event)) changed()
      })]
      return () => { for (const end of ends) end() }
    },
    read: async () => await read(author, query),
    refresh: own.clear
  }
}
