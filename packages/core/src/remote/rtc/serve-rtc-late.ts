// Loads the page's half of WebRTC with the worker's first order: a page meets its first peers over WebSockets.
import type { RtcOrder } from './messages.ts'
import type { ServedRtc } from './serve-rtc.ts'

/** Orders wait in their order. Where the code cannot be loaded they come to nothing, as with a peer that never answers, and the next one tries again. */
export function serveRtcLate (port: MessagePort): ServedRtc {
  let served: ServedRtc | null = null
  let waiting: RtcOrder[] = []
  let loading = false
  let closed = false

  async function load (): Promise<void> {
    loading = true
    try {
      const { serveRtc } = await import('./serve-rtc.ts')
      if (closed) return
      served = serveRtc(port)
      for (const order of waiting) port.onmessage?.(new MessageEvent('message', { data: order }))
    } catch {
      // Told by no answer.
    } finally {
      loading = false
      waiting = []
    }
  }

  port.onmessage = ({ data: order }: MessageEvent<RtcOrder>) => {
    waiting.push(order)
    if (!loading) void load()
  }

  return {
    connections: () => served?.connections() ?? 0,
    close () {
      closed = true
      if (served !== null) return served.close()
      port.onmessage = null
      port.close()
    }
  }
}
