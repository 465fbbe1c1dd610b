import type { TorrentStore } from '@seedbed/torrent-store'
import { genesisUnknown } from '../actions/publish.ts'
import type { CallOptions, SeedbedNode } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import { resolveCommunity } from '../queries/locate.ts'
import { publicCall, translateError } from '../translate-error.ts'
import { exportArchive } from './export-archive.ts'
import { importArchive } from './import-archive.ts'

/** `torrents`: the store itself, below what watches its use. */
export function createArchives ({ index, verdicts, library }: NodeParts, torrents: Pick<TorrentStore, 'list' | 'get'>): SeedbedNode['archives'] {
  return {
    export: options => exported(options),
    import: async (source, { signal } = {}) => await publicCall(signal, async () => {
      const { address, ...counts } = await importArchive(source, { index, library, signal, join: async (address, genesis) => { await index.join(address, genesis) } })
      return { community: resolveCommunity(index, address), ...counts }
    })
  }

  async function * exported ({ community, signal }: { community: string } & CallOptions): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      signal?.throwIfAborted()
      const { address } = resolveCommunity(index, community)
      const genesis = index.genesis(address)
      if (genesis === undefined) throw genesisUnknown(address)
      yield * exportArchive({ index, torrents, verdicts, community: address, genesis, signal })
    } catch (error) {
      throw translateError(error)
    }
  }
}
