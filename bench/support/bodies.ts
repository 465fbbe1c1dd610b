// Bodies for the suites of torrent-store: 1 KiB each, all different, the same in every run. They do not compress, so that
// the database holds as much as they say; texts would take half of it.
import { hash } from 'node:crypto'

export const BODY_BYTES = 1024

export function benchBody (n: number): Buffer {
  return hash('shake256', `bench body ${n}`, { outputEncoding: 'buffer', outputLength: BODY_BYTES }) // no object that a collection must finish: it is not what is measured
}
