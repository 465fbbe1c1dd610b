// Proofs that an author signed two pasts, as plain data.
import type { CrdtIndex, Equivocation } from '@seedbed/crdt-index'
import { profileOf } from '../actions/profiles.ts'
import type { NodeEvents, SeedbedNode } from '../node.ts'
import { resolveCommunity } from '../queries/locate.ts'
import { publicCall } from '../translate-error.ts'

/** What a proof says, without the envelopes that prove it. */
export function describeEquivocation (index: CrdtIndex, { community, period, author, part, device, seq, kind, firstSeenMs, isOwn }: Equivocation): NodeEvents['equivocation'] {
  return { community, period, author, profile: profileOf(index, community, author), part, device, seq, kind, firstSeenAtMs: firstSeenMs, isOwn }
}

export function createEquivocations (index: CrdtIndex): SeedbedNode['equivocations'] {
  return async ({ community, signal } = {}) => await publicCall(signal, async () => {
    const found = await index.equivocations(community === undefined ? undefined : resolveCommunity(index, community).address)
    signal?.throwIfAborted()
    return found.map(proof => ({ ...describeEquivocation(index, proof), envelopes: proof.envelopes }))
  })
}
