// What an index answers to gossiped envelopes, on any platform: the test runs it in Node and in Chromium.
import { createCrdtIndex, decodeGenesis, type Transport, type Verdict } from '@seedbed/crdt-index'

export interface Delivered { readonly from: string, readonly envelope: Uint8Array }

export interface IngestVerdicts { readonly verdicts: Verdict[], readonly digest: string, readonly envelopes: number }

/** Delivers all at once, in order, at a fixed time, to an index that has joined and holds nothing. */
export async function ingestVerdicts (db: Parameters<typeof createCrdtIndex>[0]['db'], genesis: Uint8Array, nowMs: number, delivered: readonly Delivered[]): Promise<IngestVerdicts> {
  let deliver: Parameters<Transport['subscribe']>[1] | undefined
  const transport: Transport = {
    self: 'self',
    subscribe: (_topic, onMessage) => { deliver = onMessage },
    unsubscribe: () => {},
    publish: async () => 0,
    peers: () => [],
    onPeer: () => () => {},
    handle: () => () => {},
    open: async () => { throw new Error('nobody is there') }
  }
  const { address } = decodeGenesis(genesis)
  await using index = await createCrdtIndex({ db, transport, clock: () => nowMs })
  await index.join(address, genesis)
  const verdicts = await Promise.all(delivered.map(async ({ from, envelope }) => {
    const message = new Uint8Array(1 + envelope.length) // 0: an envelope as it is
    message.set(envelope, 1)
    return await deliver?.(message, from) ?? { verdict: 'ignore' as const, reason: 'nobody listens' }
  }))
  const { digest, shards } = index.status(address)
  return { verdicts, digest, envelopes: shards.reduce((sum, { envelopes }) => sum + envelopes, 0) }
}
