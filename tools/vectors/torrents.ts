// Writes test/vectors/torrents.json: bodies and the torrents they are, for implementations in any language. The info
// dicts are put together here from BEP 3 alone, so that the vectors do not inherit a mistake of the package.
//
//   node --conditions=source tools/vectors/torrents.ts
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'

const digest = (algorithm: string, bytes: Uint8Array): Buffer => createHash(algorithm).update(bytes).digest()

/** Bytes that every language can make: byte i is (i * 31 + length) mod 251. */
const pattern = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => (index * 31 + length) % 251))

const bodies: Array<{ name: string, text?: string, bytes: Buffer }> = [
  ...[
    ['one character', 'a'],
    ['one line', 'hello, world\n'],
    ['UTF-8 beyond ASCII', 'Grüße, 世界 🌱\n'],
    ['lines and a tab', 'first\n\tsecond\n\nlast']
  ].map(([name = '', text = '']) => ({ name, text, bytes: Buffer.from(text) })),
  { name: 'one zero byte', bytes: Buffer.alloc(1) },
  { name: 'one byte under a block', bytes: pattern(16_383) },
  { name: 'a block', bytes: pattern(16_384) },
  { name: 'one byte over a block', bytes: pattern(16_385) },
  { name: 'a full piece', bytes: pattern(65_536) }
]

/** The file's content. */
export function torrentVectors (): string {
  const valid = bodies.map(({ name, text, bytes }) => {
    const sha256 = digest('sha256', bytes).toString('hex')
    const info = Buffer.concat([
      Buffer.from(`d6:lengthi${bytes.length}e4:name68:${sha256}.txt12:piece lengthi65536e6:pieces20:`), digest('sha1', bytes), Buffer.from('e')
    ])
    const infoHash = digest('sha1', info).toString('hex')
    return {
      name,
      ...(text === undefined ? { base64: bytes.toString('base64') } : { text }),
      length: bytes.length,
      sha256,
      infoHash,
      infoDict: info.toString('hex'),
      magnet: `magnet:?xt=urn:btih:${infoHash}&dn=${sha256}.txt&xl=${bytes.length}`
    }
  })
  return `${JSON.stringify({ about: 'Bodies as one-piece BitTorrent v1 torrents. Made by tools/vectors/torrents.ts.', valid }, null, 2)}\n`
}

if (import.meta.main) writeFileSync(path.join(import.meta.dirname, '../../test/vectors/torrents.json'), torrentVectors())
