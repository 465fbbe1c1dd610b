// Takes an archive apart. Whatever it is given, it holds one record and one chunk of the source at a time.
import { SeedbedError } from '../errors.ts'
import { ARCHIVE_MAGIC, payloadBounds, RECORD_HEAD_BYTES, RecordType } from './archive-format.ts'
import { createByteReader, type ByteReader } from './byte-reader.ts'

export interface ArchiveRecord {
  readonly type: Exclude<RecordType, typeof RecordType.end>
  readonly payload: Uint8Array
}

/**
 * The records of an archive, bounded and in the order of the format; their payloads are looked at by nobody yet. Ends
 * after a whole archive. Errors: BAD_ARCHIVE, after all records before the fault; what the source fails with.
 */
export async function * readArchive (source: Uint8Array | AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveRecord, void, undefined> {
  const reader = createByteReader(source)
  try {
    const magic = await reader.take(ARCHIVE_MAGIC.length)
    if (magic === null || !magic.every((byte, at) => byte === ARCHIVE_MAGIC[at])) throw badArchive('it does not begin with the line `Seedbed archive 1`')
    for (let last: RecordType = RecordType.end; ;) {
      const { type, payload } = await readRecord(reader)
      checkOrder(type, last)
      if (type === RecordType.end) {
        if (await reader.take(1) !== null) throw badArchive('something follows its end')
        return
      }
      yield { type, payload }
      last = type
    }
  } finally {
    await reader.close()
  }
}

async function readRecord (reader: ByteReader): Promise<{ type: RecordType, payload: Uint8Array }> {
  const head = await reader.take(RECORD_HEAD_BYTES)
  if (head === null) throw badArchive('it breaks off')
  const type = head[0] ?? 0
  const length = new DataView(head.buffer, head.byteOffset).getUint32(1)
  const bounds = payloadBounds(type)
  if (bounds === null) throw badArchive(`${type} is no type of record`)
  if (length < bounds.min || length > bounds.max) throw badArchive(`a record of type ${type} with ${length} bytes`)
  const payload = await reader.take(length)
  if (payload === null) throw badArchive('it breaks off')
  return { type: type as RecordType, payload }
}

/** `last`: type of the record before; `end` at the start. */
function checkOrder (type: RecordType, last: RecordType): void {
  if (last === RecordType.end && type !== RecordType.genesis) throw badArchive('it does not begin with a genesis')
  if (last !== RecordType.end && type === RecordType.genesis) throw badArchive('a second genesis')
  if (last === RecordType.body && type === RecordType.envelope) throw badArchive('an envelope after the bodies')
}

export function badArchive (what: string, options?: ErrorOptions): SeedbedError {
  return new SeedbedError('BAD_ARCHIVE', `not a whole archive: ${what}`, options)
}
