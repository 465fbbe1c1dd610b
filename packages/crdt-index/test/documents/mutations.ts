// Takes real updates apart, changes what a hostile device would, and puts them together again: structs spliced in from
// elsewhere, clients reordered or renamed, foreign deletions, clocks and origins moved, lengths that lie, bits flipped.
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { pick, type Random } from './devices.ts'
import { flipped } from './updates.ts'

interface Id { readonly client: number, readonly clock: number }

/** A struct as the bytes say it, meaning left aside. */
interface LooseStruct {
  readonly info: number
  readonly origin: Id | null
  readonly root: string | null
  readonly key: string | null
  /** Length of a deleted one, or number of values. */
  readonly count: number
  readonly values: Uint8Array
}

interface LooseBlock {
  readonly client: number
  readonly clock: number
  readonly declared: number
  readonly structs: readonly LooseStruct[]
}

interface LooseRanges {
  readonly client: number
  readonly declared: number
  readonly ranges: ReadonlyArray<readonly [number, number]>
}

export interface LooseUpdate {
  readonly blocks: readonly LooseBlock[]
  readonly deletions: readonly LooseRanges[]
  /** After the end. */
  readonly rest: Uint8Array
}

const HAS_ORIGIN = 128
const CONTENT_DELETED = 1

/** Reads an update of our own devices; what it does not know it throws at. */
export function takeApart (update: Uint8Array): LooseUpdate {
  const decoder = decoding.createDecoder(update)
  const uint = (): number => decoding.readVarUint(decoder)
  const blocks = Array.from({ length: uint() }, (): LooseBlock => {
    const declared = uint()
    const client = uint()
    const clock = uint()
    const structs = Array.from({ length: declared }, (): LooseStruct => {
      const info = decoding.readUint8(decoder)
      const origin = (info & HAS_ORIGIN) === 0 ? null : { client: uint(), clock: uint() }
      let root: string | null = null
      let key: string | null = null
      if (origin === null) {
        uint()
        root = decoding.readVarString(decoder)
        key = decoding.readVarString(decoder)
      }
      const count = uint()
      const from = decoder.pos
      if ((info & 31) !== CONTENT_DELETED) for (let i = 0; i < count; i++) decoding.readAny(decoder)
      return { info, origin, root, key, count, values: update.slice(from, decoder.pos) }
    })
    return { client, clock, declared, structs }
  })
  const deletions = Array.from({ length: uint() }, (): LooseRanges => {
    const client = uint()
    const declared = uint()
    return { client, declared, ranges: Array.from({ length: declared }, () => [uint(), uint()] as const) }
  })
  return { blocks, deletions, rest: update.slice(decoder.pos) }
}

export function putTogether ({ blocks, deletions, rest }: LooseUpdate): Uint8Array {
  const encoder = encoding.createEncoder()
  const uint = (value: number): void => { encoding.writeVarUint(encoder, Math.max(0, value)) }
  uint(blocks.length)
  for (const { client, clock, declared, structs } of blocks) {
    for (const value of [declared, client, clock]) uint(value)
    for (const { info, origin, root, key, count, values } of structs) {
      encoding.writeUint8(encoder, info)
      if (origin !== null) {
        uint(origin.client)
        uint(origin.clock)
      } else {
        uint(1)
        encoding.writeVarString(encoder, root ?? 'votes')
        encoding.writeVarString(encoder, key ?? '')
      }
      uint(count)
      encoding.writeUint8Array(encoder, values)
    }
  }
  uint(deletions.length)
  for (const { client, declared, ranges } of deletions) {
    uint(client)
    uint(declared)
    for (const range of ranges) for (const value of range) uint(value)
  }
  encoding.writeUint8Array(encoder, rest)
  return encoding.toUint8Array(encoder)
}

type Change = (update: LooseUpdate, other: LooseUpdate, random: Random) => LooseUpdate

/** The block with its declared number of structs true again, most of the time. */
function withStructs (block: LooseBlock, structs: readonly LooseStruct[], random: Random): LooseBlock {
  return { ...block, structs, declared: random(12) === 0 ? block.declared : structs.length }
}

function changeBlock (update: LooseUpdate, random: Random, change: (block: LooseBlock) => LooseBlock): LooseUpdate {
  if (update.blocks.length === 0) return update
  const at = random(update.blocks.length)
  return { ...update, blocks: update.blocks.map((block, i) => i === at ? change(block) : block) }
}

function changeStruct (update: LooseUpdate, random: Random, change: (struct: LooseStruct, block: LooseBlock) => LooseStruct): LooseUpdate {
  return changeBlock(update, random, block => {
    const at = random(Math.max(1, block.structs.length))
    return { ...block, structs: block.structs.map((struct, i) => i === at ? change(struct, block) : struct) }
  })
}

