// Keeps two envelopes aside where they prove that an author's key signed two pasts. The envelopes themselves may soon
// be covered by a snapshot; the proof stays. What counts does not depend on it: peers may know of different proofs.
import { claimsOf, sharesClocks, type Claims } from '../documents/contradiction.ts'
import type { AuthorDocument, LoadEnvelopes } from '../documents/document.ts'
import { claimOf, inOrder, type Equivocation, type EquivocationClaim } from '../envelope/equivocation.ts'
import { MAX_PROOF_BYTES, MAX_PROOFS, MAX_PROOFS_PER_AUTHOR } from '../limits.ts'
import type { Clock, CommunityAddress, DocumentId, EnvelopeHash, VerifiedEnvelope } from '../model.ts'
import type { IndexStore } from '../store/index-store.ts'
import type { ProofKey } from '../store/proof-rows.ts'

export interface Equivocations {
  /**
   * Compares what came in with what the document holds and with each other. What will not count is compared clock by clock
   * with held envelopes of a few times its own size in all: they have to be read for it, and old envelopes that somebody
   * replays must not make that cheap to ask for. `examined` were, with each other too, and are with what is held only if
   * they will count. The proof is on disk when it resolves. Errors: STORAGE_FAILED, CLOSED.
   */
  examine (document: AuthorDocument, fresh: readonly VerifiedEnvelope[], willCount: (hash: EnvelopeHash) => boolean, examined?: ReadonlySet<EnvelopeHash>): Promise<void>
  /** Those of a community, or all; the first seen first. */
  all (community?: CommunityAddress): Promise<Equivocation[]>
  /** The store has forgotten the community. */
  forget (community: CommunityAddress): void
}

export interface EquivocationPorts {
  readonly store: Pick<IndexStore, 'proofs' | 'write' | 'isOwn'>
  readonly load: LoadEnvelopes
  readonly clock: Clock
  readonly onFound: (equivocation: Equivocation) => void
}

interface Kept extends ProofKey { readonly bytes: number }

/** Bytes that may be read for a byte that came and will not count. */
const READ_FACTOR = 4
const NONE: ReadonlySet<EnvelopeHash> = new Set()

const nameOf = ({ community, period, author, part }: DocumentId, device: number): string => `${community}/${period}/${author}/${part}/${device}`

