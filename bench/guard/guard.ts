// What the guard costs: honest updates beside what else has to be done with them, and the worst that can be sent before it says no.
import { createHash } from 'node:crypto'
import { createSigner, verifySignature } from '@seedbed/crdt-index'
import * as Y from 'yjs'
import { inspectUpdate } from '../../packages/crdt-index/src/documents/guard.ts'
import { MAX_FRAME_BYTES, MAX_STRUCTS, MAX_UPDATE_BYTES, RECONCILE_MESSAGE_BYTES } from '../../packages/crdt-index/src/limits.ts'
import { EnvelopeKind } from '../../packages/crdt-index/src/model.ts'
import { decodeFrame } from '../../packages/crdt-index/src/sync/frames.ts'
import { decodeReconcileMessage } from '../../packages/crdt-index/src/sync/reconcile-codec.ts'
import { item, itemKey, PERIOD, SECONDS, set, snapshot, TIME_MS, uint, update, vote, type Block, type Context, type Write } from '../../packages/crdt-index/test/documents/updates.ts'
import { answer } from '../support/child.ts'
import { quantile } from '../support/suite.ts'

export interface GuardCosts {
  readonly voteUs: number
  readonly signatureUs: number
  readonly hundredUs: number
  readonly hundredYjsUs: number
  readonly worst: ReadonlyArray<{ readonly name: string, readonly ms: number, readonly megabytes: number }>
}

const BATCH = 200
const RUNS = 30
const REFUSALS = 15

answer({
  measure (): GuardCosts {
    const one = votes(1)
    const hundred = votes(100)
    const context: Context = { period: PERIOD, device: 1, kind: EnvelopeKind.snapshot, seen: new Map([[1, 1]]), timeMs: TIME_MS }
    const signer = createSigner(new Uint8Array(32).fill(1))
    const message = createHash('sha256').update('a header').digest()
    const signature = signer.sign(message)
    const times = { vote: [] as number[], signature: [] as number[], hundred: [] as number[], yjs: [] as number[] }
    for (let run = 0; run < RUNS; run++) { // by turns, so that whatever else the machine does meets all alike
      times.vote.push(microseconds(() => { inspectUpdate(one, context) }))
      times.signature.push(microseconds(() => { if (!verifySignature(signature, message, signer.publicKey)) throw new Error('not signed') }))
      times.hundred.push(microseconds(() => { inspectUpdate(hundred, context) }))
      times.yjs.push(microseconds(() => { Y.applyUpdate(new Y.Doc(), hundred) }))
    }
    return {
      voteUs: quantile(times.vote, 0.5), signatureUs: quantile(times.signature, 0.5),
      hundredUs: quantile(times.hundred, 0.5), hundredYjsUs: quantile(times.yjs, 0.5),
      worst: [...Object.entries(UPDATES).map(([name, build]) => refusal(name, build(), bytes => { inspectUpdate(bytes, snapshot(Array.from({ length: 16 }, (_, n) => n + 1))) })),
        ...Object.entries(FRAMES).map(([name, bytes]) => refusal(name, bytes, bytes => { decodeFrame(bytes) })),
        ...Object.entries(MESSAGES).map(([name, bytes]) => refusal(name, bytes, bytes => { decodeReconcileMessage(bytes) }))]
    }
  }
})

function votes (count: number): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = 1
  for (let n = 0; n < count; n++) doc.getMap('votes').set(itemKey(n), [1, SECONDS])
  return Y.encodeStateAsUpdate(doc)
}

function microseconds (work: () => void): number {
  const beganMs = performance.now()
  for (let i = 0; i < BATCH; i++) work()
  return (performance.now() - beganMs) / BATCH * 1000
}

/** The quickest of some refusals, to which other work on the machine added least, and the most memory that one held on to before anything was collected. */
function refusal (name: string, bytes: Uint8Array, read: (bytes: Uint8Array) => void): { name: string, ms: number, megabytes: number } {
  let [ms, megabytes] = [Infinity, 0]
  for (let run = 0; run < REFUSALS; run++) {
    globalThis.gc?.()
    const before = process.memoryUsage()
    const beganMs = performance.now()
    let refused = false
    try {
      read(bytes)
    } catch {
      refused = true
    }
    ms = Math.min(ms, performance.now() - beganMs)
    const after = process.memoryUsage()
    if (!refused) throw new Error(`${name} is not refused`)
    megabytes = Math.max(megabytes, (after.heapUsed + after.external - before.heapUsed - before.external) / 1e6)
  }
  return { name, ms, megabytes }
}

