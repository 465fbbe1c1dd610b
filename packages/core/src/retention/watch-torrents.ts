import type { InfoHash, TorrentRef, TorrentStore } from '@seedbed/torrent-store'

/** The same store, with another way to put and an ear for what is read. */
export function watchTorrents (torrents: TorrentStore, { put, onRead }: { put: (body: Uint8Array) => Promise<TorrentRef>, onRead: (infoHash: InfoHash) => void }): TorrentStore {
  const changed: Partial<TorrentStore> = {
    put,
    async get (infoHash) {
      const body = await torrents.get(infoHash)
      if (body !== undefined) onRead(infoHash)
      return body
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
