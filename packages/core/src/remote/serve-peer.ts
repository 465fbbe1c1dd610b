// The worker that runs the peer: takes its options from the page that made it, then serves that tab and all others.
import type { SeedbedNode } from '../node.ts'
import type { NodeOptions } from '../options.ts'
import { channelLink, portLink } from './link.ts'
import { hasLocks, holdLock } from './locks.ts'
import { REMOTE_VERSION, commonChannel, databaseLock, hostLock, sessionChannel, tabLock, type CommonMessage, type HostMessage, type StartMessage, type TabMessage, type WorkerNews, type WorkerOrder } from './protocol.ts'
import { serveTab, type ServedTab } from './serve-tab.ts'
import { toWire } from './wire-error.ts'

/** What of a dedicated worker's global scope is used. */
export interface PeerScope {
  postMessage (news: WorkerNews): void
  onmessage: ((event: MessageEvent<WorkerOrder>) => void) | null
}

export interface ServePeerParts {
  readonly scope: PeerScope
  readonly startNode: (options: NodeOptions) => Promise<SeedbedNode>
  /** Gives the worker WebRTC through this port. */
  readonly installRtc: (port: MessagePort) => void
  readonly version?: number
}

export function servePeerWith ({ scope, startNode, installRtc, version = REMOTE_VERSION }: ServePeerParts): void {
  let running: Promise<Serving> | null = null

  scope.onmessage = ({ data: order }) => {
    if (order.t === 'start') {
      if (order.rtc !== null) installRtc(order.rtc)
      running ??= serve(order, startNode, version)
      running.then(
        () => { scope.postMessage({ t: 'up' }) },
        (error: unknown) => { scope.postMessage({ t: 'failed', error: toWire(error) }) })
      return
    }
    const stopped = (): void => { scope.postMessage({ t: 'stopped' }) }
    void (running ?? Promise.reject(new Error('not started'))).then(async ({ stop }) => { await stop() }).then(stopped, stopped)
  }
}

interface Serving {
  stop (): Promise<void>
}

async function serve ({ name, host, sinceMs, options, session }: StartMessage, startNode: ServePeerParts['startNode'], version: number): Promise<Serving> {
  await using owned = new AsyncDisposableStack()
  if (hasLocks()) {
    owned.adopt(await holdLock(databaseLock(name)), release => { release() })
    owned.adopt(await holdLock(hostLock(name, host)), release => { release() })
  }
  const node = owned.adopt(await startNode(options as unknown as NodeOptions), async node => { await node.close() })
  const tabs = new Map<string, ServedTab>()
  owned.defer(() => { for (const tab of tabs.values()) tab.close() })
  const common = owned.adopt(new BroadcastChannel(commonChannel(name)), channel => { channel.close() })
  const post = (message: CommonMessage): void => { common.postMessage(message) }

  async function dropWhenGone (tab: string): Promise<void> {
    if (!hasLocks()) return
    const release = await holdLock(tabLock(name, tab))
    release()
    tabs.get(tab)?.close()
    tabs.delete(tab)
  }

  function greet (tab: string, itsVersion: number): void {
    const known = tabs.get(tab)
    if (known !== undefined) return known.welcome()
    const link = channelLink<HostMessage, TabMessage>(new BroadcastChannel(sessionChannel(name, host, tab)))
    if (itsVersion !== version) {
      link.post({ t: 'mismatch', version })
      return link.close()
    }
    tabs.set(tab, serveTab(node, link))
    void dropWhenGone(tab)
  }

  common.onmessage = ({ data: message }: MessageEvent<CommonMessage>) => {
    if (message.t === 'who') post({ t: 'up', host, version, sinceMs })
    else if (message.t === 'hello' && message.host === host) greet(message.tab, message.version)
  }
  tabs.set('', serveTab(node, portLink<HostMessage, TabMessage>(session)))
  post({ t: 'up', host, version, sinceMs })
  const kept = owned.move()
  return { stop: async () => { await kept.disposeAsync() } }
}
