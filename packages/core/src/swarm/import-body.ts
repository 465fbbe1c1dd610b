// A body from the open swarm by magnet link or .torrent: fetched, looked at, and kept only when it is one of ours.
import { checkSignature, type ContentId } from '@seedbed/crdt-index'
import { TorrentStoreError } from '@seedbed/torrent-store'
import { parseBody } from '../bodies/body-file.ts'
import type { BodyFields } from '../bodies/body.ts'
import { sha256Hex } from '../bodies/library.ts'
import { checkBody } from '../bodies/verify-body.ts'
import { SeedbedError } from '../errors.ts'
import { DEFAULT_IMPORT_TIMEOUT_MS } from '../limits.ts'
import type { ImportedBody, SeedbedNode } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import type { OpenSwarm } from './open-torrents.ts'
import { publicCall } from '../translate-error.ts'

export function createImport ({ torrents, verdicts }: NodeParts, swarm: OpenSwarm | null): SeedbedNode['import'] {
  /** Null and a reason for what no author signed. */
  async function read (bytes: Uint8Array): Promise<{ fields: BodyFields, fault: null } | { fields: null, fault: string }> {
    try {
      return { fields: (await checkBody(parseBody(bytes), checkSignature)).fields, fault: null }
    } catch (error) {
      if (error instanceof SeedbedError && error.code === 'BAD_BODY') return { fields: null, fault: error.message }
      throw error
    }
  }

  return async (source, { peers = [], timeoutMs = DEFAULT_IMPORT_TIMEOUT_MS, signal } = {}) => await publicCall(signal, async (): Promise<ImportedBody> => {
    if (swarm === null) throw new SeedbedError('NETWORK_FAILED', 'this node runs without a network')
    let fetched
    try {
      fetched = await swarm.fetch(source, { peers, timeoutMs, ...(signal === undefined ? {} : { signal }) })
    } catch (error) {
      if (error instanceof TorrentStoreError && (error.code === 'BAD_MAGNET' || error.code === 'BAD_TORRENT' || error.code === 'BAD_INFOHASH')) throw new SeedbedError('BAD_LINK', error.message, { cause: error })
      throw error
    }
    const id = fetched.ref.infoHash as string as ContentId
    const { fields, fault } = await read(fetched.body)
    // The index alone would take a listing at its word; the bytes are here, so they decide.
    await verdicts.judge(id, fetched.body)
    const listings = await verdicts.rightful(id)
    const isDeleted = listings.length > 0 && listings.every(({ deleted }) => deleted)
    if (fields !== null && !isDeleted) await torrents.put(fetched.body)
    return {
      infoHash: id,
      length: fetched.ref.length,
      sha256: sha256Hex(fetched.body),
      from: fetched.from,
      valid: fields !== null,
      fault,
      kind: fields?.kind ?? null,
      author: fields?.author ?? null,
      community: fields?.community ?? null,
      createdAtMs: fields?.createdMs ?? null,
      title: fields?.kind === 'post' ? fields.title : null,
      text: fields?.text ?? null,
      listed: listings.some(({ deleted }) => !deleted)
    }
  })
}
