// Sets of signed envelopes of one document each, and what they mean: which count, in what order, with which digest and
// entries, and whether two of them prove an equivocation.
import * as Y from 'yjs'
import { encodePost, encodeVote, type RawEntry } from '../../packages/crdt-index/src/documents/schema.ts'
import { materialize } from '../../packages/crdt-index/src/documents/materialize.ts'
import { reduce } from '../../packages/crdt-index/src/documents/reduce.ts'
import { encodeEnvelope } from '../../packages/crdt-index/src/envelope/envelope.ts'
import { verifyEquivocation } from '../../packages/crdt-index/src/envelope/equivocation.ts'
import { verifyEnvelope } from '../../packages/crdt-index/src/envelope/verify.ts'
import { bytesToHex, concatBytes, hexToBytes } from '../../packages/crdt-index/src/identity/encoding.ts'
import { itemIdOf, parseCommunityAddress, parseContentId } from '../../packages/crdt-index/src/identity/ids.ts'
import { createSigner } from '../../packages/crdt-index/src/identity/keys.ts'
import { sha256 } from '../../packages/crdt-index/src/identity/sha256.ts'
import { EnvelopeKind, type ItemId, type VerifiedEnvelope } from '../../packages/crdt-index/src/model.ts'
import { item, set, uint, update, vote, type Block, type Deletions } from '../../packages/crdt-index/test/documents/updates.ts'

const ana = createSigner(new Uint8Array(32).fill(1))
const community = parseCommunityAddress('c0'.repeat(32))
const PERIOD = 202611
const TIME_MS = Date.UTC(2026, 10, 22)
const SECONDS = TIME_MS / 1000

const itemNumber = (n: number): ItemId => itemIdOf(ana.author, parseContentId(n.toString(16).padStart(40, '0')))
const up = (n: number, value: 1 | 0 | -1 = 1): RawEntry => encodeVote({ item: itemNumber(n), value, seconds: SECONDS, revision: null })

function envelope (device: number, seq: number, bytes: Uint8Array, seen?: ReadonlyArray<readonly [number, number]>): VerifiedEnvelope {
  const verified = verifyEnvelope(encodeEnvelope({
    community, period: PERIOD, part: 0, device, seq, timeMs: TIME_MS, stamp: new Uint8Array(),
    kind: seen === undefined ? EnvelopeKind.delta : EnvelopeKind.snapshot, seen: new Map(seen === undefined ? [] : [...seen, [device, seq]])
  }, bytes, ana))
  if ('verdict' in verified) throw new Error(verified.reason)
  return verified
}
const raw = (device: number, seq: number, blocks: readonly Block[], deletions: readonly Deletions[] = [], seen?: ReadonlyArray<readonly [number, number]>): VerifiedEnvelope => envelope(device, seq, update(blocks, deletions), seen)

/** A device as ours write: deltas of what it changed, snapshots of what it knows. */
class Device {
  readonly id: number
  readonly doc: Y.Doc = new Y.Doc()
  readonly seen = new Map<number, number>()
  seq = 0

  constructor (id: number) {
    this.id = id
    this.doc.clientID = id
  }

  write (...entries: readonly RawEntry[]): VerifiedEnvelope {
    return this.change(doc => { for (const { root, key, value } of entries) doc.getMap(root).set(key, value) })
  }

  change (act: (doc: Y.Doc) => void): VerifiedEnvelope {
    const before = Y.encodeStateVector(this.doc)
    let written = Y.encodeStateAsUpdate(this.doc, before)
    const listen = (bytes: Uint8Array): void => { written = bytes }
    this.doc.on('update', listen)
    this.doc.transact(() => { act(this.doc) })
    this.doc.off('update', listen)
    this.seen.set(this.id, ++this.seq)
    return envelope(this.id, this.seq, written)
  }

  snapshot (): VerifiedEnvelope {
    this.seen.set(this.id, ++this.seq)
    return envelope(this.id, this.seq, Y.encodeStateAsUpdate(this.doc), [...this.seen].filter(([device]) => device !== this.id))
  }

  meet (other: Device): void {
    this.doc.clientID = 0
    Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(other.doc))
    this.doc.clientID = this.id
    for (const [device, seq] of other.seen) if (device !== this.id) this.seen.set(device, seq)
  }
}

