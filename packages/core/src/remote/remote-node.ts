// A node that runs somewhere else: in a worker, for all tabs of one profile. Types only; nothing here does work.
import type { LiveQuery } from '../queries/live/live-query.ts'
import type { NodeEvents, SeedbedNode } from '../node.ts'

/** The same functions, answered later: what returned a value at once returns a promise of it. */
export type Promised<T> = {
  readonly [Name in keyof T]: T[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : T[Name] extends object ? Promised<T[Name]> : T[Name]
}

/** What of a node is called by name and answered by value. */
export type RemoteCalls = Promised<Omit<SeedbedNode, 'author' | 'live' | 'on' | 'close' | typeof Symbol.asyncDispose>>

/** Where the peer runs, as seen from one tab. */
export interface Hosting {
  /** `here`: this tab's worker runs it; `elsewhere`: another tab's; `starting`: nobody's yet, calls wait. */
  readonly place: 'here' | 'elsewhere' | 'starting'
  /** Set when the peer could not be started; it is tried again when the tab is opened anew. */
  readonly failure: { readonly code: string, readonly message: string } | null
}

export interface RemoteNode extends RemoteCalls, AsyncDisposable {
  readonly author: SeedbedNode['author']
  /**
   * The same live queries; they go on by themselves when the peer moves to another tab. A value keeps the identity of
   * what did not change, as at the node itself.
   */
  readonly live: SeedbedNode['live']
  readonly hosting: LiveQuery<Hosting>
  /** Returns the function that ends the subscription. */
  on<Name extends keyof NodeEvents> (event: Name, listener: (event: NodeEvents[Name]) => void): () => void
  /** Ends this tab's part; the peer goes on as long as another tab is open. May be called twice. */
  close (): Promise<void>
}
