// One tab's way to the peer that all tabs of a profile share. The tab that holds the lead lock runs the worker; the
// others follow it. When it goes the browser gives the lock to the next.
import type { AuthorId } from '@seedbed/crdt-index'
import { SeedbedError } from '../errors.ts'
import { LONE_TAB_WAIT_MS } from '../limits.ts'
import type { CommonNodeOptions, NetworkOptions } from '../options.ts'
import { follow, type Following } from './follow.ts'
import { createHeldQuery } from './held-query.ts'
import { lead, type Leadership, type PeerWorker } from './leadership.ts'
import { hasLocks, holdLock } from './locks.ts'
import { REMOTE_VERSION, commonChannel, hostLock, leadLock, tabLock, type CommonMessage, type HostMessage, type WireError } from './protocol.ts'
import type { Hosting, RemoteNode } from './remote-node.ts'
import { createTabNode, type TabLink } from './tab-node.ts'
import { fromWire } from './wire-error.ts'

export interface OpenPeerOptions extends Omit<CommonNodeOptions, 'clock' | 'logger' | 'network' | 'weightOf'> {
  /** Name of the database and of everything the tabs of this peer share. */
  readonly dataDir: string
  /** Recovery phrase of the identity to use when there is none yet; without it a new one is made. */
  readonly phrase?: string
  readonly network?: Omit<NetworkOptions, 'libp2p' | 'behindFront'> | false
  /** Makes the worker, whose module calls `servePeer()` of `@seedbed/core/worker`: `() => new Worker(new URL('./peer.js', import.meta.url), { type: 'module' })`. */
  readonly worker: () => PeerWorker
  /** Whose peer this is, where the caller noted it at an earlier start: the node's `author` until the peer says it. */
  readonly author?: AuthorId
  /** Ends the wait for the peer. */
  readonly signal?: AbortSignal
}

/** A peer on its way. */
export interface PeerOpening {
  /** Whole from the beginning: what is called waits, and live queries load, until a peer is up. */
  readonly node: RemoteNode
  /** The same node once a peer is up. Where none can be, it rejects as `openPeer` does, and the node is closed. */
  readonly opened: Promise<RemoteNode>
}

const LOCKED: WireError = { code: 'LOCKED', message: 'another tab has this peer open, and without https the browser lets only one at a time' }

/** `version`: for tests. */
export async function openPeerWith (options: OpenPeerOptions, version: number = REMOTE_VERSION): Promise<RemoteNode> {
  return await beginPeerWith(options, version).opened
}

