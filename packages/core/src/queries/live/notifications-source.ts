import type { RootName } from '@seedbed/crdt-index'
import { LIVE_INTERVAL_MS } from '../../limits.ts'
import type { NotificationsPage, NotificationsQuery } from '../../node.ts'
import type { NodeParts } from '../../parts.ts'
import type { Reading } from '../../moderation/reading.ts'
import type { PersonalDocument } from '../../personal/create-personal.ts'
import { createNotifications } from '../notifications.ts'
import type { LiveSource } from './create-live-query.ts'
import type { LiveEvent, LiveEvents } from './live-events.ts'

export interface NotificationsSourceOptions {
  readonly parts: NodeParts
  readonly reading: Reading
  readonly events: LiveEvents
  readonly personal: Pick<PersonalDocument, 'personal' | 'on'>
}

/** Nobody's vote is a notification, and votes are most of what comes. */
const SILENT: ReadonlySet<RootName> = new Set(['votes'])

/** A page of what others wrote to this author; mutes and read marks count at once. */
export function createNotificationsSource (query: NotificationsQuery, { parts, reading, events, personal }: NotificationsSourceOptions): LiveSource<NotificationsPage> {
  const notifications = createNotifications(parts, reading, personal.personal)
  const concerns = (event: LiveEvent): boolean =>
    event.kind === 'communities' || event.kind === 'body' || (event.kind === 'change' && event.changes.some(({ root }) => !SILENT.has(root)))
  return {
    intervalMs: LIVE_INTERVAL_MS,
    start (changed) {
      const ends = [events.on(event => { if (concerns(event)) changed() }), personal.on(changed)]
      return () => { for (const end of ends) end() }
    },
    read: async () => await notifications(query),
    refresh: () => {}
  }
}
