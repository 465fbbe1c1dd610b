// A tab that leads: its worker runs the peer, and its page lends the worker WebRTC.
import { STOP_TIMEOUT_MS } from '../limits.ts'
import { portLink } from './link.ts'
import type { StartMessage, WireError, WorkerNews, WorkerOrder } from './protocol.ts'
import { serveRtcLate } from './rtc/serve-rtc-late.ts'
import type { TabLink } from './tab-node.ts'

/** What of a Worker is used. */
export interface PeerWorker {
  postMessage (order: WorkerOrder, transfer: Transferable[]): void
  onmessage: ((event: MessageEvent<WorkerNews>) => void) | null
  onerror: ((event: ErrorEvent) => void) | null
  terminate (): void
}

export interface LeadershipOptions {
  readonly name: string
  /** Name of this worker's time as the host; nobody else ever has it. */
  readonly host: string
  /** When this tab took the lead, Unix milliseconds. */
  readonly sinceMs: number
  readonly worker: () => PeerWorker
  readonly options: StartMessage['options']
  onFailure (error: WireError): void
  /** The peer runs. */
  onUp (): void
}

export interface Leadership {
  /** Leads to the worker; it welcomes the tab once the peer is up. */
  readonly link: TabLink
  /** Ends the peer in order, then the worker; one that is gone already, or shall write nothing more, is not waited for. May be called twice. */
  stop (options?: { readonly gone?: boolean }): Promise<void>
}

export function lead ({ name, host, sinceMs, worker: create, options, onFailure, onUp }: LeadershipOptions): Leadership {
  const worker = create()
  const session = new MessageChannel()
  const rtc = typeof globalThis.RTCPeerConnection === 'function' ? new MessageChannel() : null
  const served = rtc === null ? null : serveRtcLate(rtc.port1)
  const stopped = Promise.withResolvers<void>()
  let up = false
  let stopping: Promise<void> | null = null

  worker.onmessage = ({ data: news }) => {
    if (news.t === 'up') {
      up = true
      onUp()
    }
    if (news.t === 'stopped') stopped.resolve()
    if (news.t === 'failed') onFailure(news.error)
  }
  // What it throws later is a defect that the console shows; the peer goes on.
  worker.onerror = event => { if (!up) onFailure({ code: 'INTERNAL', message: `the worker failed: ${event.message ?? 'its script could not be loaded'}` }) }
  worker.postMessage(
    { t: 'start', name, host, sinceMs, options, session: session.port2, rtc: rtc?.port2 ?? null },
    rtc === null ? [session.port2] : [session.port2, rtc.port2])

  return {
    link: portLink(session.port1),
    stop ({ gone = false } = {}) {
      if (gone) stopped.resolve()
      stopping ??= (async () => {
        if (!gone) worker.postMessage({ t: 'stop' }, [])
        const { promise: late, resolve } = Promise.withResolvers<void>()
        const timer = setTimeout(resolve, STOP_TIMEOUT_MS)
        await Promise.race([stopped.promise, late])
        clearTimeout(timer)
        worker.terminate()
        served?.close()
        session.port1.close()
      })()
      return stopping
    }
  }
}
