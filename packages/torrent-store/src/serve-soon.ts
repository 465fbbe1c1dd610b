// Serving begins before the wire is loaded. Bytes wait in the duplex meanwhile: it flows once somebody listens.
import { deferred } from './deferred.ts'
import { loadedExchange, loadExchange } from './load-exchange.ts'
import type { ByteDuplex } from './wire/byte-duplex.ts'
import type { ServeOptions, Serving } from './wire/serve.ts'

/** `serveDuplex`, at once where the wire is loaded. */
export function serveSoon (duplex: ByteDuplex, options: ServeOptions): Serving {
  const loaded = loadedExchange()
  if (loaded !== null) return loaded.serveDuplex(duplex, options)
  const ended = deferred<void>()
  const startedMs = performance.now()
  let started: Serving | null = null
  let over = false
  let close = (): void => {
    over = true
    duplex.destroy()
    ended.resolve()
  }
  duplex.on('error', () => {}) // the wire, too, sees that it is destroyed
  void (async () => {
    try {
      const { serveDuplex } = await loadExchange()
      if (over) return
      const serving = serveDuplex(duplex, options)
      close = serving.close
      started = serving
      await serving.closed
      ended.resolve()
    } catch {
      close()
    }
  })()
  return { closed: ended.promise, close: () => { close() }, get lastSentMs () { return started?.lastSentMs ?? startedMs }, get finished () { return started?.finished ?? false } }
}
