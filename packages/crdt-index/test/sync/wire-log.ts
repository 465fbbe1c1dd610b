// Writes down what travels between peers of a network in memory: every frame of the sync protocol, inflated.
import type { Channel, Transport } from '../../src/model.ts'
import { unpackFrame } from '../../src/sync/deflated.ts'
import type { Frame } from '../../src/sync/frames.ts'

export interface LoggedFrame { readonly from: string, readonly to: string, readonly bytes: number, readonly frame: Frame }

export interface WireLog {
  readonly frames: LoggedFrame[]
  /** The same transport, logged; a frame is handed to `onFrame` before it goes, which may hold it up or cut it off. */
  log<Type extends Transport> (transport: Type): Type
  onFrame: (frame: LoggedFrame) => Promise<void> | void
  /** Envelopes that travelled between the two, either way if `to` is left out. */
  envelopes (from?: string, to?: string): Uint8Array[]
  /** Bytes of frames. */
  bytes (): number
}

export function createWireLog (): WireLog {
  const frames: LoggedFrame[] = []
  const wire: WireLog = {
    frames,
    onFrame: () => {},
    log (transport) {
      const logged = (channel: Channel, to: string): Channel => ({
        read: async options => await channel.read(options),
        async write (bytes, options) {
          const entry = { from: transport.self, to, bytes: bytes.length, frame: await unpackFrame(bytes) }
          await wire.onFrame(entry)
          frames.push(entry)
          await channel.write(bytes, options)
        },
        close: async () => { await channel.close() },
        abort: reason => { channel.abort(reason) }
      })
      return new Proxy(transport, {
        get (target, name) {
          if (name === 'open') return async (...[peer, protocol, options]: Parameters<Transport['open']>) => logged(await target.open(peer, protocol, options), peer)
          if (name === 'handle') return (...[protocol, handler]: Parameters<Transport['handle']>) => target.handle(protocol, async (channel, from) => { await handler(logged(channel, from), from) })
          const value: unknown = Reflect.get(target, name)
          return typeof value === 'function' ? value.bind(target) : value
        }
      })
    },
    envelopes: (from, to) => frames.flatMap(each => each.frame.type === 'envelopes' && (from === undefined || each.from === from) && (to === undefined || each.to === to)
      ? each.frame.envelopes.filter(envelope => envelope instanceof Uint8Array)
      : []),
    bytes: () => frames.reduce((sum, { bytes }) => sum + bytes, 0)
  }
  return wire
}