function sets (): Array<[name: string, envelopes: VerifiedEnvelope[]]> {
  const [alone, left, right, third] = [new Device(30), new Device(20), new Device(10), new Device(40)]
  const post = encodePost({ contentId: parseContentId('0a'.repeat(20)), length: 9, createdMs: TIME_MS, title: 'First frost' })
  const deltas = [alone.write(post), alone.write(up(1), up(2)), alone.write(up(1, -1))]
  const snapshot = alone.snapshot()
  const later = alone.write(up(3))
  const erased = alone.change(doc => { doc.getMap('votes').delete(itemNumber(2)) })

  const concurrent = [left.write(up(1)), right.write(up(1, -1), up(2))]
  third.meet(left)
  third.meet(right)
  const joined = third.snapshot()
  third.doc.clientID = third.id
  const overwritten = third.write(up(1, 0))

  const [one, two] = [new Device(2), new Device(1)]
  const chain = [one.write(up(1))]
  for (const [writer, other] of [[two, one], [one, two], [two, one]] as const) {
    writer.meet(other)
    chain.push(writer.write(up(1, chain.length % 2 === 0 ? 1 : -1)))
  }
  const foreign = new Device(50)
  foreign.meet(two)
  const deletion = foreign.change(doc => { doc.getMap('votes').delete(itemNumber(1)) })

  const structs = (...values: ReadonlyArray<1 | -1>): Block['structs'] => values.map((value, n) => set([value, SECONDS], { key: itemNumber(n) }))
  const unrelated = Array.from({ length: 6 }, (_, n) => raw(5, n + 1, [{ client: 5, structs: [vote(n)] }], [], [[9999, 1000 - 10 * n]]))
  return [
    ['nothing', []],
    ['deltas of one device', deltas],
    ['the same, delivered backwards and twice', [...deltas.toReversed(), ...deltas]],
    ['a snapshot covers what it has seen', [...deltas, snapshot]],
    ['deltas after a snapshot stay beside it', [deltas[1] as VerifiedEnvelope, later, snapshot, erased]],
    ['two devices set one key at one time: the higher client id wins', concurrent],
    ['a snapshot of a third device covers both', [...concurrent, joined]],
    ['and is overwritten by a delta', [...concurrent, joined, overwritten]],
    ['deltas that build on each other across devices, against the canonical order', chain],
    ['a device deletes what another wrote', [...chain, deletion]],
    ['a delta whose base is not there waits', [deltas[0] as VerifiedEnvelope, deltas[2] as VerifiedEnvelope]],
    ['equivocation: two deltas under one number', [raw(5, 1, [{ client: 5, structs: structs(1) }]), raw(5, 1, [{ client: 5, structs: structs(-1) }])]],
    ['equivocation: a delta and a snapshot under one number', [raw(5, 2, [{ client: 5, structs: structs(1) }]), raw(5, 2, [{ client: 5, structs: structs(-1, 1) }], [], [])]],
    ['equivocation: two deltas on one clock', [raw(5, 1, [{ client: 5, structs: structs(1, 1) }]), raw(5, 2, [{ client: 5, clock: 1, structs: [set([-1, SECONDS], { key: itemNumber(7) })] }])]],
    ['equivocation: two snapshots of two pasts, neither of which has seen the other', [
      raw(5, 3, [{ client: 5, structs: structs(1, 1) }], [], []), raw(6, 1, [{ client: 5, structs: structs(1, -1) }], [], [[5, 2]])
    ]],
    ['two snapshots each of which has seen the other', [raw(5, 4, [{ client: 5, structs: structs(1) }], [], [[6, 4]]), raw(6, 4, [{ client: 6, structs: structs(-1) }], [], [[5, 4]])]],
    ['a snapshot of nothing that has seen everything', [...deltas, raw(31, 1, [], [], [[30, 2 ** 31 - 1]])]],
    ['the sixteen lowest of eighteen devices', Array.from({ length: 18 }, (_, n) => raw(100 - n, 1, [{ client: 100 - n, structs: [vote(n)] }]))],
    ['the four highest of six snapshots of one device', unrelated],
    ['a snapshot that does not stay covers all the same', [...unrelated, raw(5, 9, [{ client: 5, structs: [vote(9)] }], [], [[9999, 1]]), raw(5, 8, [{ client: 5, clock: 1, structs: [vote(8)] }])]],
    ['a value of another root map\'s shape over an entry is applied, and no entry', [raw(5, 1, [{ client: 5, structs: structs(1, 1) }]), raw(5, 2, [{ client: 5, clock: 2, structs: [set([SECONDS], { origin: [5, 0] })] }], [{ client: 5, ranges: [[0, 1]] }])]],
    ['a run that another device cuts at 300 places goes over the bound on conflicts', [
      raw(50, 1, [{ client: 50, structs: [item(1, uint(400))] }]),
      raw(51, 1, [{ client: 51, structs: Array.from({ length: 300 }, (_, n) => item(1, uint(1), { origin: [50, 398 - n] })) }]),
      raw(52, 1, [{ client: 52, structs: structs(1) }])
    ]]
  ]
}

const printable = (value: unknown): unknown => value instanceof Uint8Array ? { hex: bytesToHex(value) } : Array.isArray(value) ? value.map(printable) : value
const byName = <T>([a]: readonly [string, T], [b]: readonly [string, T]): number => a < b ? -1 : 1

export function documentVectors (): object {
  return {
    description: 'Sets of envelopes of one document, all valid: each is [signed, update] in base64, where signed is the signature, the length of the header and the header. `reduced` are the hashes of those that count, in canonical order; `digest` is that of a shard which holds them; `waiting` and `excess` are what the state leaves out, in canonical order; `entries` are root map, key and value, sorted. `contradictions` are the pairs that prove an equivocation: [first, second, kind, device, clock or null].',
    sets: sets().map(([name, envelopes]) => {
      const reduced = reduce(envelopes.map(({ header, ...rest }) => ({ ...header, ...rest, header }))) as unknown as VerifiedEnvelope[]
      const { entries, waiting, excess } = materialize(reduced, { period: PERIOD })
      const hashes = reduced.map(({ hash }) => hash)
      const contradictions = envelopes.flatMap((a, i) => envelopes.flatMap((b, j) => {
        const claim = j > i ? verifyEquivocation({ envelopes: [a.bytes, b.bytes] }) : null
        return claim === null ? [] : [[i, j, claim.kind, claim.device, claim.clock]]
      }))
      if (name.startsWith('equivocation') && contradictions.length !== 1) throw new Error(`${name}: ${contradictions.length} contradictions`)
      return {
        name,
        envelopes: envelopes.map(({ bytes, update }) => [bytes.subarray(0, bytes.length - update.length), update].map(part => Buffer.from(part).toString('base64'))),
        reduced: hashes,
        digest: hashes.length === 0 ? '00'.repeat(32) : bytesToHex(sha256(concatBytes(...hashes.toSorted().map(hexToBytes)))),
        waiting,
        excess,
        entries: [...entries].sort(byName).map(([root, keys]) => [root, [...keys].sort(byName).map(([key, value]) => [key, printable(value)])]),
        contradictions
      }
    })
  }
}
