// The peer as a tab sees it, on whatever link leads to a peer at the moment: calls, live queries and events.
import type { AuthorId } from '@seedbed/crdt-index'
import { SeedbedError } from '../errors.ts'
import { CALLS, isEventName, type CallName } from './calls.ts'
import type { Link } from './link.ts'
import type { HostMessage, TabMessage } from './protocol.ts'
import type { RemoteNode } from './remote-node.ts'
import { createStreams, type Streams } from './streams.ts'
import { createTabCalls } from './tab-calls.ts'
import { createTabQueries } from './tab-queries.ts'

export type TabLink = Link<TabMessage, HostMessage>

export interface TabNode {
  /** Everything but what depends on where the peer runs. */
  readonly node: Omit<RemoteNode, 'hosting' | 'close' | typeof Symbol.asyncDispose>
  /** The peer at the other end of the link welcomed this tab. */
  attach (link: TabLink, author: AuthorId): void
  /** A message of the peer that is attached. */
  handle (message: HostMessage): void
  /** The peer went away. */
  detach (): void
  /** For good. `reason` is what later calls reject with. */
  close (reason: SeedbedError): void
}

/** `knownAuthor`: who the peer belongs to, as far as that is known before one answers. */
export function createTabNode (onError: (error: unknown) => void, knownAuthor: AuthorId | null = null): TabNode {
  const listeners = new Map<string, Set<(details: never) => void>>()
  const calls = createTabCalls()
  let link: TabLink | null = null
  let streams: Streams | null = null
  let author = knownAuthor
  const post = (message: TabMessage): void => { link?.post(message) }
  const queries = createTabQueries(post, onError)

  function emit (event: string, details: unknown): void {
    for (const listener of [...listeners.get(event) ?? []]) {
      try {
        listener(details as never)
      } catch (error) {
        onError(error)
      }
    }
  }

  const node: TabNode['node'] = {
    ...functions(calls.call),
    get author () {
      if (author === null) throw new SeedbedError('NOT_RUNNING', 'no peer has welcomed this tab yet')
      return author
    },
    live: queries.live,
    on (event, listener) {
      if (!isEventName(event)) throw new SeedbedError('USAGE', `no such event: ${String(event)}`)
      const set = listeners.get(event) ?? new Set()
      listeners.set(event, set)
      const own = (details: never): void => { listener(details) }
      set.add(own)
      if (set.size === 1) post({ t: 'listen', event })
      return () => { if (set.delete(own) && set.size === 0) post({ t: 'unlisten', event }) }
    }
  }

  function detach (): void {
    link = null
    streams?.close()
    streams = null
    calls.detach()
  }

  return {
    node,
    attach (next, by) {
      link = next
      author = by
      streams = createStreams(post)
      calls.attach({ post, streams })
      for (const [event, set] of listeners) if (set.size > 0) post({ t: 'listen', event })
      queries.attach()
    },
    handle (message) {
      if (streams?.handle(message) === true) return
      if (message.t === 'result' || message.t === 'error') calls.handle(message)
      else if (message.t === 'live') queries.handle(message)
      else if (message.t === 'event') emit(message.event, message.details)
    },
    detach,
    close (reason) {
      queries.close() // ends what the peer watches for this tab while it can still be told
      detach()
      calls.close(reason)
      listeners.clear()
    }
  }
}

/** `a.b` becomes a function b in an object a. */
function functions (call: (name: CallName, args: readonly unknown[]) => unknown): Omit<TabNode['node'], 'author' | 'live' | 'on'> {
  const root: Record<string, unknown> = {}
  for (const name of Object.keys(CALLS) as CallName[]) {
    const path = name.split('.')
    const last = path.pop() ?? name
    let place = root
    for (const part of path) place = (place[part] ??= {}) as Record<string, unknown>
    place[last] = (...args: unknown[]) => call(name, args)
  }
  return root as unknown as Omit<TabNode['node'], 'author' | 'live' | 'on'>
}
