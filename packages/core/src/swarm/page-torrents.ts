// The side of a page that other WebTorrent clients see: WebRTC peers that WebSocket trackers bring together, those of
// the options and those of the seedboxes.
import { createWebSwarm } from '@seedbed/torrent-store'
import { SeedbedError } from '../errors.ts'
import { DEFAULT_HOT_TORRENTS } from '../limits.ts'
import { rtcConfigurationOf } from '../network/rtc-configuration.ts'
import type { TorrentOptions } from '../options.ts'
import type { TorrentsHome } from '../platform/platform.ts'
import type { OpenTorrents } from './open-torrents.ts'

/** Errors: USAGE (an option that needs sockets). */
export async function openPageTorrents ({ store, mayServe, rendezvous, iceServers }: TorrentsHome, options: TorrentOptions): Promise<OpenTorrents> {
  const unusable = options.host !== undefined ? 'host' : options.port !== undefined ? 'port' : (options.dht ?? false) !== false ? 'dht' : undefined
  if (unusable !== undefined) throw new SeedbedError('USAGE', `the torrent option ${unusable} needs sockets, which a page does not have`)
  const trackers = (): string[] => [...new Set([...options.trackers ?? [], ...rendezvous.trackers()])]
  let used = trackers()
  const swarm = createWebSwarm({ store, trackers: used, maxHot: DEFAULT_HOT_TORRENTS, mayServe, rtcConfig: rtcConfigurationOf(iceServers) })
  const end = rendezvous.onChange(() => {
    const now = trackers()
    if (now.join(' ') !== used.join(' ')) swarm.setTrackers(used = now)
  })
  return {
    listener: null,
    swarm,
    announced: swarm,
    async close () {
      end()
      await swarm[Symbol.asyncDispose]()
    }
  }
}
