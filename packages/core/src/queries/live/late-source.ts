// A source whose code comes with what people do rather than see first: a page shows something before it is loaded.
import type { LiveSource } from './create-live-query.ts'

/** `load` is called once it is needed, and again after it failed; what it makes is kept. */
export function createLateSource<T> (intervalMs: number, load: () => Promise<LiveSource<T>>): LiveSource<T> {
  let source: LiveSource<T> | null = null
  /** One for all: who comes back while it loads reads what the one before asked for. */
  let loading: Promise<LiveSource<T>> | null = null
  /** While somebody listens. */
  let listening: { readonly changed: () => void, end: (() => void) | null } | null = null

  /** Before a reading, so that nothing that happens during it is missed. */
  async function loaded (): Promise<LiveSource<T>> {
    const own = source ?? await (loading ??= loadOnce())
    if (listening !== null) listening.end ??= own.start(listening.changed)
    return own
  }

  async function loadOnce (): Promise<LiveSource<T>> {
    try {
      return source = await load()
    } finally {
      loading = null
    }
  }

  return {
    intervalMs,
    start (changed) {
      const session = listening = { changed, end: source?.start(changed) ?? null }
      return () => {
        session.end?.()
        listening = null
      }
    },
    read: async () => await (await loaded()).read(),
    refresh: () => { source?.refresh() }
  }
}
