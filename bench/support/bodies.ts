// Bodies for the suites of torrent-store: 1 KiB each, all different, the same in every run. They do not compress, so that
// the database holds as much as they say; texts would take half of it.
import { createHash } from 'node:crypto'

export const BODY_BYTES = 1024

export function benchBody (n: number): Buffer {
  return createHash('shake256', { outputLength: BODY_BYTES }).update(`bench body ${n}`).digest()
}
