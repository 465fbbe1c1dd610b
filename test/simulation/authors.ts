// What an author signs: honest devices on real Yjs that write, meet each other and take snapshots, and, where the author is
// not honest, whatever else the guard lets pass.
import { contentNumber } from '../../packages/crdt-index/test/views/world.ts'
import { item, SECONDS, set, TIME_MS, uint, update, vote, type Block, type Deletions } from '../../packages/crdt-index/test/documents/updates.ts'
import { hexToBytes } from '@seedbed/crdt-index'
import * as Y from 'yjs'
import { contentOf, itemOf } from './names.ts'
import { pick, type Random } from '../../packages/crdt-index/test/random.ts'

export interface Statement {
  readonly part: number
  readonly device: number
  readonly seq: number
  readonly kind: 0 | 1
  readonly seen: ReadonlyMap<number, number>
  readonly update: Uint8Array
}

export interface AuthorOptions {
  readonly author: number
  readonly authors: number
  readonly honest: boolean
  readonly contents: number
  readonly random: Random
}

const DELTA = 0
const SNAPSHOT = 1

class Device {
  readonly part: number
  readonly id: number
  readonly doc: Y.Doc = new Y.Doc()
  readonly seen = new Map<number, number>()
  seq = 0

  constructor (part: number, id: number) {
    this.part = part
    this.id = id
    this.doc.clientID = id
  }

  /** A folder that was copied: both go on with the same id. */
  copy (): Device {
    const copy = new Device(this.part, this.id)
    copy.#take(this.doc)
    copy.seq = this.seq
    for (const [device, seq] of this.seen) copy.seen.set(device, seq)
    return copy
  }

  meet (other: Device): void {
    if (other.part !== this.part || other.id === this.id) return
    this.#take(other.doc)
    for (const [device, seq] of other.seen) if (device !== this.id) this.seen.set(device, Math.max(seq, this.seen.get(device) ?? 0))
  }

  /** Yjs would draw another clientID where it meets its own in what it applies. */
  #take (doc: Y.Doc): void {
    this.doc.clientID = 0
    Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(doc))
    this.doc.clientID = this.id
  }

  change (act: (doc: Y.Doc) => void): Statement | null {
    let update: Uint8Array | null = null
    const listen = (bytes: Uint8Array): void => { update = bytes }
    this.doc.on('update', listen)
    this.doc.transact(() => { act(this.doc) })
    this.doc.off('update', listen)
    return update === null ? null : this.#say(DELTA, update)
  }

  snapshot (): Statement {
    return this.#say(SNAPSHOT, Y.encodeStateAsUpdate(this.doc))
  }

  #say (kind: 0 | 1, update: Uint8Array): Statement {
    this.seen.set(this.id, ++this.seq)
    return { part: this.part, device: this.id, seq: this.seq, kind, seen: kind === SNAPSHOT ? new Map(this.seen) : new Map<number, number>(), update }
  }
}

/** All that an author signs, in the order of signing. */
export function createAuthor (options: AuthorOptions): Statement[] {
  const { honest, random } = options
  const devices = Array.from({ length: 1 + random(3) }, (_, n) => new Device(random(6) === 0 ? 1 : 0, 100 + 10 * n + random(10)))
  const statements: Statement[] = []
  for (let steps = 2 + random(9); steps > 0; steps--) {
    const device = pick(devices, random)
    const roll = random(10)
    if (roll < 2) device.meet(pick(devices, random))
    else if (roll < 4 && device.seq > 0) statements.push(device.snapshot())
    else statements.push(...some(device.change(scribble(options))))
    if (honest) continue
    const evil = random(8)
    if (evil === 0 && devices.length < 5) devices.push(device.copy())
    else if (evil < 4) statements.push(...pick(FORGERIES, random)({ ...options, device, devices }))
  }
  return statements
}

const some = <T>(value: T | null): T[] => value === null ? [] : [value]

function scribble ({ author, authors, contents, random }: AuthorOptions): (doc: Y.Doc) => void {
  const writes = Array.from({ length: random(5) === 0 ? 3 : 1 }, (): [root: string, key: string, value: unknown[] | null] => {
    const n = random(contents)
    const at = TIME_MS - random(5000)
    const whose = random(authors)
    const other = itemOf(whose, random(contents))
    const roll = random(20)
    const value = roll === 19 ? null : undefined
    if (roll < 4) return ['posts', contentOf(author, n).key, value ?? [100, at, `title ${random(9)}`]]
    if (roll < 7) return ['comments', contentOf(author, n).key, value ?? [9, at, bytesOfItem(other), bytesOfItem(itemOf(whose, random(contents)))]]
    if (roll < 9) return ['edits', contentNumber(900 + random(4)).key, value ?? [bytesOfItem(itemOf(author, n)), 8, at, random(2) === 0 ? null : `edit ${random(9)}`]]
    if (roll < 10) return ['deletions', itemOf(author, n), [SECONDS - random(9)]]
    return ['votes', other, value === null ? null : [random(3) - 1, SECONDS - random(9), ...random(5) === 0 ? [hexToBytes(contentOf(whose, 0).id)] : []]]
  })
  return doc => {
    for (const [root, key, value] of writes) {
      if (value === null) doc.getMap(root).delete(key)
      else doc.getMap(root).set(key, value)
    }
  }
}

