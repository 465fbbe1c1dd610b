// What only this database has of the authors who write here, and no peer could give back:
//   devices:    author (32) || community (32) || period (4) -> device id (uint32); sealed
//   sequences:  author || community || period || part (2) -> device id, the last number it used; sealed
//   rescues:    author || community || period || root/key -> an own entry that has to be written again; sealed
//   stamps:     author || community -> admission stamp
//   own:        hash of an envelope that was written here
//   unsent:     community || hash of an own envelope that no other peer is known to have
import { decode, encode } from '@ipld/dag-cbor'
import { bytesToHex, concatBytes, equalBytes, hexToBytes } from '../identity/encoding.ts'
import type { AuthorId, CommunityAddress, DocumentId, EntryValue, EnvelopeHash, Period, RootName } from '../model.ts'
import type { Operation, Table } from './checkpoint-rows.ts'
import { seal, unseal } from './format.ts'

/** The last number that an own device used in a document; it outlives the envelopes, which snapshots replace. */
export interface Sequence {
  readonly document: DocumentId
  readonly device: number
  readonly seq: number
}

/** An own entry that incoming envelopes pushed out, and that has to be written again. */
export interface Rescue {
  readonly author: AuthorId
  readonly community: CommunityAddress
  readonly period: Period
  readonly root: RootName
  readonly key: string
  readonly value: EntryValue
}

/** An own envelope that no other peer is known to have. */
export interface UnsentEnvelope {
  readonly community: CommunityAddress
  readonly hash: EnvelopeHash
}

export interface DamagedRow {
  readonly what: 'device' | 'sequence' | 'rescue'
  readonly community: CommunityAddress | null
}

/** What of a batch concerns what is written here. */
export interface OwnBatch {
  /** Hashes that were written by this database's own devices. */
  readonly own?: readonly EnvelopeHash[]
  readonly sequences?: readonly Sequence[]
  readonly rescue?: readonly Rescue[]
  readonly rescued?: readonly Rescue[]
  readonly unsent?: readonly UnsentEnvelope[]
  readonly sent?: readonly UnsentEnvelope[]
}

export interface OwnRows {
  /** The tables whose rows are sealed. */
  readonly sealed: readonly Table[]
  /** Rows that are not what was written, and the end of them and of the devices that can go on no more. */
  damaged (): Promise<{ readonly rows: readonly DamagedRow[], readonly operations: readonly Operation[] }>
  operations (batch: OwnBatch): Operation[]
  isOwn (hash: EnvelopeHash): Promise<boolean>
  device (author: AuthorId, community: CommunityAddress, period: Period): Promise<number | undefined>
  putDevice (author: AuthorId, community: CommunityAddress, period: Period, device: number): Operation
  /** The next write takes another device id. */
  deleteDevice (author: AuthorId, community: CommunityAddress, period: Period): Operation
  sequence (document: DocumentId): Promise<{ readonly device: number, readonly seq: number } | undefined>
  unsent (): Promise<UnsentEnvelope[]>
  /** What still has to be written again for an author. */
  rescues (author: AuthorId): Promise<Rescue[]>
  /** A local author's admission stamp; it outlives leaving the community, because it was work. */
  stamp (author: AuthorId, community: CommunityAddress): Promise<Uint8Array | undefined>
  putStamp (author: AuthorId, community: CommunityAddress, stamp: Uint8Array): Operation
  /** Everybody who has, or had, a device of their own here, or searched a stamp: they wrote here, or still do. */
  authors (): Promise<AuthorId[]>
  /** Deletes what concerns a community: a device that lost its envelopes must not count on from the beginning under its old id. */
  forget (community: CommunityAddress): Promise<Operation[]>
}

const DEVICE_KEY_BYTES = 32 + 32 + 4
const SEQUENCE_KEY_BYTES = DEVICE_KEY_BYTES + 2
const NOTHING = new Uint8Array(0)

function deviceKey (author: AuthorId, community: CommunityAddress, period: Period): Uint8Array {
  const key = new Uint8Array(DEVICE_KEY_BYTES)
  key.set(hexToBytes(author), 0)
  key.set(hexToBytes(community), 32)
  new DataView(key.buffer).setUint32(64, period)
  return key
}

function sequenceKey ({ author, community, period, part }: DocumentId): Uint8Array {
  const key = new Uint8Array(SEQUENCE_KEY_BYTES)
  key.set(deviceKey(author, community, period), 0)
  new DataView(key.buffer).setUint16(DEVICE_KEY_BYTES, part)
  return key
}

function rescueKey ({ author, community, period, root, key }: Rescue): Uint8Array {
  return concatBytes(deviceKey(author, community, period), new TextEncoder().encode(`${root}/${key}`))
}

function unsentKey ({ community, hash }: UnsentEnvelope): Uint8Array {
  return concatBytes(hexToBytes(community), hexToBytes(hash))
}

function numbers (...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length)
  for (const [at, value] of values.entries()) new DataView(bytes.buffer).setUint32(4 * at, value)
  return bytes
}