export async function createEquivocations ({ store, load, clock, onFound }: EquivocationPorts): Promise<Equivocations> {
  const kept = new Map<string, Kept>()
  const counts = new Map<string, number>()
  let bytes = 0
  for await (const { document, device, envelopes } of store.proofs()) keep({ document, device, bytes: sizeOf(envelopes) })

  function keep (proof: Kept): void {
    kept.set(nameOf(proof.document, proof.device), proof)
    count(proof.document, 1)
    bytes += proof.bytes
  }

  function drop (proof: Kept): void {
    if (!kept.delete(nameOf(proof.document, proof.device))) return
    count(proof.document, -1)
    bytes -= proof.bytes
  }

  function count ({ community, author }: DocumentId, by: number): void {
    const name = `${community}/${author}`
    const proofs = (counts.get(name) ?? 0) + by
    if (proofs === 0) counts.delete(name)
    else counts.set(name, proofs)
  }

  const isFull = ({ community, author }: DocumentId): boolean => kept.size >= MAX_PROOFS || (counts.get(`${community}/${author}`) ?? 0) >= MAX_PROOFS_PER_AUTHOR

  /** Over the bounds the largest give way: an author who fills the room with large proofs only pushes out large ones. */
  function overBounds (): Kept[] {
    const gone: Kept[] = []
    const largestFirst = bytes > MAX_PROOF_BYTES ? [...kept.values()].sort((a, b) => b.bytes - a.bytes) : []
    for (let i = 0; bytes > MAX_PROOF_BYTES; i++) {
      const largest = largestFirst[i]
      if (largest === undefined) break
      drop(largest)
      gone.push(largest)
    }
    return gone
  }

  async function found (one: VerifiedEnvelope, other: VerifiedEnvelope, claim: EquivocationClaim): Promise<void> {
    const { community, period, author, part, device } = claim
    const [a, b] = inOrder(one, other)
    const document = { community, period, author, part }
    const equivocation: Equivocation = {
      ...claim,
      envelopes: [a.bytes, b.bytes],
      firstSeenMs: clock(),
      isOwn: await store.isOwn(a.hash) || await store.isOwn(b.hash)
    }
    const proof = { document, device, bytes: sizeOf(equivocation.envelopes) }
    keep(proof)
    const gone = overBounds()
    if (gone.includes(proof)) { // then there is room for those that are larger once it is gone
      for (const each of gone) if (each !== proof) keep(each)
      return
    }
    try {
      await store.write({ proofs: [{ document, ...equivocation }], dropProofs: gone, durable: true })
    } catch (error) {
      drop(proof)
      for (const each of gone) keep(each)
      throw error
    }
    onFound(equivocation)
  }

  return {
    async examine (document, fresh, willCount, examined = NONE) {
      if ((fresh.length < 2 && document.held.size === 0) || isFull(document.id)) return
      const byHash = new Map<EnvelopeHash, VerifiedEnvelope>(fresh.map(envelope => [envelope.hash, envelope]))
      const isProven = (device: number): boolean => kept.has(nameOf(document.id, device))
      const pairs = suspects(document, isProven, fresh.map(envelope => {
        const counts = willCount(envelope.hash)
        const isExamined = examined.has(envelope.hash)
        return { hash: envelope.hash, isExamined, isSettled: isExamined && !counts, mayReadBytes: counts ? Infinity : envelope.bytes.length * READ_FACTOR, ...claimsOf(envelope) }
      }))
      const missing = new Set(pairs.flat().filter(hash => !byHash.has(hash)))
      if (missing.size > 0) for (const envelope of await load(document.id, [...missing])) byHash.set(envelope.hash, envelope)
      for (const [one, other] of pairs) {
        const [a, b] = [byHash.get(one), byHash.get(other)]
        const claim = a === undefined || b === undefined ? null : claimOf(a, b)
        if (a === undefined || b === undefined || claim === null || isProven(claim.device)) continue
        if (isFull(document.id)) return
        await found(a, b, claim)
      }
    },
    async all (community) {
      const equivocations: Equivocation[] = []
      for await (const { document, ...proof } of store.proofs(community)) equivocations.push({ ...document, ...proof })
      return equivocations.sort((a, b) => a.firstSeenMs - b.firstSeenMs)
    },
    forget (community) {
      for (const proof of [...kept.values()]) if (proof.document.community === community) drop(proof)
    }
  }
}

interface Suspect extends Claims {
  readonly hash: EnvelopeHash
  readonly mayReadBytes: number
  /** With others that are. */
  readonly isExamined: boolean
  /** With what is held too. */
  readonly isSettled: boolean
}

/** Pairs that may contradict each other, as far as can be told without their updates. */
function suspects (document: AuthorDocument, isProven: (device: number) => boolean, fresh: readonly Suspect[]): Array<[EnvelopeHash, EnvelopeHash]> {
  const pairs: Array<[EnvelopeHash, EnvelopeHash]> = []
  const unexamined = fresh.filter(({ isExamined }) => !isExamined)
  for (const [i, one] of fresh.entries()) {
    let left = one.mayReadBytes
    if (!one.isSettled) for (const held of document.held.values()) {
      if (held.hash === one.hash) continue
      if (sharesNumber(one, held)) {
        if (!isProven(one.device)) pairs.push([one.hash, held.hash])
      } else if (held.byteLength <= left && sharesClocks(one, held)) {
        left -= held.byteLength
        pairs.push([one.hash, held.hash])
      }
    }
    for (const other of one.isExamined ? unexamined : fresh.slice(i + 1)) if (sharesNumber(one, other) || sharesClocks(one, other)) pairs.push([one.hash, other.hash])
  }
  return pairs
}

function sharesNumber (a: Claims, b: Claims): boolean {
  return a.device === b.device && a.seq === b.seq
}

function sizeOf ([one, other]: readonly [Uint8Array, Uint8Array]): number {
  return one.length + other.length
}
