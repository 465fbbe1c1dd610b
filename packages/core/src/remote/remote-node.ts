// A node that runs somewhere else: in a worker, for all tabs of one profile. Types only; nothing here does work.
import type { LiveQuery } from '../queries/live/live-query.ts'
import type { NodeEvents, SeedbedNode } from '../node.ts'

/** A function of the node as it is called from elsewhere: what it returned at once comes as a promise, streams stay streams. */
export type RemoteFunction<Args extends readonly unknown[], Result> =
  (...args: Args) => Awaited<Result> extends AsyncIterable<infer Part> ? AsyncIterable<Part> : Promise<Awaited<Result>>

/** The same functions, answered later. */
export type Promised<T> = {
  readonly [Name in keyof T]: T[Name] extends (...args: infer Args) => infer Result
    ? RemoteFunction<Args, Result>
    : T[Name] extends object ? Promised<T[Name]> : T[Name]
}

/** What of a node is called by name and answered by value. */
export type RemoteCalls = Promised<Omit<SeedbedNode, 'author' | 'live' | 'on' | 'close' | typeof Symbol.asyncDispose>>

/** Where the peer runs, as seen from one tab. */
export interface Hosting {
  /** `here`: this tab's worker runs it; `elsewhere`: another tab's; `starting`: nobody's yet, calls wait. */
  readonly place: 'here' | 'elsewhere' | 'starting'
  /**
   * Set when the peer could not be started here (it is tried again when the tab is opened anew), or when a newer version
   * of the app runs in another tab (VERSION_MISMATCH: this tab must be reloaded). Null again once a peer is reached.
   */
  readonly failure: { readonly code: string, readonly message: string } | null
  /** Whether the browser promised to keep the data when space runs short; null while it was not asked or cannot say. */
  readonly persisted: boolean | null
}

/**
 * The peer of this profile as one tab sees it. Calls made while no peer runs wait for one. When the peer moves to another
 * tab, reads that were under way are repeated, and writes reject with HOST_LOST: they may or may not have happened.
 */
export interface RemoteNode extends RemoteCalls, AsyncDisposable {
  readonly author: SeedbedNode['author']
  /**
   * The same live queries; they go on by themselves when the peer moves to another tab. A value keeps the identity of
   * what did not change, as at the node itself.
   */
  readonly live: SeedbedNode['live']
  readonly hosting: LiveQuery<Hosting>
  /** Returns the function that ends the subscription. It goes on when the peer moves; events in between are not repeated. */
  on<Name extends keyof NodeEvents> (event: Name, listener: (event: NodeEvents[Name]) => void): () => void
  /** Ends this tab's part; the peer goes on as long as another tab is open. May be called twice. */
  close (): Promise<void>
}
