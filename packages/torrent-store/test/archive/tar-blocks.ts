// Archives that no honest writer makes, block by block.
import { createHash } from 'node:crypto'

export const END: Buffer = Buffer.alloc(1024)

export interface RawHeader {
  readonly name?: string
  readonly type?: string
  /** The field as it stands in the block: 12 characters. */
  readonly size?: string
  readonly prefix?: string
  /** With the version: 8 characters. */
  readonly magic?: string
  readonly checksum?: string
}

/** A header with a right checksum, unless one is given. */
export function header ({ name = 'x', type = '0', size = octal(0), prefix = '', magic = 'ustar\x0000', checksum }: RawHeader = {}): Buffer {
  const block = Buffer.alloc(512)
  block.write(name, 0, 100, 'latin1')
  block.write('0000644\x000000000\x000000000\0', 100, 'latin1')
  block.write(size, 124, 12, 'latin1')
  block.write('00000000000\0', 136, 'latin1')
  block.write('        ', 148, 'latin1')
  block.write(type, 156, 1, 'latin1')
  block.write(magic, 257, 8, 'latin1')
  block.write(prefix, 345, 155, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1')
  return block
}

export function octal (size: number): string {
  return `${size.toString(8).padStart(11, '0')}\0`
}

export function padded (content: Uint8Array): Buffer {
  return Buffer.concat([content, Buffer.alloc((512 - content.length % 512) % 512)])
}

export function entry (content: Uint8Array, overrides: RawHeader = {}): Buffer {
  return Buffer.concat([header({ name: nameOf(content), size: octal(content.length), ...overrides }), padded(content)])
}

/** A pax or GNU record that describes the next entry. */
export function record (type: string, content: string): Buffer {
  return entry(Buffer.from(content), { name: 'record', type })
}

/** One record of a pax header. */
export function pax (key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return `${length}${rest}`
}

export function nameOf (body: Uint8Array): string {
  return `${createHash('sha256').update(body).digest('hex')}.txt`
}

/** The bytes in chunks of these lengths, over and over. */
export async function * inChunks (bytes: Uint8Array, ...lengths: readonly number[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0, i = 0; at < bytes.length; i++) yield bytes.subarray(at, at += lengths[i % lengths.length] ?? bytes.length)
}

export async function bytesOf (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}
