// The side of a page that other WebTorrent clients see: WebRTC peers that WebSocket trackers bring together.
import { SeedbedError } from '../errors.ts'
import type { TorrentOptions } from '../options.ts'
import type { TorrentsHome } from '../platform/platform.ts'
import type { OpenTorrents } from './open-torrents.ts'

/** Errors: USAGE (an option that needs sockets). */
export async function openPageTorrents (_home: TorrentsHome, options: TorrentOptions): Promise<OpenTorrents> {
  const unusable = options.host !== undefined ? 'host' : options.port !== undefined ? 'port' : (options.dht ?? false) !== false ? 'dht' : undefined
  if (unusable !== undefined) throw new SeedbedError('USAGE', `the torrent option ${unusable} needs sockets, which a page does not have`)
  return { listener: null, swarm: null, announced: null, close: async () => {} }
}
