// What components ask of the running peer.
import type { LiveQuery, LiveSnapshot, SeedbedNode } from '@seedbed/core'
import type { RemoteNode } from '@seedbed/core/page'
import { createContext, use, useSyncExternalStore, type Context } from 'react'
import { MAX_KEPT_QUERIES } from '../limits.ts'
import type { Store } from './external-store.ts'

export const PeerContext: Context<RemoteNode | null> = createContext<RemoteNode | null>(null)

export function usePeer (): RemoteNode {
  const node = use(PeerContext)
  if (node === null) throw new Error('outside of a running peer')
  return node
}

export function useStore<T> (store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get)
}

const kept = new WeakMap<RemoteNode, Map<string, LiveQuery<unknown>>>()

/**
 * A live query by name. The same name answers with the same query, so that going back shows at once what was there;
 * a query that nobody looks at does nothing.
 */
export function useLive<T> (name: string, make: (live: SeedbedNode['live']) => LiveQuery<T>): LiveSnapshot<T> {
  return useLiveQuery(useKept(name, make))
}

/** The query itself, for what needs only a part of its value. */
export function useKept<T> (name: string, make: (live: SeedbedNode['live']) => LiveQuery<T>): LiveQuery<T> {
  return queryOf(usePeer(), name, make)
}

export function useLiveQuery<T> (query: LiveQuery<T>): LiveSnapshot<T> {
  return useSyncExternalStore(query.subscribe, query.getSnapshot)
}

/** Reads it anew, and asks again for bodies that were missing. */
export function refreshLive (node: RemoteNode, name: string): void {
  kept.get(node)?.get(name)?.refresh()
}

/** What the kept queries whose names begin so last answered, without asking anew. */
export function keptValues (node: RemoteNode, prefix: string): unknown[] {
  return [...kept.get(node) ?? []].flatMap(([name, query]) => name.startsWith(prefix) ? [valueOf(query.getSnapshot())] : []).filter(value => value !== null)
}

/** What was last known, also while it cannot be read. */
export function valueOf<T> (snapshot: LiveSnapshot<T>): T | null {
  return snapshot.state === 'loading' ? null : snapshot.value
}

function queryOf<T> (node: RemoteNode, name: string, make: (live: SeedbedNode['live']) => LiveQuery<T>): LiveQuery<T> {
  let queries = kept.get(node)
  if (queries === undefined) kept.set(node, queries = new Map())
  const known = queries.get(name)
  const query = known ?? make(node.live)
  queries.delete(name)
  queries.set(name, query) // the latest used comes last
  const [oldest] = queries.keys()
  if (queries.size > MAX_KEPT_QUERIES && oldest !== undefined) queries.delete(oldest)
  return query as LiveQuery<T>
}
