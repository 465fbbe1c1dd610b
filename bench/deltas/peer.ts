// Takes in single votes, each in an envelope of its own, as gossip brings them: a few at a time, of many authors in turns.
import { createCrdtIndex, createSigner, decodeEnvelope, encodeEnvelope, EnvelopeKind, itemIdOf, periodOf, verifyEnvelope, type ContentId, type ItemId } from '@seedbed/crdt-index'
import { createHash } from 'node:crypto'
import { Level } from 'level'
import * as Y from 'yjs'
import { answer } from '../support/child.ts'

export interface Ingestion {
  readonly perSecond: number
  readonly perCpuSecond: number
  /** Of the same envelopes: decoded, and nothing but verified and looked at. */
  readonly signaturesPerCpuSecond: number
}

interface Workload { readonly folder: string, readonly authors: number, readonly votesEach: number, readonly maxLiveEntries: number }

/** As many as gossip hands on at once. */
const BATCH = 64

function cpuSeconds (): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

answer({
  async ingest ({ folder, authors, votesEach, maxLiveEntries }: Workload): Promise<Ingestion> {
    const db = new Level<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' })
    await db.open()
    const index = await createCrdtIndex({ db: db.sublevel('index'), maxLiveEntries })
    const signers = Array.from({ length: authors }, (_, author) => createSigner(new Uint8Array(createHash('sha256').update(`bench author ${author}`).digest())))
    const { address: community } = await index.create({ founder: signers[0]!, slug: 'bench' })
    const nowMs = Date.now() - 60_000
    const seconds = Math.floor(nowMs / 1000)
    const items: ItemId[] = signers.map(({ author }, n) => itemIdOf(author, createHash('sha1').update(`bench post ${n}`).digest('hex') as ContentId))
    const docs = signers.map((_, author) => {
      const doc = new Y.Doc()
      doc.clientID = author + 1
      return doc
    })
    const envelopes: Uint8Array[] = []
    for (let round = 0; round < votesEach + 1; round++) {
      for (const [author, signer] of signers.entries()) {
        const doc = docs[author]!
        const before = Y.encodeStateVector(doc)
        doc.getMap('votes').set(items[(author + 1 + round * 7) % authors]!, [round % 5 === 4 ? -1 : 1, seconds])
        const fields = { community, period: periodOf(nowMs), part: 0, device: author + 1, seq: round + 1, timeMs: nowMs + 1000, kind: EnvelopeKind.delta, seen: new Map<number, number>(), stamp: new Uint8Array(0) }
        envelopes.push(encodeEnvelope(fields, Y.encodeStateAsUpdate(doc, before), signer).bytes)
      }
    }
    const measured = envelopes.splice(authors)
    await ingestAll(envelopes) // each author's first one, which does not count
    globalThis.gc?.()

    async function ingestAll (all: readonly Uint8Array[]): Promise<void> {
      for (let at = 0; at < all.length; at += BATCH) {
        for (const verdict of await index.ingest(community, all.slice(at, at + BATCH))) if (verdict.verdict !== 'accept') throw new Error(verdict.reason)
      }
    }

    let cpu = cpuSeconds()
    const beganMs = performance.now()
    await ingestAll(measured)
    const wall = (performance.now() - beganMs) / 1000
    const ingested = cpuSeconds() - cpu
    cpu = cpuSeconds()
    for (const bytes of measured) if ('verdict' in verifyEnvelope(decodeEnvelope(bytes))) throw new Error('not signed')
    const verified = cpuSeconds() - cpu
    return { perSecond: measured.length / wall, perCpuSecond: measured.length / ingested, signaturesPerCpuSecond: measured.length / verified }
  }
})
