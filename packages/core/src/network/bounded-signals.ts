// Whoever reaches a page through a relay may ask it for a WebRTC connection, and each question costs the page one until
// the other side has answered or its time is up. libp2p bounds that for each connection only, and a browser gives out
// few: strangers would leave none for the page itself.
import type { StreamHandler, StreamHandlerOptions } from '@libp2p/interface'
import { MAX_INBOUND_SIGNALS, MAX_INBOUND_SIGNALS_OF_PEER } from '../limits.ts'

interface Registrar {
  handle (protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void>
}

/** The same transport; of the streams that others open to it, those beyond the bounds are aborted at once. */
export function boundSignals<Components extends { readonly registrar: Registrar }, Transport> (transport: (components: Components) => Transport): (components: Components) => Transport {
  const underWay = new Map<string, number>()
  let total = 0

  function bounded (handler: StreamHandler): StreamHandler {
    return (stream, connection) => {
      const peer = connection.remotePeer.toString()
      const own = underWay.get(peer) ?? 0
      if (total >= MAX_INBOUND_SIGNALS || own >= MAX_INBOUND_SIGNALS_OF_PEER) {
        stream.abort(new Error('too many WebRTC connections at a time'))
        return
      }
      total++
      underWay.set(peer, own + 1)
      stream.addEventListener('close', () => {
        total--
        const left = (underWay.get(peer) ?? 1) - 1
        if (left > 0) underWay.set(peer, left)
        else underWay.delete(peer)
      }, { once: true })
      return handler(stream, connection)
    }
  }

  return components => transport(new Proxy(components, {
    get (target, name) {
      if (name !== 'registrar') return Reflect.get(target, name) as unknown
      const { registrar } = target
      return new Proxy(registrar, {
        get (own, method) {
          if (method === 'handle') return async (protocol: string, handler: StreamHandler, options?: StreamHandlerOptions) => { await own.handle(protocol, bounded(handler), options) }
          const value: unknown = Reflect.get(own, method)
          return typeof value === 'function' ? value.bind(own) as unknown : value
        }
      })
    }
  }))
}
