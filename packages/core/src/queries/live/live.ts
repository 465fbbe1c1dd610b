// Puts the live queries of a node together: what they answer, what they watch, and how they end with it.
import { META_PERIOD } from '@seedbed/crdt-index'
import { DEFAULT_BODY_TIMEOUT_MS, LIVE_INTERVAL_MS, LIVE_STATUS_INTERVAL_MS } from '../../limits.ts'
import type { NetworkState, NodeStatus, SeedbedNode } from '../../node.ts'
import type { Logger } from '../../options.ts'
import type { NodeParts } from '../../parts.ts'
import type { Reading } from '../../moderation/reading.ts'
import type { PersonalDocument } from '../../personal/create-personal.ts'
import { communityOf } from '../locate.ts'
import { createLiveQuery, type LiveSource } from './create-live-query.ts'
import { createFeedSource } from './feed-source.ts'
import { createLateSource } from './late-source.ts'
import { createLiveEvents, type LiveEvent } from './live-events.ts'
import type { LiveScope } from './live-scope.ts'
import { countingScheduler, realScheduler, type Scheduler } from './scheduler.ts'
import { createNotificationsSource } from './notifications-source.ts'

export interface LiveOptions {
  readonly parts: NodeParts
  readonly reading: Reading
  readonly status: () => NodeStatus
  readonly network: () => NetworkState
  readonly personal: Pick<PersonalDocument, 'personal' | 'on'>
  readonly logger: Logger
  /** Default: the platform's timers. */
  readonly scheduler?: Scheduler
}

/** What the live queries of a node hold at a moment. */
export interface LiveActivity {
  /** Queries that somebody listens to. */
  readonly queries: number
  /** Their listeners and iterators. */
  readonly listeners: number
  /** Listeners on index, bodies and seed counts. */
  readonly sources: number
  readonly timers: number
}

const activities = new WeakMap<SeedbedNode['live'], () => LiveActivity>()

/** For tests: what would leak is counted here. */
export function activityOf (queries: SeedbedNode['live']): LiveActivity {
  return activities.get(queries)?.() ?? { queries: 0, listeners: 0, sources: 0, timers: 0 }
}

export function createLive ({ parts, reading, status, network, personal, logger, scheduler: timers = realScheduler }: LiveOptions): { queries: SeedbedNode['live'], close: () => void } {
  const { index, clock } = parts
  const scheduler = countingScheduler(timers)
  const events = createLiveEvents(parts)
  let open = true
  const scope: LiveScope = { scheduler, clock, logger, isOpen: () => open, running: new Map() }

  /** An answer that is read whole whenever something concerns it. */
  function simple<T> (read: () => T, concerns: (event: LiveEvent) => boolean, intervalMs: number): LiveSource<T> {
    return {
      intervalMs,
      start: changed => events.on(event => { if (concerns(event)) changed() }),
      read: async () => read(),
      refresh: () => {}
    }
  }

  const queries: SeedbedNode['live'] = {
    feed: (query = {}) => createLiveQuery(createFeedSource(query, { parts, reading, events, scheduler }), scope),
    thread: (id, { timeoutMs = DEFAULT_BODY_TIMEOUT_MS, ...wanted } = {}) => createLiveQuery(createLateSource(LIVE_INTERVAL_MS, async () => (await import('../../actions/every-act.ts')).createThreadSource({ id, timeoutMs, wanted, parts, reading, events, scheduler })), scope),
    authored: (author, query = {}) => createLiveQuery(createLateSource(LIVE_INTERVAL_MS, async () => (await import('../../actions/every-act.ts')).createAuthoredSource(author, query, { parts, reading, events })), scope),
    notifications: (query = {}) => createLiveQuery(createNotificationsSource(query, { parts, reading, events, personal }), scope),
    communities: () => createLiveQuery(simple(
      () => index.communities().map(community => communityOf(index, community)),
      event => event.kind === 'communities' || (event.kind === 'change' && event.period === META_PERIOD),
      LIVE_INTERVAL_MS
    ), scope),
    status: () => createLiveQuery(simple(status, event => event.kind !== 'seeds', LIVE_STATUS_INTERVAL_MS), scope),
    // Members of communities tell of themselves after they connected, which shows as a change of the sync status.
    network: () => createLiveQuery(simple(network, event => event.kind === 'network' || event.kind === 'sync' || event.kind === 'communities', LIVE_STATUS_INTERVAL_MS), scope),
    personal: () => createLiveQuery({ intervalMs: LIVE_INTERVAL_MS, start: changed => personal.on(changed), read: async () => personal.personal.state(), refresh: () => {} }, scope)
  }
  activities.set(queries, () => ({
    queries: scope.running.size,
    listeners: [...scope.running.values()].reduce((sum, { listeners }) => sum + listeners(), 0),
    sources: events.sources(),
    timers: scheduler.pending()
  }))

  return {
    queries,
    close () {
      open = false
      for (const { close } of [...scope.running.values()]) close()
    }
  }
}