export function createOwnRows (table: (name: string) => Table): OwnRows {
  const devices = table('devices')
  const own = table('own')
  const sequences = table('sequences')
  const rescues = table('rescues')
  const stamps = table('stamps')
  const unsent = table('unsent')
  const put = (sublevel: Table, key: Uint8Array, value: Uint8Array): Operation => ({ type: 'put', sublevel, key, value })
  const putSealed = (sublevel: Table, key: Uint8Array, value: Uint8Array): Operation => put(sublevel, key, seal(key, value))
  const del = (sublevel: Table, key: Uint8Array): Operation => ({ type: 'del', sublevel, key })

  return {
    sealed: [devices, sequences, rescues],
    async damaged () {
      const rows: DamagedRow[] = []
      const operations: Operation[] = []
      for (const [what, owned, keyBytes] of [['device', devices, DEVICE_KEY_BYTES], ['sequence', sequences, SEQUENCE_KEY_BYTES], ['rescue', rescues, null]] as const) {
        for await (const [key, value] of owned.iterator()) {
          if ((keyBytes === null ? key.length > DEVICE_KEY_BYTES : key.length === keyBytes) && unseal(key, value) !== null) continue
          operations.push(del(owned, key))
          if (key.length >= DEVICE_KEY_BYTES && what === 'sequence') operations.push(del(devices, key.slice(0, DEVICE_KEY_BYTES)))
          rows.push({ what, community: key.length >= 64 ? bytesToHex(key.subarray(32, 64)) as CommunityAddress : null })
        }
      }
      return { rows, operations }
    },
    operations: ({ own: written = [], sequences: used = [], rescue = [], rescued = [], unsent: waiting = [], sent = [] }) => [
      ...written.map(hash => put(own, hexToBytes(hash), NOTHING)),
      ...used.map(({ document, device, seq }) => putSealed(sequences, sequenceKey(document), numbers(device, seq))),
      ...rescue.map(entry => putSealed(rescues, rescueKey(entry), encode(entry.value))),
      ...rescued.map(entry => del(rescues, rescueKey(entry))),
      ...waiting.map(envelope => put(unsent, unsentKey(envelope), NOTHING)),
      ...sent.map(envelope => del(unsent, unsentKey(envelope)))
    ],
    isOwn: async hash => await own.get(hexToBytes(hash)) !== undefined,
    async device (author, community, period) {
      const key = deviceKey(author, community, period)
      const value = unseal(key, await devices.get(key))
      return value?.length !== 4 ? undefined : new DataView(value.buffer, value.byteOffset, value.byteLength).getUint32(0)
    },
    putDevice: (author, community, period, device) => putSealed(devices, deviceKey(author, community, period), numbers(device)),
    deleteDevice: (author, community, period) => del(devices, deviceKey(author, community, period)),
    async sequence (document) {
      const key = sequenceKey(document)
      const value = unseal(key, await sequences.get(key))
      if (value?.length !== 8) return undefined
      const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
      return { device: view.getUint32(0), seq: view.getUint32(4) }
    },
    async unsent () {
      const keys = await unsent.keys().all()
      return keys.map(key => ({ community: bytesToHex(key.subarray(0, 32)) as CommunityAddress, hash: bytesToHex(key.subarray(32)) as EnvelopeHash }))
    },
    async rescues (author) {
      const found: Rescue[] = []
      const from = hexToBytes(author)
      const to = new Uint8Array(DEVICE_KEY_BYTES + 128).fill(0xff)
      to.set(from)
      for await (const [key, sealed] of rescues.iterator({ gte: from, lte: to })) {
        const value = unseal(key, sealed)
        if (value === null) continue
        const [root = '', ...rest] = new TextDecoder().decode(key.subarray(DEVICE_KEY_BYTES)).split('/')
        found.push({
          author,
          community: bytesToHex(key.subarray(32, 64)) as CommunityAddress,
          period: new DataView(key.buffer, key.byteOffset, key.byteLength).getUint32(64),
          root: root as RootName,
          key: rest.join('/'),
          value: decode(value)
        })
      }
      return found
    },
    stamp: async (author, community) => await stamps.get(concatBytes(hexToBytes(author), hexToBytes(community))),
    putStamp: (author, community, stamp) => put(stamps, concatBytes(hexToBytes(author), hexToBytes(community)), stamp),
    async authors () {
      const authors = new Set<AuthorId>()
      // A device is given up when its words are damaged; those that are left are the author's own all the same.
      for (const owned of [devices, sequences, stamps]) for await (const key of owned.keys()) if (key.length >= 32) authors.add(bytesToHex(key.subarray(0, 32)) as AuthorId)
      return [...authors]
    },
    async forget (community) {
      const operations: Operation[] = []
      const from = hexToBytes(community)
      for (const owned of [devices, sequences, rescues]) for await (const key of owned.keys()) if (equalBytes(key.subarray(32, 64), from)) operations.push(del(owned, key))
      for await (const key of unsent.keys({ gte: from, lte: concatBytes(from, new Uint8Array(33).fill(0xff)) })) operations.push(del(unsent, key))
      return operations
    }
  }
}
