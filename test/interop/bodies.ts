// Bodies at the edges of blocks and pieces, and one of text that passes through every corner of Unicode.
import { randomBytes } from 'node:crypto'

export interface OddBody { readonly name: string, readonly bytes: Buffer }

const BLOCK = 16_384
const PIECE = 65_536
const LENGTHS = { 'a byte': 1, 'a block less a byte': BLOCK - 1, 'a block': BLOCK, 'a block and a byte': BLOCK + 1, 'a full piece': PIECE }

/** The same kinds with other bytes each time, so that one client can be given them again. */
export function oddBodies (): OddBody[] {
  return [
    // A byte has 256 values only: the ones from `Math.random` would now and then meet again.
    ...Object.entries(LENGTHS).map(([name, length]) => ({ name, bytes: length === 1 ? Buffer.of(nextByte++ & 255) : randomBytes(length) })),
    { name: 'a text of all planes', bytes: Buffer.from(oddText()) }
  ]
}

let nextByte = 0

/** One, two, three and four bytes a character, the ends of all 17 planes, combining marks, both directions, joined emoji. */
function oddText (): string {
  const planes = Array.from({ length: 17 }, (_, plane) => [0xA1, 0x800, 0xFFFD].map(low => String.fromCodePoint(plane * 0x10000 + low)).join('')).join('\n')
  return [
    randomBytes(8).toString('hex'), '\u0001\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}', planes,
    'a\u0300\u0301\u0302\u0303\u0304 e\u0301 \u00e9 \u1100\u1161\u11a8 \u0e01\u0e33 \u0915\u094d\u0937\u093f Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a\u032f\u031e\u0320\u034dalgo',
    '\u05e9\u05dc\u05d5\u05dd abc \u202eright to left\u202c \u2066isolated \u0645\u0631\u062d\u0628\u0627\u2069 \u200f\u200e \u061c',
    '\u{1f469}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466} \u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} \u2764\ufe0f \ufeff \u{1f1e9}\u{1f1ea}', ''
  ].join('\n')
}
