// Records of a pax extended header (POSIX.1-2017, pax): "LENGTH KEY=VALUE\n", the length counting all of it.
import { badArchive } from './bad-archive.ts'

/** What changes how a file is read; times, owners and comments do not. */
export interface PaxRecords {
  readonly path?: string
  readonly size?: number
  /** GNU's sparse files of today: the content is not what lies in the archive. */
  readonly sparse?: boolean
}

const utf8 = new TextDecoder()

/** Reads the records of one header, whose length the caller has bounded. Throws BAD_ARCHIVE. */
export function parsePaxRecords (bytes: Uint8Array): PaxRecords {
  const found: PaxRecords = {}
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at)
    const digits = space === -1 || space - at > 6 ? '' : utf8.decode(bytes.subarray(at, space))
    const end = at + Number(digits)
    if (!/^[1-9]\d*$/.test(digits) || end <= space || end > bytes.length || bytes[end - 1] !== 0x0a) throw badArchive('a pax record is malformed')
    const record = utf8.decode(bytes.subarray(space + 1, end - 1))
    const equals = record.indexOf('=')
    if (equals < 1) throw badArchive('a pax record is malformed')
    Object.assign(found, meaning(record.slice(0, equals), record.slice(equals + 1)))
    at = end
  }
  return found
}

function meaning (key: string, value: string): PaxRecords {
  if (key === 'path') return { path: value }
  if (key.startsWith('GNU.sparse.')) return { sparse: true }
  if (key !== 'size') return {}
  const size = /^(?:0|[1-9]\d{0,15})$/.test(value) ? Number(value) : Number.NaN
  if (!Number.isSafeInteger(size)) throw badArchive('the size in a pax record cannot be')
  return { size }
}
