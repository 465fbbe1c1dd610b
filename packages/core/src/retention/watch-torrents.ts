import type { InfoHash, TorrentRef, TorrentStore } from '@seedbed/torrent-store'

export interface TorrentWatcher {
  put (body: Uint8Array): Promise<TorrentRef>
  onRead (infoHash: InfoHash): void
  /** Before and after a body is deleted; the returned function is called whatever comes of it. */
  onDelete (): (deleted: boolean) => void
}

/** The same store, with another way to put and an ear for what is read and deleted. */
export function watchTorrents (torrents: TorrentStore, { put, onRead, onDelete }: TorrentWatcher): TorrentStore {
  const changed: Partial<TorrentStore> = {
    put,
    async get (infoHash) {
      const body = await torrents.get(infoHash)
      if (body !== undefined) onRead(infoHash)
      return body
    },
    async delete (infoHash) {
      const ended = onDelete()
      let deleted = false
      try {
        return deleted = await torrents.delete(infoHash)
      } finally {
        ended(deleted)
      }
    }
  }
  // A proxy, so that a method added to the store is passed on without being listed here; the store's class keeps its
  // state in private fields, so methods have to run on it.
  return new Proxy(torrents, {
    get (target, name) {
      const value: unknown = Reflect.get(changed, name) ?? Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) as unknown : value
    }
  })
}
