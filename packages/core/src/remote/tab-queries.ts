// Live queries in a tab: each mirrors one at the peer for as long as somebody listens, on whatever peer there is.
import type { SeedbedNode } from '../node.ts'
import type { LiveQuery } from '../queries/live/live-query.ts'
import { share } from '../queries/live/share.ts'
import { LIVE, type LiveName } from './calls.ts'
import { createHeldQuery } from './held-query.ts'
import { apply } from './patch.ts'
import type { HostMessage, TabMessage } from './protocol.ts'
import { fromWire } from './wire-error.ts'

type LiveMessage = Extract<HostMessage, { t: 'live' }>

export interface TabQueries {
  readonly live: SeedbedNode['live']
  handle (message: LiveMessage): void
  /** A peer answers from now on: what is listened to is asked of it. */
  attach (): void
  close (): void
}

interface Mirror {
  /** Asks the peer for the query, whose answers then lead on from null. */
  watch (): void
  take (message: LiveMessage): void
  close (): void
}

/** `post` does nothing while no peer is there. */
export function createTabQueries (post: (message: TabMessage) => void, onError: (error: unknown) => void): TabQueries {
  /** Queries that somebody listens to. */
  const running = new Map<number, Mirror>()
  let lastId = 0
  let open = true

  function mirror (name: LiveName, args: readonly unknown[]): LiveQuery<unknown> {
    let id = 0
    /** The value before, for the next patch. Undefined: the peer starts from null. */
    let base: unknown
    let value: unknown = null
    const self: Mirror = {
      watch () {
        base = undefined
        try {
          post({ t: 'watch', id, name, args })
        } catch { // a function cannot be sent
          held.set({ state: 'failed', error: { code: 'USAGE', message: `an argument of live.${name} cannot be sent to the peer` }, value }, true)
        }
      },
      take ({ patch, updatedAtMs, error }) {
        value = base === undefined ? share(value, apply(null, patch)) : apply(base, patch)
        base = value
        post({ t: 'seen', id })
        if (error !== null) {
          const { code, message } = fromWire(error)
          return held.set({ state: 'failed', error: { code, message }, value }, true)
        }
        const now = held.query.getSnapshot()
        held.set(now.state === 'ready' && now.value === value ? now : { state: 'ready', value, updatedAtMs }, true)
      },
      close () { held.query.close() }
    }
    const held = createHeldQuery<unknown>({
      isOpen: () => open,
      start () {
        id = ++lastId
        running.set(id, self)
        self.watch()
      },
      stop () {
        running.delete(id)
        post({ t: 'unwatch', id })
      },
      refresh () { post({ t: 'refresh', id }) },
      onError
    })
    return held.query
  }

  const live = Object.fromEntries(Object.keys(LIVE).map(name => [name, (...args: unknown[]) => mirror(name as LiveName, args)]))
  return {
    live: live as unknown as SeedbedNode['live'],
    handle (message) { running.get(message.id)?.take(message) },
    attach () { for (const { watch } of running.values()) watch() },
    close () {
      open = false
      for (const { close } of [...running.values()]) close()
    }
  }
}
