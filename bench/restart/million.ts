// A million votes in one month: 10,000 authors with a post and 100 votes each, every author's as the one snapshot that a
// device leaves at its close. Signed here directly: a million single votes would take minutes to write.
import { createCrdtIndex, createSigner, encodeEnvelope, EnvelopeKind, hexToBytes, bytesToBase64url, itemIdOf, periodOf, type ContentId, type CrdtIndexOptions } from '@seedbed/crdt-index'
import { createHash } from 'node:crypto'
import * as Y from 'yjs'

const AUTHORS = 10_000
const VOTES_EACH = 100
export const MILLION: number = AUTHORS * VOTES_EACH
const AT_ONCE = 100

/** Ingests all of it, as from a peer, and closes the index; `checkpoints`: with the checkpoint that a close leaves. */
export async function prepareMillion (db: CrdtIndexOptions['db'], checkpoints: boolean): Promise<void> {
  const nowMs = Date.now() - 60_000
  const period = periodOf(nowMs)
  const seconds = Math.floor(nowMs / 1000)
  const signers = Array.from({ length: AUTHORS }, (_, author) => createSigner(new Uint8Array(createHash('sha256').update(`bench author ${author}`).digest())))
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
      for (let n = 0; n < VOTES_EACH; n++) doc.getMap('votes').set(items[(author + 1 + n * 97) % AUTHORS]!, [n % 5 === 4 ? -1 : 1, seconds])
    })
    const fields = { community, period, part: 0, device, seq: 1, timeMs: nowMs + 1000, kind: EnvelopeKind.snapshot, seen: new Map([[device, 1]]), stamp: new Uint8Array(0) }
    batch.push(encodeEnvelope(fields, Y.encodeStateAsUpdate(doc), signer).bytes)
    if (batch.length < AT_ONCE && author < AUTHORS - 1) continue
    for (const verdict of await index.ingest(community, batch)) if (verdict.verdict !== 'accept') throw new Error(verdict.reason)
    batch = []
  }
  await index.close()
}
