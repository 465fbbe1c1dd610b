// The side of a Node peer that any BitTorrent client sees: a listener for what is pinned, trackers and the DHT, and
// where a tracker on WebSockets is named, peers in browsers.
import { createSwarm, createWebSwarm, TorrentStoreError, type CandidateSource, type SwarmPart } from '@seedbed/torrent-store'
import { DEFAULT_HOT_TORRENTS } from '../limits.ts'
import { listenFailed } from '../network/listen-failed.ts'
import { rtcConfigurationOf } from '../network/rtc-configuration.ts'
import type { TorrentOptions } from '../options.ts'
import type { TorrentsHome } from '../platform/platform.ts'

/** What a node does in the open swarm. */
export type OpenSwarm = CandidateSource & Pick<SwarmPart, 'fetch' | 'seed' | 'unseed' | 'maxSeeds'>

export interface OpenTorrents {
  /** Where other clients can dial this peer; null where nobody can. */
  readonly listener: { readonly host: string, readonly port: number } | null
  /** For what the caller names. Null where there is none. */
  readonly swarm: OpenSwarm | null
  /** The same, if what is pinned shall be announced there and what is missing looked for; else null. */
  readonly announced: OpenSwarm | null
  close (): Promise<void>
}

/** Errors: NETWORK_FAILED. */
export async function openTorrents ({ store, port: kept, mayServe, iceServers }: TorrentsHome, { host = '127.0.0.1', port, trackers = [], dht = false }: TorrentOptions): Promise<OpenTorrents> {
  async function listen (): ReturnType<typeof store.listen> {
    try {
      if (port !== undefined) return await store.listen({ host, port, mayServe })
      return await kept.listen(async port => await store.listen({ host, port, mayServe }), listener => listener.port)
    } catch (cause) {
      if (cause instanceof TorrentStoreError && cause.code === 'LISTEN_FAILED') throw listenFailed(`${host} port ${port ?? 'of any number'}`, cause)
      throw cause
    }
  }

  const listener = await listen() // closed with the store
  // Neither opens or loads anything before a tracker, the DHT or a magnet link is used.
  const inBrowsers = trackers.some(tracker => /^wss?:/i.test(tracker)) ? createWebSwarm({ store, mayServe, trackers, maxHot: DEFAULT_HOT_TORRENTS, rtcConfig: rtcConfigurationOf(iceServers) }) : null
  const open = createSwarm({ store, host: listener.host, port: listener.port, maxHot: DEFAULT_HOT_TORRENTS, trackers, dht, ...(inBrowsers === null ? {} : { beside: inBrowsers }) })
  const swarm: OpenSwarm = {
    maxSeeds: open.maxSeeds,
    find: async (ref, search) => { await open.find(ref, search) },
    fetch: async (id, options) => await open.fetch(id, options),
    async seed (infoHash, facts) {
      await Promise.all([open.seed(infoHash, facts), inBrowsers?.seed(infoHash, facts)])
    },
    unseed (infoHash) {
      inBrowsers?.unseed(infoHash)
      return open.unseed(infoHash)
    }
  }
  return {
    listener,
    swarm,
    announced: trackers.length > 0 || dht !== false ? swarm : null,
    close: async () => { await Promise.all([open.close(), inBrowsers?.close()]) }
  }
}