const many = (count: number, write: (n: number) => Write): Write[] => Array.from({ length: count }, (_, n) => write(n))
/** The longest prefix of the structs that the bound on bytes leaves room for. */
function fitting (build: (count: number) => Uint8Array): Uint8Array {
  let [low, high] = [1, MAX_STRUCTS - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (build(middle).length <= MAX_UPDATE_BYTES - 8) low = middle
    else high = middle - 1
  }
  return build(low)
}
const blocks = (count: number, clients: number, write: (n: number, client: number) => Write): Block[] =>
  Array.from({ length: clients }, (_, c) => ({ client: c + 1, structs: many(Math.floor(count / clients), n => write(n, c + 1)) }))
const BAD = set([2, SECONDS], { key: itemKey(4_000_000) })
const withBadEnd = (structs: Write[]): Uint8Array => update([{ client: 1, structs: [...structs, BAD] }])

/** All but the last byte or struct is what honest devices write, or the last look finds what is wrong. */
const UPDATES: Record<string, () => Uint8Array> = {
  'votes, the last of them worth two': () => fitting(count => withBadEnd(many(count, n => vote(n)))),
  'one vote overwritten, the last time by two': () => withBadEnd(many(MAX_STRUCTS - 1, n => vote(0, n === 0 ? {} : { origin: [1, n - 1] }))),
  'titles, then a wrong vote': () => fitting(count => withBadEnd(many(count, n => set([1, TIME_MS, 'é'.repeat(14)], { root: 'posts', key: itemKey(n) })))),
  'abouts of 2,000 bytes in a month': () => fitting(count => update([{ client: 1, structs: many(count, n => set(['x'.repeat(2000), SECONDS], { origin: [1, n] })) }])),
  'comments with sixteen mentions, then a wrong vote': () => fitting(count => withBadEnd(many(count, n => set([1, TIME_MS, new Uint8Array(20), new Uint8Array(20), Array.from({ length: 16 }, () => new Uint8Array(32))], { root: 'comments', key: itemKey(n) })))),
  'sixteen clients in turns, the last one twice over one item': () => update([...blocks(MAX_STRUCTS - 16, 16, (n, client) => item(1, uint(1), client === 1 && n === 0 ? {} : { origin: client === 1 ? [16, n - 1] : [client - 1, n] }))].map((block, c) => c === 15 ? { ...block, structs: [...block.structs, item(1, uint(1), { origin: [15, 0] })] } : block)),
  'clients that wait for each other at the end': () => update([
    { client: 1, structs: [...many(4000, n => item(1, uint(1), n === 0 ? {} : { origin: [2, n - 1] })), item(1, uint(1), { origin: [2, 4001] })] },
    { client: 2, structs: [...many(4000, n => item(1, uint(1), { origin: [1, n] })), item(1, uint(1), { origin: [1, 4000] }), item(1, uint(1), { origin: [1, 4000] })] }
  ]),
  'deletions, the last one empty': () => update([{ client: 1, structs: many(4000, n => item(1, uint(4), n === 0 ? {} : { origin: [1, n * 4 - 1] })) }], [{ client: 1, ranges: Array.from({ length: MAX_STRUCTS }, (_, n) => [n * 2, n === MAX_STRUCTS - 1 ? 0 : 1]) }]),
  'an honest one and a byte more': () => Uint8Array.from([...fitting(count => update([{ client: 1, structs: many(count, n => vote(n)) }])), 0])
}

function megabyteOf (count: number, ...item: number[]): Uint8Array {
  const frame = new Uint8Array(MAX_FRAME_BYTES)
  frame[0] = 0x9a
  new DataView(frame.buffer).setUint32(1, count)
  for (let at = 5; at + item.length <= frame.length; at += item.length) frame.set(item, at)
  return frame
}
const FRAMES: Record<string, Uint8Array> = {
  'frame of a million nulls': megabyteOf(MAX_FRAME_BYTES - 5, 0xf6),
  'frame of pairs of arrays': megabyteOf(2 ** 19, 0x81, 0x80),
  'frame of 4,095 byte strings': megabyteOf(4095, 0x58, 253, ...Array.from({ length: 253 }, () => 7))
}
const MESSAGES: Record<string, Uint8Array> = {
  'reconciliation of as many ranges as fit, and one wrong': rangesOf(n => [1 << 6 | 3, n >> 16, n >> 8 & 255, n & 255, ...Array.from({ length: 16 }, () => 1)]),
  'reconciliation of empty lists, and one wrong': rangesOf(n => [2 << 6 | 3, n >> 16, n >> 8 & 255, n & 255, 0])
}

/** Ranges in order up to the bound, the last of which goes backwards. */
function rangesOf (range: (n: number) => number[]): Uint8Array {
  const parts = [[0]]
  let bytes = 1
  for (let n = 1; n < 65_000; n++) {
    const next = range(n)
    bytes += next.length
    if (bytes > RECONCILE_MESSAGE_BYTES - 32) break
    parts.push(next)
  }
  return Uint8Array.from([...parts, range(0)].flat())
}
