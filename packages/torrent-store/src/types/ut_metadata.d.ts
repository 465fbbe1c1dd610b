declare module 'ut_metadata' {
  import type { EventEmitter } from 'node:events'
  import type { WireExtension } from 'bittorrent-protocol'

  /** The instance that `wire.use` puts at `wire.ut_metadata`. Emits `metadata` (info dict inside a dict) and `warning`. */
  export interface UtMetadata extends EventEmitter {
    readonly metadata: Uint8Array
    fetch (): void
  }
  const utMetadata: (metadata?: Uint8Array) => WireExtension
  export default utMetadata
}
