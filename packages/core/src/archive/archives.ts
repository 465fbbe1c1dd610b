import type { CommunityAddress } from '@seedbed/crdt-index'
import type { TorrentStore } from '@seedbed/torrent-store'
import type { CallOptions, SeedbedNode } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import type { Intentions } from '../personal/joined-communities.ts'
import { genesisUnknown, resolveCommunity } from '../queries/locate.ts'
import { publicCall, translateError } from '../translate-error.ts'

/** `torrents`: the store itself, below what watches its use. */
export function createArchives ({ index, verdicts, library }: NodeParts, torrents: Pick<TorrentStore, 'list' | 'get'>, intentions: Intentions): SeedbedNode['archives'] {
  /** As `communities.join`: what the author's devices know of it comes first. */
  async function join (address: CommunityAddress, genesis: Uint8Array): Promise<void> {
    await intentions.intend(address, true)
    await index.join(address, genesis)
  }

  return {
    export: options => exported(options),
    import: async (source, { signal } = {}) => await publicCall(signal, async () => {
      const { importArchive } = await import('./import-archive.ts') // seldom used, and weight for a page
      const { address, ...counts } = await importArchive(source, { index, library, join, signal })
      return { community: resolveCommunity(index, address), ...counts }
    })
  }

  async function * exported ({ community, signal }: { community: string } & CallOptions): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      signal?.throwIfAborted()
      const { address } = resolveCommunity(index, community)
      const genesis = index.genesis(address)
      if (genesis === undefined) throw genesisUnknown(address)
      const { exportArchive } = await import('./export-archive.ts')
      yield * exportArchive({ index, torrents, verdicts, community: address, genesis, signal })
    } catch (error) {
      throw translateError(error)
    }
  }
}
