import { DEFAULT_LIMITS, type TorrentStoreLimits } from '@seedbed/torrent-store'

/** For suites whose clients all share one address and hurry, which the bounds of a listener are there to hold up. */
export function boundlessForOneAddress (): Partial<TorrentStoreLimits> {
  return Object.fromEntries(Object.keys(DEFAULT_LIMITS).filter(name => /PerSecond|^maxConnections/.test(name)).map(name => [name, 1e9]))
}