const clientsOf = ({ blocks }: LooseUpdate): number[] => blocks.map(({ client }) => client)
const anyId = (update: LooseUpdate, random: Random): Id => ({ client: pick([...clientsOf(update), 7], random), clock: random(12) })
const moved = (value: number, random: Random): number => pick([value + 1, value - 1, value + random(9), 0, 2 ** 31 - 1, value * 2], random)

const CHANGES: readonly Change[] = [
  // Structs: from another update, twice, in another order, fewer.
  (update, other, random) => {
    const donor = other.blocks.flatMap(({ structs }) => structs)
    if (donor.length === 0) return update
    return changeBlock(update, random, block => withStructs(block, block.structs.toSpliced(random(block.structs.length + 1), random(2), pick(donor, random)), random))
  },
  (update, _other, random) => changeBlock(update, random, block => {
    const at = random(block.structs.length + 1)
    return withStructs(block, [...block.structs.slice(0, at), ...block.structs.slice(at, at + 2), ...block.structs.slice(at)], random)
  }),
  (update, _other, random) => changeBlock(update, random, block => withStructs(block, block.structs.toSpliced(random(Math.max(1, block.structs.length)), 1 + random(2)), random)),
  (update, _other, random) => changeBlock(update, random, block => withStructs(block, block.structs.toReversed(), random)),
  // Clients: in another order, under another name, twice, of another update.
  update => ({ ...update, blocks: update.blocks.toReversed() }),
  (update, other, random) => changeBlock(update, random, block => ({ ...block, client: pick([...clientsOf(other), ...clientsOf(update), 0, 1], random) })),
  (update, other, random) => ({ ...update, blocks: [...update.blocks, ...other.blocks.slice(0, 1 + random(2))] }),
  (update, _other, random) => changeBlock(update, random, block => ({ ...block, clock: moved(block.clock, random) })),
  // Places: another origin, none, another key, another root map.
  (update, _other, random) => changeStruct(update, random, struct => ({ ...struct, info: struct.info | HAS_ORIGIN, origin: anyId(update, random) })),
  (update, other, random) => {
    const firsts = [...update.blocks, ...other.blocks].flatMap(({ structs }) => structs.filter(({ key }) => key !== null))
    if (firsts.length === 0) return update
    const { root, key } = pick(firsts, random)
    return changeStruct(update, random, struct => ({ ...struct, info: (struct.info & ~HAS_ORIGIN) | 32, origin: null, root, key }))
  },
  (update, _other, random) => changeStruct(update, random, struct => struct.root === null ? struct : { ...struct, root: pick(['votes', 'posts', 'deletions', 'labels', 'profile', 'x'], random) }),
  // Contents: deleted, longer, another value, another kind of content.
  (update, _other, random) => changeStruct(update, random, struct => ({ ...struct, info: (struct.info & ~31) | CONTENT_DELETED, count: 1 + random(random(8) === 0 ? 2 ** 31 : 4), values: new Uint8Array() })),
  (update, other, random) => {
    const donors = other.blocks.flatMap(({ structs }) => structs.filter(({ values }) => values.length > 0))
    return donors.length === 0 ? update : changeStruct(update, random, struct => ({ ...struct, info: (struct.info & ~31) | 8, count: 1, values: pick(donors, random).values }))
  },
  (update, _other, random) => changeStruct(update, random, struct => ({ ...struct, info: struct.info ^ 1 << random(8) })),
  (update, _other, random) => changeStruct(update, random, struct => ({ ...struct, count: moved(struct.count, random) })),
  // Deletions: foreign, moved, overlapping, of what is not there.
  (update, other, random) => ({ ...update, deletions: [...update.deletions, ...other.deletions.slice(0, 1)].toSorted(() => random(3) - 1) }),
  (update, _other, random) => ({ ...update, deletions: [...update.deletions, { client: pick([...clientsOf(update), 9], random), declared: 1, ranges: [[random(20), random(5)]] }] }),
  (update, _other, random) => ({ ...update, deletions: update.deletions.map(each => ({ ...each, ranges: each.ranges.map(([from, length]) => random(2) === 0 ? [from, moved(length, random)] : [moved(from, random), length]) })) }),
  (update, _other, random) => ({ ...update, deletions: update.deletions.map(each => ({ ...each, declared: moved(each.declared, random) })) }),
  // Numbers that lie.
  (update, _other, random) => changeBlock(update, random, block => ({ ...block, declared: moved(block.declared, random) })),
  (update, _other, random) => ({ ...update, rest: Uint8Array.from({ length: 1 + random(3) }, () => random(256)) })
]

/** One to three changes of the parts, sometimes a flipped bit, sometimes an end that is missing. */
export function mutate (update: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let parts = takeApart(update)
  const donor = takeApart(other)
  for (let changes = 1 + random(3); changes > 0; changes--) parts = pick(CHANGES, random)(parts, donor, random)
  let bytes = putTogether(parts)
  if (random(10) === 0 && bytes.length > 0) bytes = flipped(bytes, random(bytes.length), random(8))
  if (random(25) === 0) bytes = bytes.slice(0, random(bytes.length + 1))
  return bytes
}