const bytesOfItem = (id: string): Uint8Array => new Uint8Array(Buffer.from(id, 'base64url'))

type Forgery = (context: AuthorOptions & { readonly device: Device, readonly devices: readonly Device[] }) => Statement[]

const delta = (device: Device, seq: number, bytes: Uint8Array, id = device.id): Statement => ({ part: device.part, device: id, seq, kind: DELTA, seen: new Map(), update: bytes })
const snapshot = (device: Device, seq: number, seen: ReadonlyMap<number, number>, bytes: Uint8Array, id = device.id): Statement =>
  ({ part: device.part, device: id, seq, kind: SNAPSHOT, seen: new Map([...seen, [id, seq]]), update: bytes })
const NOTHING = Uint8Array.of(0, 0)

/** Another past: a new document under an old name. */
function otherPast (context: AuthorOptions, id: number): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = id
  for (let i = 1 + context.random(3); i > 0; i--) doc.transact(() => { scribble(context)(doc) })
  return Y.encodeStateAsUpdate(doc)
}

const anySeen = (devices: readonly Device[], random: Random, most: number): Map<number, number> => new Map(devices.map(({ id }) => [id, 1 + random(most)]))

const FORGERIES: readonly Forgery[] = [
  // A second envelope under a used number.
  context => [delta(context.device, 1 + context.random(context.device.seq + 2), otherPast(context, context.device.id))],
  context => {
    const { device, devices, random } = context
    return [snapshot(device, 1 + random(device.seq + 2), anySeen(devices, random, 6), otherPast(context, device.id))]
  },
  // A snapshot of nothing that claims to have seen everything, as near or as far as it likes.
  ({ device, devices, random }) => [snapshot(device, 1 + random(1e6), anySeen(devices, random, random(2) === 0 ? 8 : 2 ** 31 - 1), NOTHING)],
  // Two snapshots, each of which has seen the other.
  context => {
    const { device, devices, random } = context
    const other = pick(devices, random)
    const [a, b] = [5 + random(4), 5 + random(4)]
    return [
      snapshot(device, a, new Map([[other.id, b]]), otherPast(context, device.id)),
      ...other.id === device.id ? [] : [snapshot(other, b, new Map([[device.id, a]]), otherPast(context, other.id))]
    ]
  },
  // A device's clocks as another device tells them.
  context => {
    const { device, devices, random } = context
    const other = pick(devices, random)
    return [snapshot(device, device.seq + 1 + random(3), new Map([...device.seen, [other.id, 1 + random(9)]]), otherPast(context, other.id))]
  },
  // What builds on nothing, on something else, or on what never comes.
  context => {
    const { device, devices, random, author } = context
    const other = pick(devices, random)
    const key = itemOf(author, random(2))
    const structs: Block['structs'] = [random(2) === 0 ? set([1, SECONDS], { key }) : set([-1, SECONDS], { origin: [random(3) === 0 ? 5 : other.id, random(6)] })]
    const deletions: Deletions[] = random(3) === 0 ? [{ client: other.id === device.id ? 7 : other.id, ranges: [[random(4), 1 + random(3)]] }] : []
    return [delta(device, device.seq + 1 + random(4), update([{ client: device.id, clock: random(8), structs }], deletions))]
  },
  // Deletions alone, of whatever.
  ({ device, devices, random }) => [delta(device, device.seq + 1, update([], [{ client: pick(devices, random).id, ranges: [[random(5), 1 + random(5)]] }]))],
  // A value of another root map's shape over an entry.
  ({ device, random }) => [delta(device, device.seq + 1, update([{ client: device.id, clock: 1 + random(6), structs: [set([SECONDS], { origin: [device.id, 0] })] }]))],
  // Runs that others overwrite in the middle.
  ({ device, random }) => {
    const length = 2 + random(random(20) === 0 ? 400 : 6)
    const cuts = Array.from({ length: Math.min(length - 1, 300) }, (_, n) => item(1, uint(1), { origin: [50, length - 2 - n] }))
    return [
      { ...delta(device, 1, update([{ client: 50, structs: [item(1, uint(length))] }]), 50) },
      { ...delta(device, 1, update([{ client: 51, structs: cuts }]), 51) }
    ]
  },
  // More devices than count.
  ({ device, random }) => random(4) > 0 ? [] : Array.from({ length: 18 }, (_, n) => delta(device, 1, update([{ client: 1 + n * 3, structs: [vote(n % 3)] }]), 1 + n * 3)),
  // More snapshots of one device than count, none of which covers another.
  ({ device, random }) => random(3) > 0 ? [] : Array.from({ length: 7 }, (_, n) => snapshot(device, n + 1, new Map([[9999, 1000 - 10 * n]]), update([{ client: device.id, structs: [vote(n)] }])))
]
