// An archive's way in. Nothing in it is trusted: its envelopes and bodies go the way of those that peers send. What was
// valid before a fault is kept, because a part of a community is of use and the rest comes from peers.
import { CrdtIndexError, decodeGenesis, type CommunityAddress, type CrdtIndex, type Genesis } from '@seedbed/crdt-index'
import type { Library } from '../bodies/library.ts'
import { SeedbedError } from '../errors.ts'
import { IMPORT_BATCH_BYTES, IMPORT_BATCH_ENVELOPES, STORE_CONCURRENCY } from '../limits.ts'
import { RecordType } from './archive-format.ts'
import { badArchive, readArchive } from './read-archive.ts'

export interface ImportCounts {
  /** New here. */
  envelopes: number
  bodies: number
  /** Not valid, not of this community, ahead of time, or bodies that nothing valid lists. */
  refused: number
}

export interface ImportOptions {
  readonly index: Pick<CrdtIndex, 'ingest'>
  readonly library: Pick<Library, 'keep'>
  /** Takes part in the archive's community. */
  join (address: CommunityAddress, genesis: Uint8Array): Promise<void>
  readonly signal: AbortSignal | undefined
}

export type Imported = ImportCounts & { readonly address: CommunityAddress }

/** Errors: BAD_ARCHIVE, STORAGE_FAILED, the signal's reason; what was taken in before stays. */
export async function importArchive (source: Uint8Array | AsyncIterable<Uint8Array>, { index, library, join, signal }: ImportOptions): Promise<Imported> {
  const counts: ImportCounts = { envelopes: 0, bodies: 0, refused: 0 }
  let address: CommunityAddress | null = null
  let envelopes: Uint8Array[] = []
  let envelopeBytes = 0
  let bodies: Uint8Array[] = []

  async function takeEnvelopes (): Promise<void> {
    if (address === null || envelopes.length === 0) return
    const batch = envelopes
    envelopes = []
    envelopeBytes = 0
    for (const verdict of await index.ingest(address, batch)) {
      if (verdict.verdict === 'accept') counts.envelopes++
      else if (verdict.verdict === 'reject' || !KNOWN_HERE.has(verdict.reason)) counts.refused++
    }
  }

  async function takeBodies (): Promise<void> {
    const [community, batch] = [address, bodies]
    if (community === null || batch.length === 0) return
    bodies = []
    for (const outcome of await Promise.all(batch.map(async body => await library.keep(community, body)))) {
      if (outcome === 'kept') counts.bodies++
      else if (outcome === 'refused') counts.refused++
    }
  }

  /** Envelopes first: a body is taken only if one lists it. */
  async function takeRest (): Promise<void> {
    await takeEnvelopes()
    await takeBodies()
  }

  try {
    for await (const { type, payload } of readArchive(source)) {
      signal?.throwIfAborted()
      if (type === RecordType.genesis) {
        const genesis = readGenesis(payload)
        await join(genesis.address, genesis.bytes)
        address = genesis.address
      } else if (type === RecordType.envelope) {
        envelopes.push(payload)
        envelopeBytes += payload.length
        if (envelopes.length >= IMPORT_BATCH_ENVELOPES || envelopeBytes >= IMPORT_BATCH_BYTES) await takeEnvelopes()
      } else {
        await takeEnvelopes()
        bodies.push(payload)
        if (bodies.length >= STORE_CONCURRENCY) await takeBodies()
      }
    }
    await takeRest()
  } catch (error) {
    if (!(error instanceof SeedbedError) || error.code !== 'BAD_ARCHIVE' || address === null) throw error
    await takeRest()
    throw new SeedbedError('BAD_ARCHIVE', `${error.message}; ${counts.envelopes} envelopes and ${counts.bodies} bodies before that were new and are kept`, { cause: error })
  }
  if (address === null) throw badArchive('it has no genesis')
  return { ...counts, address }
}

/** Why the index ignores what it need not be told again. */
const KNOWN_HERE: ReadonlySet<string> = new Set(['held', 'covered'])

function readGenesis (bytes: Uint8Array): Genesis {
  try {
    return decodeGenesis(Uint8Array.from(bytes)) // kept for as long as the community is, unlike the archive
  } catch (cause) {
    if (cause instanceof CrdtIndexError) throw badArchive(cause.message, { cause })
    throw cause
  }
}
