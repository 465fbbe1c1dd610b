// A community whose authors have envelopes of many sizes, all that were ever signed and those that count in the end, and
// what of them fits a budget by a definition as plain as can be.
import { MemoryLevel } from 'memory-level'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import type { CrdtIndex } from '../../src/crdt-index.ts'
import { decodeEnvelope } from '../../src/envelope/envelope.ts'
import { createSigner, type Signer } from '../../src/identity/keys.ts'
import { periodOf } from '../../src/identity/period.ts'
import { itemIdOf } from '../../src/identity/ids.ts'
import { sha256 } from '../../src/identity/sha256.ts'
import { bytesToHex, concatBytes, hexToBytes } from '../../src/identity/encoding.ts'
import { DOCUMENT_OVERHEAD_BYTES, ENVELOPE_OVERHEAD_BYTES } from '../../src/limits.ts'
import type { AuthorId, CommunityAddress, ContentId, EnvelopeHash, EnvelopeHeader } from '../../src/model.ts'
import type { Random } from '../random.ts'

export const START_MS: number = Date.UTC(2026, 10, 20)
const MONTH_MS = 31 * 24 * 3600 * 1000

export interface Envelope { readonly bytes: Uint8Array, readonly header: EnvelopeHeader, readonly hash: EnvelopeHash }

export interface World {
  readonly address: CommunityAddress
  readonly genesis: Uint8Array
  readonly founder: Signer
  readonly authors: readonly Signer[]
  /** All that was ever signed. */
  readonly signed: readonly Envelope[]
  /** Those that count when all are known. */
  readonly counted: readonly Envelope[]
}

export function signerOf (n: number): Signer {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, n + 1)
  return createSigner(seed)
}

export function open (bytes: Uint8Array): Envelope {
  const { header, hash } = decodeEnvelope(bytes)
  return { bytes, header, hash }
}

export async function envelopesOf (index: CrdtIndex, address: CommunityAddress): Promise<Envelope[]> {
  return (await Array.fromAsync(index.envelopes(address))).map(open)
}

/** `authors`: how many; each writes up to `most` entries in up to two months, and some have a profile. The first is the founder. */
export async function createWorld (random: Random, options: { readonly authors: number, readonly most: number, readonly difficulty?: number }): Promise<World> {
  let nowMs = START_MS
  const authors = Array.from({ length: options.authors }, (_, n) => signerOf(n * 1000 + random(1000)))
  const [founder] = authors as [Signer, ...Signer[]]
  let nextDevice = 0
  await using index = await createCrdtIndex({ db: new MemoryLevel(), clock: () => nowMs, randomUint32: () => ++nextDevice })
  const { address } = await index.create({ founder, slug: 'world', title: 'A world', difficulty: options.difficulty ?? 0 })
  const signed = new Map<EnvelopeHash, Envelope>()
  const look = async (): Promise<void> => { for (const each of await envelopesOf(index, address)) signed.set(each.hash, each) }
  let contents = 0
  for (const author of authors) {
    const pen = index.writer(author)
    for (let left = 1 + random(options.most); left > 0; left--) {
      const contentId = (++contents).toString(16).padStart(40, '0') as ContentId
      const createdMs = nowMs - random(2) * MONTH_MS
      await pen.post({ community: address, contentId, length: 10, title: 'x'.repeat(1 + random(300)), createdMs })
      if (random(8) === 0) await pen.edit({ community: address, period: periodOf(createdMs), item: itemIdOf(author.author, contentId), contentId: 'e'.repeat(40) as ContentId, length: 3, title: 'edited', editedMs: nowMs })
      nowMs += 1000
      await look()
    }
    if (random(3) === 0) await pen.profile({ community: address, name: 'N', about: 'y'.repeat(random(1000)) })
    await look()
  }
  await index.close() // snapshots of what has many deltas: what they cover was signed, and counts no more
  await using again = await reopened(index, signed, address)
  return { address, genesis: again.genesis(address) ?? new Uint8Array(), founder, authors, signed: [...signed.values()], counted: await envelopesOf(again, address) }
}

/** An index that was given all that was signed. */
async function reopened (closed: CrdtIndex, signed: Map<EnvelopeHash, Envelope>, address: CommunityAddress): Promise<CrdtIndex> {
  for (const each of await envelopesOf(closed, address)) signed.set(each.hash, each)
  const genesis = closed.genesis(address)
  const index = await createCrdtIndex({ db: new MemoryLevel(), clock: () => START_MS + MONTH_MS, storage: { maxBytesPerCommunity: Infinity } })
  await index.join(address, genesis)
  await index.ingest(address, [...signed.values()].map(({ bytes }) => bytes))
  return index
}

/** The whole hash of the best stamp that the author ever signed with, as a number. */
function bestStamp (signed: readonly Envelope[], author: AuthorId): bigint {
  const stamps = signed.filter(({ header }) => header.author === author)
    .map(({ header }) => BigInt(`0x${bytesToHex(sha256(concatBytes(new TextEncoder().encode('seedbed/stamp/1'), hexToBytes(header.community), hexToBytes(author), header.stamp)))}`))
  return stamps.reduce((best, each) => each < best ? each : best)
}

/** The definition, or what must stay for another reason. */
const isFounders = ({ founder }: World, { header }: Envelope): boolean => header.period === 0 && header.author === founder.author

function sizeOf (envelopes: readonly Envelope[]): number {
  const documents = new Set(envelopes.map(({ header: { period, author, part } }) => `${period}/${author}/${part}`))
  return envelopes.reduce((sum, { bytes }) => sum + bytes.length + ENVELOPE_OVERHEAD_BYTES, 0) + documents.size * DOCUMENT_OVERHEAD_BYTES
}

export function totalOf (world: World): number {
  return sizeOf(world.counted)
}

/** What of a world fits: the longest prefix of its authors, by standing (`first` before the founder before the others) and stamp. */
export function fitting (world: World, maxBytes: number, first: ReadonlySet<AuthorId> = new Set()): EnvelopeHash[] {
  const standing = (author: AuthorId): number => first.has(author) ? 2 : author === world.founder.author ? 3 : 4
  const ranked = world.authors.map(({ author }) => ({ author, standing: standing(author), stamp: bestStamp(world.signed, author) }))
    .sort((a, b) => a.standing - b.standing || (a.stamp < b.stamp ? -1 : 1))
  const kept = world.counted.filter(envelope => isFounders(world, envelope))
  for (const { author } of ranked) {
    const next = world.counted.filter(envelope => envelope.header.author === author && !isFounders(world, envelope))
    if (sizeOf([...kept, ...next]) > maxBytes) break
    kept.push(...next)
  }
  return kept.map(({ hash }) => hash).sort()
}
