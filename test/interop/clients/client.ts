// What the tests know of another BitTorrent client: one running process with a folder, whoever wrote it.

export type ClientName = 'aria2' | 'libtorrent' | 'rtorrent' | 'transmission' | 'webtorrent'
export type Encryption = 'plain' | 'forced'
export type Transport = 'tcp' | 'uTP'

export interface ClientOptions {
  /** An existing folder; contents lie there under the names of their torrents. */
  readonly dir: string
  /** An existing folder for whatever else the client writes. */
  readonly stateDir: string
  /** Address it listens at, and dials from. */
  readonly host: string
  readonly encryption: Encryption
  readonly transport: Transport
  /** Put before its command. */
  readonly within: readonly string[]
}

export interface AddedTorrent {
  readonly infoHash: string
  /** A magnet link, or the bytes of a .torrent file; either names a tracker. */
  readonly id: string | Uint8Array
}

/** One process. The folder's contents are checked and seeded, the rest is downloaded from whom the tracker names. */
export interface RunningClient extends AsyncDisposable {
  /** Port that peers dial. */
  readonly port: number
  add (torrents: readonly AddedTorrent[]): Promise<void>
  /** Infohashes, lowercase hex, of which it says that it has all. */
  complete (): Promise<ReadonlySet<string>>
  /** Its own words, for the message of a failed test. */
  log (): string
}

export type StartClient = (options: ClientOptions) => Promise<RunningClient>
