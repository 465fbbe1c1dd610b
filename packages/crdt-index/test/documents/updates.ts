// Yjs V1 updates written by hand, so that tests can say what no Yjs would.
import * as encoding from 'lib0/encoding'
import { bytesToBase64url } from '../../src/identity/encoding.ts'
import { EnvelopeKind, type EnvelopeHeader } from '../../src/model.ts'

export type Write = (encoder: encoding.Encoder) => void
export type Id = readonly [client: number, clock: number]

export interface Block {
  readonly client: number
  readonly clock?: number
  readonly structs: readonly Write[]
  /** Number of structs that the update claims; their real number by default. */
  readonly declared?: number
}

export interface Deletions {
  readonly client: number
  readonly ranges: ReadonlyArray<readonly [clock: number, length: number]>
  readonly declared?: number
}

export const PERIOD = 202611
export const TIME_MS: number = Date.UTC(2026, 10, 22)
export const SECONDS: number = TIME_MS / 1000

/** The key of the n-th item. */
export function itemKey (n: number): string {
  const bytes = new Uint8Array(20)
  new DataView(bytes.buffer).setUint32(0, n)
  return bytesToBase64url(bytes)
}

export function bytesOf (write: Write): Uint8Array {
  const encoder = encoding.createEncoder()
  write(encoder)
  return encoding.toUint8Array(encoder)
}

export function update (blocks: readonly Block[], deletions: readonly Deletions[] = []): Uint8Array {
  return bytesOf(encoder => {
    encoding.writeVarUint(encoder, blocks.length)
    for (const { client, clock = 0, structs, declared = structs.length } of blocks) {
      encoding.writeVarUint(encoder, declared)
      encoding.writeVarUint(encoder, client)
      encoding.writeVarUint(encoder, clock)
      for (const write of structs) write(encoder)
    }
    encoding.writeVarUint(encoder, deletions.length)
    for (const { client, ranges, declared = ranges.length } of deletions) {
      encoding.writeVarUint(encoder, client)
      encoding.writeVarUint(encoder, declared)
      for (const [clock, length] of ranges) {
        encoding.writeVarUint(encoder, clock)
        encoding.writeVarUint(encoder, length)
      }
    }
  })
}

export interface ItemOptions {
  readonly origin?: Id
  readonly rightOrigin?: Id
  readonly root?: string
  readonly parent?: Id
  /** Null: without. */
  readonly key?: string | null
}

/** An item of any content; `ref` is Yjs' number of the content's kind. */
export function item (ref: number, content: Write, { origin, rightOrigin, root = 'votes', parent, key = itemKey(0) }: ItemOptions = {}): Write {
  return encoder => {
    encoding.writeUint8(encoder, ref | (origin === undefined ? 0 : 128) | (rightOrigin === undefined ? 0 : 64) | (key === null ? 0 : 32))
    for (const id of [origin, rightOrigin]) for (const part of id ?? []) encoding.writeVarUint(encoder, part)
    if (origin === undefined && rightOrigin === undefined) {
      encoding.writeVarUint(encoder, parent === undefined ? 1 : 0)
      if (parent === undefined) encoding.writeVarString(encoder, root)
      else for (const part of parent) encoding.writeVarUint(encoder, part)
      if (key !== null) encoding.writeVarString(encoder, key)
    }
    content(encoder)
  }
}

/** An item with one value, as a map's `set` writes it. */
export function set (value: unknown, options?: ItemOptions): Write {
  return item(8, any(value), options)
}

export function vote (n: number, options?: ItemOptions): Write {
  return set([1, SECONDS], { key: itemKey(n), ...options })
}

export function any (...values: unknown[]): Write {
  return encoder => {
    encoding.writeVarUint(encoder, values.length)
    for (const value of values) encoding.writeAny(encoder, value as never)
  }
}

export function raw (...bytes: Array<number | Write>): Write {
  return encoder => {
    for (const byte of bytes) {
      if (typeof byte === 'number') encoding.writeUint8(encoder, byte)
      else byte(encoder)
    }
  }
}

export function uint (value: number): Write {
  return encoder => { encoding.writeVarUint(encoder, value) }
}

export function text (value: string): Write {
  return encoder => { encoding.writeVarString(encoder, value) }
}

/** A copy with one bit changed. */
export function flipped (bytes: Uint8Array, at: number, bit = 0): Uint8Array {
  const changed = bytes.slice()
  changed[at] = (changed[at] ?? 0) ^ 1 << bit
  return changed
}

export type Context = Pick<EnvelopeHeader, 'period' | 'device' | 'kind' | 'seen' | 'timeMs'>

export function delta (device = 1, more: Partial<Context> = {}): Context {
  return { period: PERIOD, device, kind: EnvelopeKind.delta, seen: new Map(), timeMs: TIME_MS, ...more }
}

export function snapshot (clients: readonly number[] = [1], more: Partial<Context> = {}): Context {
  return { period: PERIOD, device: clients[0] ?? 1, kind: EnvelopeKind.snapshot, seen: new Map(clients.map(client => [client, 1])), timeMs: TIME_MS, ...more }
}