/** `version`: for tests. */
export function beginPeerWith ({ worker, signal, author, dataDir: name, ...rest }: OpenPeerOptions, version: number = REMOTE_VERSION): PeerOpening {
  const options = { dataDir: name, ...rest }
  const tab = randomName()
  const opened = Promise.withResolvers<void>()
  opened.promise.catch(() => {}) // also told by whoever waits for it below
  const ending = new AbortController()
  const report = (error: unknown): void => { queueMicrotask(() => { throw error }) } // as if nobody were in between
  const tabNode = createTabNode(report, author)
  const common = new BroadcastChannel(commonChannel(name))
  const post = (message: CommonMessage): void => { if (!ending.signal.aborted) common.postMessage(message) }
  let state: Hosting = { place: 'starting', failure: null, persisted: null }
  const hosting = createHeldQuery<Hosting>({ first: moment(state), isOpen: () => true, start: announceHosting, stop () {}, refresh () {}, onError: report })
  let leadership: { readonly host: string, readonly own: Leadership, end (): void } | null = null
  let following: { readonly host: string, readonly own: Following } | null = null
  let releaseTab: (() => void) | null = null
  let closing: Promise<void> | null = null

  function announceHosting (): void {
    queueMicrotask(() => { hosting.set(hosting.query.getSnapshot(), true) })
  }

  function show (change: Partial<Hosting>): void {
    state = { ...state, ...change }
    hosting.set(moment(state), true)
  }

  function take (link: TabLink, place: Hosting['place']): void {
    link.listen((message: HostMessage) => {
      // An older worker ends when its tab hears of a newer one.
      if (message.t === 'mismatch') return message.version > version ? giveWay() : post({ t: 'who', tab, version })
      if (message.t === 'bye') return lose()
      if (message.t !== 'welcome') return tabNode.handle(message)
      if (state.place !== 'starting') return
      following?.own.welcomed()
      tabNode.attach(link, message.author)
      show({ place, failure: null })
      opened.resolve()
    })
  }

  function lose (): void {
    tabNode.detach()
    following?.own.close()
    following = null
    if (state.place !== 'starting') show({ place: 'starting' })
  }

  function reach (host: string): void {
    if (leadership !== null || following?.host === host) return
    lose()
    const own = follow({ name, host, tab, version, post, onGone () { if (following?.host === host) lose() } })
    following = { host, own }
    take(own.link, 'elsewhere')
  }

  function fail (error: WireError): void {
    show({ failure: error })
    opened.reject(fromWire(error))
  }

  /** Leads until the peer fails, is ended or has to give way, or its worker dies: then it is worth another try. */
  async function leadOn (sinceMs: number): Promise<{ readonly again: boolean }> {
    if (ending.signal.aborted) return { again: false }
    lose()
    const { promise: ended, resolve: end } = Promise.withResolvers<{ readonly gone: boolean }>()
    const over = new AbortController()
    const host = randomName()
    const own = lead({
      name, host, sinceMs, worker, options,
      onFailure (error) { fail(error); end({ gone: false }) },
      // Browsers end a worker that needs too much memory, and tell nobody; its lock comes free.
      onUp () { if (hasLocks()) holdLock(hostLock(name, host), { mode: 'shared', signal: over.signal }).then(release => { release(); end({ gone: true }) }, () => {}) }
    })
    leadership = { host, own, end () { end({ gone: false }) } }
    take(own.link, 'here')
    const { gone } = await ended
    over.abort()
    lose()
    await own.stop({ gone })
    leadership = null
    // Whoever leads now may have said so while this tab could not listen.
    post({ t: 'who', tab, version })
    return { again: gone && !ending.signal.aborted }
  }

  async function leadWhenFree (): Promise<void> {
    for (let again = true; again;) {
      const release = await holdLock(leadLock(name), { signal: ending.signal })
      try {
        ({ again } = await leadOn(Date.now()))
      } finally {
        release()
      }
    }
  }

  /**
   * Without locks there is one tab: it leads unless another one leads already, or begins at the same time and has the
   * smaller name. A tab that browsers froze cannot say that it leads; when it wakes the newer one has the data.
   * Errors: LOCKED.
   */
  async function leadAlone (): Promise<void> {
    const other = Promise.withResolvers<boolean>()
    /** When this tab took the lead; 0 until then. */
    let sinceMs = 0
    common.onmessage = ({ data: message }: MessageEvent<CommonMessage>) => {
      if (message.t === 'up' && sinceMs > 0 && message.sinceMs > sinceMs) standDown()
      else if (message.t === 'up') other.resolve(true)
      else if (message.t === 'who' && (sinceMs > 0 || tab < message.tab)) post({ t: 'up', host: tab, version, sinceMs })
      else if (message.t === 'who') other.resolve(true)
    }
    post({ t: 'who', tab, version })
    setTimeout(() => { other.resolve(false) }, LONE_TAB_WAIT_MS)
    if (await other.promise) return fail(LOCKED)
    sinceMs = Date.now()
    await leadOn(sinceMs)
  }

  /** At once and without a last write: what this tab's peer holds in memory is older than what lies in the database. */
  function standDown (): void {
    void leadership?.own.stop({ gone: true })
    fail(LOCKED)
    void end(fromWire(LOCKED))
  }

  function unlessItFails (leading: Promise<void>): void {
    leading.catch((error: unknown) => {
      if (!ending.signal.aborted) fail({ code: 'INTERNAL', message: `this tab could not run the peer: ${error instanceof Error ? error.message : String(error)}` })
    })
  }

  function giveWay (): void {
    const failure: WireError = { code: 'VERSION_MISMATCH', message: 'a newer version of this app runs in another tab; reload this one' }
    fail(failure)
    void end(fromWire(failure))
  }

  function end (reason: SeedbedError): Promise<void> {
    closing ??= (async () => {
      tabNode.close(reason)
      ending.abort()
      opened.reject(reason)
      leadership?.end()
      await leadership?.own.stop()
      following?.own.close()
      common.close()
      releaseTab?.()
    })()
    return closing
  }

  async function begin (): Promise<void> {
    if (!hasLocks()) return unlessItFails(leadAlone())
    releaseTab = await holdLock(tabLock(name, tab))
    if (ending.signal.aborted) return releaseTab() // closed meanwhile, when there was nothing to release
    common.onmessage = ({ data: message }: MessageEvent<CommonMessage>) => {
      if (message.t === 'hello') return
      if (message.version > version) return giveWay()
      if (message.t === 'who') return
      if (message.version < version) return post({ t: 'who', tab, version })
      reach(message.host)
    }
    post({ t: 'who', tab, version })
    unlessItFails(leadWhenFree())
  }

  async function open (): Promise<RemoteNode> {
    const onAbort = (): void => { opened.reject(signal?.reason as Error) }
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      signal?.throwIfAborted()
      await begin()
      void askToPersist().then(persisted => { if (closing === null) show({ persisted }) })
      await opened.promise
      return node
    } catch (error) {
      await end(new SeedbedError('CLOSED', 'the peer could not be opened'))
      throw error
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  const close = async (): Promise<void> => {
    await end(new SeedbedError('CLOSED', 'this tab closed its peer'))
    hosting.query.close()
  }
  const remote = { hosting: hosting.query, close, [Symbol.asyncDispose]: close }
  const node = Object.defineProperties(remote, Object.getOwnPropertyDescriptors(tabNode.node)) as unknown as RemoteNode
  const whenOpened = open()
  whenOpened.catch(() => {}) // also told to whoever waits for it
  return { node, opened: whenOpened }
}

function moment (value: Hosting): { readonly state: 'ready', readonly value: Hosting, readonly updatedAtMs: number } {
  return { state: 'ready', value, updatedAtMs: Date.now() }
}

/** Browsers drop the data of sites that did not ask first. Null where they cannot be asked. */
async function askToPersist (): Promise<boolean | null> {
  if (typeof navigator !== 'object' || typeof navigator.storage?.persist !== 'function') return null
  return await navigator.storage.persist().catch(() => null)
}

/** 128 bits; crypto.randomUUID is missing in insecure contexts. */
function randomName (): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')
}
