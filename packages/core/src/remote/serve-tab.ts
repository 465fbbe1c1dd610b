// The peer's side of one tab: calls by name, live queries and events, until the tab is gone.
import { SeedbedError } from '../errors.ts'
import { MAX_TAB_QUERIES } from '../limits.ts'
import type { SeedbedNode } from '../node.ts'
import type { LiveQuery } from '../queries/live/live-query.ts'
import { CALLS, isCallName, isEventName, isLiveName } from './calls.ts'
import type { Link } from './link.ts'
import { diff } from './patch.ts'
import type { HostMessage, TabMessage, WireError } from './protocol.ts'
import { createStreams } from './streams.ts'
import { toWire } from './wire-error.ts'

export interface ServedTab {
  /** Says again that the peer is here: the first time may have been before the tab listened. */
  welcome (): void
  /** Ends what the tab listens to and aborts what only it waits for; writes that are under way go on. */
  close (): void
}

type Called = Extract<TabMessage, { t: 'call' }>
type Watched = Extract<TabMessage, { t: 'watch' }>

export function serveTab (node: SeedbedNode, link: Link<HostMessage, TabMessage>): ServedTab {
  const { post } = link
  const streams = createStreams(post)
  const aborts = new Map<number, { readonly abort: AbortController, readonly once: boolean }>()
  const ends = new Map<string, () => void>()
  const watches = new Map<number, Watch>()
  let closed = false

  async function call (message: Called): Promise<void> {
    const { id, name } = message
    const abort = new AbortController()
    aborts.set(id, { abort, once: isCallName(name) && CALLS[name] === 'once' })
    try {
      const value = await invoke(message, abort.signal)
      if (!closed) post({ t: 'result', id, value })
    } catch (error) {
      if (!closed) post({ t: 'error', id, error: toWire(error) })
    } finally {
      aborts.delete(id)
    }
  }

  function invoke ({ id, name, args, signal, streams: streamed }: Called, own: AbortSignal): unknown {
    if (!isCallName(name) || !Array.isArray(args)) throw unknownName(name)
    const all = args.map((arg: unknown, i) => {
      if (streamed.includes(i)) return streams.receive(`${id}:${i}`)
      return i === signal ? { ...arg as object, signal: own } : arg
    })
    return reach(node, name)(...all)
  }

  function stream (message: Called): void {
    const abort = new AbortController()
    aborts.set(message.id, { abort, once: false })
    const source = (async () => (await invoke(message, abort.signal)) as AsyncIterable<unknown>)()
    streams.provide(`${message.id}`, source)
  }

  function listen (event: string): void {
    if (!isEventName(event) || ends.has(event)) return
    ends.set(event, node.on(event, details => { post({ t: 'event', event, details }) }))
  }

  function watch ({ id, name, args }: Watched): void {
    try {
      if (!isLiveName(name)) throw unknownName(`live.${name}`)
      if (watches.size >= MAX_TAB_QUERIES) throw new SeedbedError('USAGE', `a tab may watch ${MAX_TAB_QUERIES} live queries at a time`)
      const query = reach(node.live, name)(...args) as LiveQuery<unknown>
      watches.set(id, createWatch(id, query, post))
    } catch (error) {
      post({ t: 'live', id, patch: { same: true }, updatedAtMs: 0, error: toWire(error) })
    }
  }

  link.listen(message => {
    if (closed || streams.handle(message)) return
    switch (message.t) {
      case 'call':
        if (isCallName(message.name) && CALLS[message.name] === 'stream') stream(message)
        else void call(message)
        break
      case 'abort': aborts.get(message.id)?.abort.abort(); break
      case 'listen': listen(message.event); break
      case 'unlisten':
        ends.get(message.event)?.()
        ends.delete(message.event)
        break
      case 'watch': watch(message); break
      case 'unwatch':
        watches.get(message.id)?.close()
        watches.delete(message.id)
        break
      case 'refresh': watches.get(message.id)?.refresh(); break
      case 'seen': watches.get(message.id)?.seen(); break
      default: break // of another release; the version tells the tab
    }
  })
  const welcome = (): void => { post({ t: 'welcome', author: node.author }) }
  welcome()

  return {
    welcome,
    close () {
      if (closed) return
      closed = true
      for (const end of ends.values()) end()
      for (const watch of watches.values()) watch.close()
      for (const { abort, once } of aborts.values()) if (!once) abort.abort()
      streams.close()
      post({ t: 'bye' })
      link.close()
    }
  }
}

interface Watch {
  seen (): void
  refresh (): void
  close (): void
}

/** One moment under way at a time, so that a tab that sleeps is not written full: it gets the latest when it wakes. */
function createWatch (id: number, query: LiveQuery<unknown>, post: (message: HostMessage) => void): Watch {
  let sent: unknown = null
  let underWay = false
  let due = false

  function send (): void {
    const moment = query.getSnapshot()
    if (moment.state === 'loading') return
    due = underWay
    if (underWay) return
    const error: WireError | null = moment.state === 'failed' ? moment.error : null
    const value: unknown = moment.state === 'failed' && moment.value === null ? sent : moment.value
    const patch = diff(sent, value)
    sent = value
    underWay = true
    post({ t: 'live', id, patch, updatedAtMs: moment.state === 'ready' ? moment.updatedAtMs : 0, error })
  }

  const end = query.subscribe(send)
  return {
    seen () {
      underWay = false
      if (due) send()
    },
    refresh: query.refresh,
    close () {
      end()
      query.close()
    }
  }
}

/** A call that is not in this release's list comes from a tab of another one. */
function unknownName (name: string): SeedbedError {
  return new SeedbedError('VERSION_MISMATCH', `the peer that runs in another tab does not know ${name}; reload all tabs`)
}

/** The function behind a name with dots, one of the lists in calls.ts. */
function reach (object: object, name: string): (...args: readonly unknown[]) => unknown {
  const path = name.split('.')
  let place = object as Record<string, unknown>
  let owner = place
  for (const part of path) {
    owner = place
    place = place[part] as Record<string, unknown>
  }
  const found = place as unknown as (...args: readonly unknown[]) => unknown
  return (...args) => found.apply(owner, [...args])
}
