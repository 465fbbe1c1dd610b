// Bodies for the suites of torrent-store: 1 KiB each, all different, the same in every run, and as hard to compress as text is not.
import { createHash } from 'node:crypto'

export const BODY_BYTES = 1024

export function benchBody (n: number): Buffer {
  const body = Buffer.allocUnsafe(BODY_BYTES)
  const seed = createHash('sha512').update(`bench body ${n}`).digest()
  for (let at = 0; at < BODY_BYTES; at += seed.length) {
    seed[0] = at / seed.length // no two stretches alike
    seed.copy(body, at)
  }
  return body
}
