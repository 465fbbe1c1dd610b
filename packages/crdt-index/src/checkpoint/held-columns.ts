// The documents of a shard as a checkpoint has them: which envelopes count, in canonical order, and what is remembered of
// each. Their states stay in the envelopes and are read when somebody needs them.
import type { HeldEnvelope } from '../documents/document.ts'
import { hexToBytes } from '../identity/encoding.ts'
import { authorIdOfBytes, envelopeHashOfBytes, KEY_BYTES } from '../identity/ids.ts'
import type { EnvelopeHash, EnvelopeKind } from '../model.ts'
import type { Shard } from '../shards/shard.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { columnOf, SAVED_TOGETHER, type Columns, type Restoring, type Saving } from './columns.ts'

const NAME = 'held'
const HASH_BYTES = 32
/** Stands for null where a list's length is. */
const NULL_LIST = 255
const NO_SEEN: ReadonlyMap<number, number> = new Map()

export function * saveHeld (shard: Shard, columns: Map<string, Uint8Array>): Saving {
  const writer = new ByteWriter()
  let documents = 0
  for (const { id, held } of shard.all()) {
    writer.bytes(hexToBytes(id.author))
    writer.uint16(id.part)
    writer.uint16(held.size)
    for (const envelope of held.values()) writeHeld(writer, envelope)
    if (++documents % SAVED_TOGETHER === 0) yield
  }
  columns.set(NAME, writer.finish())
}

/** Into a shard that holds nothing yet. Throws RangeError for what no shard looks like. */
export function * restoreHeld (shard: Shard, columns: Columns): Restoring {
  const reader = new ByteReader(columnOf(columns, NAME))
  for (let read = 1; !reader.atEnd; read++) {
    if (read % SAVED_TOGETHER === 0) yield
    const author = authorIdOfBytes(reader.bytes(KEY_BYTES))
    const document = shard.document(author, reader.uint16())
    const held = new Map<EnvelopeHash, HeldEnvelope>()
    const count = reader.uint16()
    for (let i = 0; i < count; i++) {
      const envelope = readHeld(reader)
      held.set(envelope.hash, envelope)
    }
    if (document.held.size > 0 || held.size !== count || count === 0) throw new RangeError('a document twice')
    document.held = held
    shard.held(document, [...held.keys()], [])
  }
}

function writeHeld (writer: ByteWriter, { hash, device, seq, kind, from, to, timeMs, updateLength, byteLength, seen, others }: HeldEnvelope): void {
  writer.bytes(hexToBytes(hash))
  for (const number of [device, seq, from, to, updateLength, byteLength]) writer.uint32(number)
  writer.float64(timeMs)
  writer.uint8(kind)
  writePairs(writer, seen)
  writePairs(writer, others)
}

function readHeld (reader: ByteReader): HeldEnvelope {
  const hash = envelopeHashOfBytes(reader.bytes(HASH_BYTES))
  const device = reader.uint32()
  const seq = reader.uint32()
  const from = reader.uint32()
  const to = reader.uint32()
  const updateLength = reader.uint32()
  const byteLength = reader.uint32()
  const timeMs = reader.float64()
  const kind = reader.uint8() as EnvelopeKind
  return { hash, device, seq, kind, from, to, timeMs, updateLength, byteLength, seen: readPairs(reader) ?? NO_SEEN, others: readPairs(reader) }
}

function writePairs (writer: ByteWriter, pairs: ReadonlyMap<number, number> | null): void {
  writer.uint8(pairs === null ? NULL_LIST : pairs.size)
  for (const [device, number] of pairs ?? []) {
    writer.uint32(device)
    writer.uint32(number)
  }
}

function readPairs (reader: ByteReader): ReadonlyMap<number, number> | null {
  const count = reader.uint8()
  if (count === NULL_LIST) return null
  const pairs = new Map<number, number>()
  for (let i = 0; i < count; i++) pairs.set(reader.uint32(), reader.uint32())
  return pairs
}
