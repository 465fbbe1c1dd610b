// Seedboxes: peers that pages can reach, and that carry their first contact. Types only; nothing here does work.

/** A peer that answers `/seedbed/seedbox/1`: it says over the authenticated connection what it offers. */
export interface Seedbox {
  readonly peerId: string
  /** Multiaddr that it is dialled at, ending in /p2p/<peerId>. */
  readonly address: string
  readonly connected: boolean
  /** It proved to be of the same author. */
  readonly own: boolean
  /** The author chose to let it carry the signalling of the own devices although it is somebody else's. */
  readonly trusted: boolean
  /** Whether it relays between pages. */
  readonly relay: boolean
  /** URL of its WebSocket tracker; null when it has none. */
  readonly tracker: string | null
  /** URL of its signalling point; null when it has none. */
  readonly signalling: string | null
}

/** The seedboxes that this peer knows; it remembers them and dials them again. */
export interface Seedboxes {
  /** Own ones first. */
  list (): Seedbox[]
  /** Dials it and asks what it offers. Errors: BAD_ADDRESS, NETWORK_FAILED, NOT_A_SEEDBOX. */
  add (address: string, options?: { readonly signal?: AbortSignal }): Promise<Seedbox>
  /** Lets it carry the own devices' signalling, or no longer. Errors: UNKNOWN_PEER, STORAGE_FAILED. */
  trust (peerId: string, on: boolean): Promise<void>
  /** Forgets it; the connection stays as long as it lasts. Errors: STORAGE_FAILED. */
  remove (peerId: string): Promise<void>
}
