// What this package uses of bittorrent-protocol 5, which ships no types. Members with an underscore are private
// there; wire/bounded-wire.ts says why each is needed, and its tests fail when an update renames one.
declare module 'bittorrent-protocol' {
  import type { EventEmitter } from 'node:events'

  export type WireExtension = abstract new (wire: Wire) => { onMessage?: (payload: Uint8Array) => void }

  class Wire extends EventEmitter {
    constructor (type?: 'tcpIncoming' | 'tcpOutgoing', encryption?: 0 | 1 | 2)
    readonly peerChoking: boolean
    readonly peerInterested: boolean
    readonly peerPieces: { get (index: number): boolean }
    amChoking: boolean
    readonly hasFast: boolean
    readonly extendedHandshake: Record<string, unknown>
    readonly extendedMapping: Record<number, string>
    readonly peerExtendedMapping: Record<string, number>
    use (extension: WireExtension): void
    handshake (infoHash: string, peerId: Uint8Array, extensions?: { dht?: boolean, fast?: boolean }): void
    startEncryption (infoHash: string): void
    setInfoHash (infoHash: string): void
    extended (extension: number | string, payload: Uint8Array): void
    unchoke (): void
    keepAlive (): void
    interested (): void
    haveAll (): void
    haveNone (): void
    have (piece: number): void
    request (index: number, offset: number, length: number, callback: (error: Error | null, block?: Uint8Array) => void): void
    write (data: Uint8Array): boolean
    end (): void
    pause (): void
    resume (): void
    /** 0, or what the handshake settled on: 1 plain, 2 RC4. */
    readonly _encryptionMethod: number | null | undefined
    _encryptor: {
      _dh: unknown
      /** The dialler's public key, at whoever is dialled. */
      readonly ya: Uint8Array | null
      decryptCipher (bytes: Uint8Array): Uint8Array
      _advanceEncryption (): void
      _onPe3Ia: (bytes: Uint8Array) => void
    } | null
    _buffer: Uint8Array[]
    _bufferSize: number
    _parse (size: number, parser: (bytes: Uint8Array) => void): void
    _write (data: Uint8Array, callback: (error: Error | null) => void): void
    _push (data: Uint8Array): boolean
    _onMessageLength (prefix: Uint8Array): void
    _onExtended (id: number, payload: Uint8Array): void
  }
  export default Wire
}
