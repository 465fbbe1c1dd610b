declare module 'create-torrent' {
  function createTorrent (
    input: Uint8Array | Uint8Array[], options: { name: string, pieceLength?: number, announceList: string[][] }, callback: (error: Error | null, torrent: Uint8Array) => void
  ): void
  export default createTorrent
}
