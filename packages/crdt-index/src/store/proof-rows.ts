// How proofs of equivocation lie in the database: one a device of a document.
//   key: community (32) || period (4) || author (32) || part (2) || device (4)
//   value: DAG-CBOR [kind, seq, clock or null, firstSeenMs, whether an own device is one of the two, first envelope, second envelope]
import { decode, encode } from '@ipld/dag-cbor'
import { bytesToHex, hexToBytes } from '../identity/encoding.ts'
import type { Contradiction } from '../documents/contradiction.ts'
import type { AuthorId, CommunityAddress, DocumentId } from '../model.ts'

export interface ProofKey {
  readonly document: DocumentId
  readonly device: number
}

export interface StoredProof extends ProofKey, Contradiction {
  readonly seq: number
  readonly firstSeenMs: number
  readonly isOwn: boolean
  readonly envelopes: readonly [Uint8Array, Uint8Array]
}

const PERIOD_AT = 32
const AUTHOR_AT = PERIOD_AT + 4
const PART_AT = AUTHOR_AT + 32
const DEVICE_AT = PART_AT + 2
const PROOF_KEY_BYTES = DEVICE_AT + 4

export function proofKey ({ document: { community, period, author, part }, device }: ProofKey): Uint8Array {
  const key = new Uint8Array(PROOF_KEY_BYTES)
  const view = new DataView(key.buffer)
  key.set(hexToBytes(community), 0)
  view.setUint32(PERIOD_AT, period)
  key.set(hexToBytes(author), AUTHOR_AT)
  view.setUint16(PART_AT, part)
  view.setUint32(DEVICE_AT, device)
  return key
}

export function proofValue ({ kind, seq, clock, firstSeenMs, isOwn, envelopes }: StoredProof): Uint8Array {
  return encode([kind, seq, clock, firstSeenMs, isOwn, ...envelopes])
}

/** Null for a damaged row: what it proved is found again when it comes again. */
export function parseProof (key: Uint8Array, value: Uint8Array): StoredProof | null {
  try {
    return decodeProof(key, value)
  } catch {
    return null
  }
}

function decodeProof (key: Uint8Array, value: Uint8Array): StoredProof {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
  const [kind, seq, clock, firstSeenMs, isOwn, one, other] = decode<[Contradiction['kind'], number, number | null, number, boolean, Uint8Array, Uint8Array]>(value)
  return {
    document: {
      community: bytesToHex(key.subarray(0, PERIOD_AT)) as CommunityAddress,
      period: view.getUint32(PERIOD_AT),
      author: bytesToHex(key.subarray(AUTHOR_AT, PART_AT)) as AuthorId,
      part: view.getUint16(PART_AT)
    },
    device: view.getUint32(DEVICE_AT),
    kind,
    seq,
    clock,
    firstSeenMs,
    isOwn,
    envelopes: [one, other]
  }
}
