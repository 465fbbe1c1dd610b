// Many votes in one month: every author has a post and votes, as the one snapshot that a device leaves at its close.
// Signed here directly: a million single votes would take minutes to write.
import { bytesToBase64url, createCrdtIndex, createSigner, encodeEnvelope, EnvelopeKind, hexToBytes, itemIdOf, periodOf, type CommunityAddress, type ContentId, type CrdtIndexOptions } from '@seedbed/crdt-index'
import { createHash } from 'node:crypto'
import * as Y from 'yjs'

const AT_ONCE = 100

export interface SnapshotPlan {
  /** Of them each lists one post. */
  readonly authors: number
  /** On different posts of others, four up to one down. */
  readonly votesEach: number
  /** Whether the index leaves a checkpoint when it closes. */
  readonly checkpoints: boolean
}

/** Ingests all of it, as from a peer, and closes the index. */
export async function prepareSnapshots (db: CrdtIndexOptions['db'], { authors, votesEach, checkpoints }: SnapshotPlan): Promise<CommunityAddress> {
  const nowMs = Date.now() - 60_000
  const period = periodOf(nowMs)
  const seconds = Math.floor(nowMs / 1000)
  const signers = Array.from({ length: authors }, (_, author) => createSigner(new Uint8Array(createHash('sha256').update(`bench author ${author}`).digest())))
  const contents = signers.map((_, post) => createHash('sha1').update(`bench post ${post}`).digest('hex') as ContentId)
  const items = signers.map(({ author }, post) => itemIdOf(author, contents[post]!))
  const index = await createCrdtIndex({ db, ...checkpoints ? {} : { checkpoints: { minEnvelopes: Infinity } } })
  const { address: community } = await index.create({ founder: signers[0]!, slug: 'bench' })
  let batch: Uint8Array[] = []
  for (const [author, signer] of signers.entries()) {
    const doc = new Y.Doc()
    const device = doc.clientID = author + 1
    doc.transact(() => {
      doc.getMap('posts').set(bytesToBase64url(hexToBytes(contents[author]!)), [500, nowMs, `Post ${author}`])
      for (let n = 0; n < votesEach; n++) doc.getMap('votes').set(items[(author + 1 + n * 97) % authors]!, [n % 5 === 4 ? -1 : 1, seconds])
    })
    const fields = { community, period, part: 0, device, seq: 1, timeMs: nowMs + 1000, kind: EnvelopeKind.snapshot, seen: new Map([[device, 1]]), stamp: new Uint8Array(0) }
    batch.push(encodeEnvelope(fields, Y.encodeStateAsUpdate(doc), signer).bytes)
    if (batch.length < AT_ONCE && author < authors - 1) continue
    for (const verdict of await index.ingest(community, batch)) if (verdict.verdict !== 'accept') throw new Error(verdict.reason)
    batch = []
  }
  await index.close()
  return community
}
