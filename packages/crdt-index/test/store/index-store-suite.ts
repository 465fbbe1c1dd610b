// What a database has to do for the store, as a list of laws that any platform can run: no test framework in here.
import { Standing, type Rank } from '../../src/keeping/rank.ts'
import { createIndexStore, type Database, type IndexStore, type StoredEnvelope } from '../../src/store/index-store.ts'
import type { AuthorId, CommunityAddress, DocumentId, EnvelopeHash } from '../../src/model.ts'
import type { Root } from '../../src/store/checkpoint-rows.ts'
import { seal } from '../../src/store/format.ts'
import type { StoredProof } from '../../src/store/proof-rows.ts'

/** An open database that the suite closes. */
export type OpenDatabase = () => Promise<Database & { close (): Promise<void>, open (): Promise<void>, clear (): Promise<void> }>

const hex = (byte: number, bytes = 32): string => byte.toString(16).padStart(2, '0').repeat(bytes)
const [here, there] = [hex(0xc0) as CommunityAddress, hex(0xff) as CommunityAddress]
const [ada, bob] = [hex(0x0a) as AuthorId, hex(0xf0) as AuthorId]
const document = (community: CommunityAddress, period: number, author: AuthorId, part = 0): DocumentId => ({ community, period, author, part })
const envelope = (where: DocumentId, byte: number, length = 10): StoredEnvelope => ({ document: where, hash: hex(byte) as EnvelopeHash, bytes: new Uint8Array(length).fill(byte) })

/** The names of the laws that hold, in order; throws at the first that does not. */
export async function checkStore (openDatabase: OpenDatabase): Promise<string[]> {
  const db = await openDatabase()
  const held: string[] = []
  const law = async (name: string, check: (store: IndexStore) => Promise<void>): Promise<void> => {
    await db.open()
    await db.clear()
    await check(createIndexStore(db))
    held.push(name)
  }

  await law('what was written is read, in the order asked, and what was not is undefined', async store => {
    const [one, two] = [envelope(document(here, 202611, ada), 1), envelope(document(here, 202611, bob, 3), 2, 200_000)]
    await store.write({ put: [one, two], durable: true })
    equal(await store.read([two, { ...one, hash: hex(9) as EnvelopeHash }, one]), [two.bytes, undefined, one.bytes])
    equal(await store.read([]), [])
  })

  await law('everything is read in key order: community, period, author, part, hash', async store => {
    const ordered = [
      envelope(document(here, 0, ada), 7), envelope(document(here, 202510, bob), 6), envelope(document(here, 202611, ada), 0), envelope(document(here, 202611, ada), 255),
      envelope(document(here, 202611, ada, 1), 4), envelope(document(here, 202611, ada, 255), 3), envelope(document(here, 202611, bob), 2), envelope(document(there, 0, ada), 1)
    ]
    await store.write({ put: ordered.toReversed(), durable: false })
    equal(await everything(store), ordered)
  })

  await law('a batch replaces: what it deletes is gone, and a second put of one key counts', async store => {
    const [old, fresh] = [envelope(document(here, 202611, ada), 1), envelope(document(here, 202611, ada), 2)]
    await store.write({ put: [old], durable: true })
    await store.write({ put: [fresh], delete: [old], own: [fresh.hash], sequences: [{ document: fresh.document, device: 4294967295, seq: 2147483647 }], durable: true })
    equal(await everything(store), [fresh])
    equal([await store.isOwn(fresh.hash), await store.isOwn(old.hash)], [true, false])
    equal(await store.sequence(fresh.document), { device: 4294967295, seq: 2147483647 })
    equal(await store.sequence(document(here, 202611, ada, 1)), undefined)
    await store.write({ durable: true })
  })

  await law('it is there after the database was closed and opened again', async store => {
    const one = envelope(document(here, 202611, ada), 1)
    await store.write({ put: [one], durable: true })
    await store.putCommunity({ address: here, genesis: Uint8Array.of(1, 2, 3), joinedAtMs: 1.5e12 })
    await store.putCommunity({ address: there, genesis: undefined, joinedAtMs: 2 })
    await store.putDevice(ada, here, 202611, 4294967295)
    await store.putStamp(ada, here, Uint8Array.of(9))
    await db.close()
    await db.open()
    const again = createIndexStore(db)
    equal(await everything(again), [one])
    equal(await again.communities(), [{ address: here, joinedAtMs: 1.5e12, genesis: Uint8Array.of(1, 2, 3) }, { address: there, joinedAtMs: 2, genesis: undefined }])
    equal([await again.device(ada, here, 202611), await again.device(bob, here, 202611)], [4294967295, undefined])
    equal([await again.stamp(ada, here), await again.stamp(ada, there)], [Uint8Array.of(9), undefined])
  })

  await law('leaving a community takes its envelopes, devices, numbers and rescues, and nothing else', async store => {
    const gone = [envelope(document(here, 0, ada), 1), envelope(document(here, 999912, bob, 255), 255)]
    const stays = envelope(document(there, 0, ada), 3)
    const value = [1, 2, null]
    for (const community of [here, there]) {
      await store.putCommunity({ address: community, genesis: undefined, joinedAtMs: 1 })
      await store.putDevice(ada, community, 202611, 7)
      await store.write({ rescue: [{ author: ada, community, period: 202611, root: 'votes', key: 'k', value }], sequences: [{ document: document(community, 202611, ada), device: 7, seq: 1 }], durable: true })
    }
    await store.putStamp(ada, here, Uint8Array.of(9))
    await store.write({ put: [...gone, stays], durable: true })
    await store.deleteCommunity(here)
    equal(await everything(store), [stays])
    equal((await store.communities()).map(({ address }) => address), [there])
    equal([await store.device(ada, here, 202611), await store.device(ada, there, 202611)], [undefined, 7])
    equal([await store.sequence(document(here, 202611, ada)), (await store.sequence(document(there, 202611, ada)))?.seq], [undefined, 1])
    equal((await store.rescues(ada)).map(({ community }) => community), [there])
    equal(await store.stamp(ada, here), Uint8Array.of(9))
  })

  await law('what was pushed out is remembered until it is written again', async store => {
    const rescue = { author: ada, community: here, period: 202611, root: 'votes' as const, key: 'a/b', value: [1, 2, Uint8Array.of(3), null] }
    await store.write({ rescue: [rescue], durable: false })
    equal(await store.rescues(ada), [rescue])
    equal(await store.rescues(bob), [])
    await store.write({ rescued: [rescue], durable: false })
    equal(await store.rescues(ada), [])
  })

  await law('proofs are kept by device of a document, and go with their community', async store => {
    const proof = (community: CommunityAddress, device: number, fill: number): StoredProof => ({
      document: document(community, 202611, ada, 255), device, kind: 'clock', seq: 2147483647, clock: 7, firstSeenMs: 1.5e12, isOwn: true,
      envelopes: [new Uint8Array(300).fill(fill), new Uint8Array(2).fill(fill)]
    })
    const [one, two, other] = [proof(here, 1, 1), proof(here, 4294967295, 2), { ...proof(there, 1, 3), kind: 'sequence' as const, clock: null }]
    await store.write({ proofs: [two, one, other], durable: true })
    equal([await proofs(store), await proofs(store, here), await proofs(store, there)], [[one, two, other], [one, two], [other]])
    await store.write({ proofs: [{ ...one, seq: 9 }], dropProofs: [two], durable: true })
    equal(await proofs(store, here), [{ ...one, seq: 9 }])
    await store.deleteCommunity(here)
    equal(await proofs(store), [other])
  })

  await law('what changed since a checkpoint is marked in the batch that changes it, and goes with its community', async store => {
    const [one, two, other] = [envelope(document(here, 202611, ada), 1), envelope(document(here, 202611, bob, 255), 2), envelope(document(there, 0, ada), 3)]
    const heads = [here, there].map(community => ({ community, period: 202611, head: Uint8Array.of(1, 2) }))
    await store.write({ put: [one, two], changed: [one.document, two.document, other.document], supersede: [one, two, other], heads, durable: false })
    equal(await store.checkpoints.marks(), { changed: [one.document, two.document, other.document], superseded: [one, two, other].map(({ document, hash }) => ({ document, hash })), damaged: [] })
    equal(await store.checkpoints.heads(), heads)
    await store.write({ unchanged: [one.document], unsupersede: [one], delete: [two], durable: true })
    equal((await store.checkpoints.marks()).changed, [two.document, other.document])
    equal([await everything(store), await store.readDocument(one.document)], [[one], [one]])
    await store.deleteCommunity(here)
    equal([(await store.checkpoints.marks()).changed, (await store.checkpoints.marks()).superseded.length, await store.checkpoints.heads()], [[other.document], 1, heads.slice(1)])
    await store.write({ dropHeads: [{ community: there, period: 202611 }], durable: false })
    equal(await store.checkpoints.heads(), [])
  })

  await law('pieces of a checkpoint are read by shard and generation, in order, and cleared but for one generation', async store => {
    const shard = { community: here, period: 202611 }
    const piece = (number: number): Uint8Array => new Uint8Array(number === 299 ? 262_144 : 10).fill(number)
    for (let number = 0; number < 300; number++) await store.putPiece(shard, 4294967295, number, piece(number))
    await store.putPiece(shard, 1, 0, piece(7))
    await store.putPiece({ ...shard, period: 202612 }, 1, 0, piece(8))
    equal((await store.checkpoints.pieces(shard, 4294967295)).map(({ length }) => length), Array.from({ length: 300 }, (_, number) => piece(number).length))
    equal(await store.checkpoints.pieces(shard, 1), [piece(7)])
    await store.checkpoints.clearPieces(shard, 1)
    equal([await store.checkpoints.pieces(shard, 4294967295), await store.checkpoints.pieces(shard, 1)], [[], [piece(7)]])
    await store.checkpoints.clearPieces(shard, null)
    equal([await store.checkpoints.pieces(shard, 1), await store.checkpoints.pieces({ ...shard, period: 202612 }, 1)], [[], [piece(8)]])
  })

  await law('a budget is what was last set, of its community alone, and goes with it', async store => {
    const rank = (work: number): Rank => ({ standing: Standing.other, work, author: ada })
    const nothing = { maxBytes: null, threshold: null, retriedMs: null, preferred: [], ranked: [] }
    equal([await store.budgets.read(here), await store.budgets.read(there)], [nothing, nothing])
    const row = { community: here, author: ada, work: 2 ** 47, leftOutBytes: 0 }
    await store.putLimit(here, 1e6)
    await store.putPreferred(here, [ada, bob])
    await store.write({ ranked: [row, { ...row, author: bob, leftOutBytes: 7 }, { ...row, community: there }], threshold: { community: here, rank: rank(9), retriedMs: 5 }, durable: false })
    equal(await store.budgets.read(here), { maxBytes: 1e6, threshold: rank(9), retriedMs: 5, preferred: [ada, bob], ranked: [row, { ...row, author: bob, leftOutBytes: 7 }].sort((a, b) => a.author < b.author ? -1 : 1) })
    equal(await store.budgets.read(there), { ...nothing, ranked: [{ ...row, community: there }] })
    await store.putLimit(here, Infinity)
    await store.write({ ranked: [{ ...row, work: 3 }], unranked: [{ community: here, author: bob }], durable: true })
    equal(await store.budgets.read(here), { maxBytes: Infinity, threshold: rank(9), retriedMs: 5, preferred: [ada, bob], ranked: [{ ...row, work: 3 }] })
    await store.putLimit(here, null)
    await store.putPreferred(here, [])
    await store.write({ threshold: { community: here, rank: null, retriedMs: 6 }, durable: false })
    equal(await store.budgets.read(here), { ...nothing, ranked: [{ ...row, work: 3 }] })
    await store.deleteCommunity(here)
    equal([await store.budgets.read(here), (await store.budgets.read(there)).ranked.length], [nothing, 1])
  })

  await law('a range of periods is read, both ends included', async store => {
    const all = [0, 202510, 202511, 202512].map(period => envelope(document(here, period, ada), period % 100))
    await store.write({ put: [...all, envelope(document(there, 202511, ada), 9)], durable: false })
    const read = async (from: number, to?: number): Promise<number[]> => {
      const periods: number[] = []
      for await (const { document } of store.readAll({ community: here, from, ...to === undefined ? {} : { to } })) periods.push(document.period)
      return periods
    }
    equal([await read(0), await read(1), await read(202510, 202511), await read(202512), await read(202600)], [[0, 202510, 202511, 202512], [202510, 202511, 202512], [202510, 202511], [202512], []])
  })

  await law('a database of a newer release is refused and left as it is', async store => {
    await store.open()
    await store.putDevice(ada, here, 202611, 7)
    const sublevel = (db as unknown as Root).sublevel<Uint8Array, Uint8Array>('crdt-index', { keyEncoding: 'view', valueEncoding: 'view' }).sublevel<Uint8Array, Uint8Array>('format', { keyEncoding: 'view', valueEncoding: 'view' })
    const key = new TextEncoder().encode('version')
    await sublevel.put(key, seal(key, Uint8Array.of(0, 0, 0, 3)))
    const before = await rows(db)
    const error = await createIndexStore(db).open().then(() => null, (error: unknown) => error)
    equal([(error as { code?: unknown } | null)?.code, await rows(db)], ['NEWER_FORMAT', before])
  })

  await law('a closed database says so', async store => {
    await db.close()
    const error = await store.write({ put: [envelope(document(here, 0, ada), 1)], durable: true }).then(() => null, (error: unknown) => error)
    equal((error as { code?: unknown } | null)?.code, 'CLOSED')
  })
  await law('a month is dropped but for whom stays, its neighbours are left alone, and what is known of it survives', async store => {
    const month = { community: here, period: 202611 }
    const [first, last] = [hex(0) as AuthorId, hex(255) as AuthorId]
    const stays = [envelope(document(here, 0, bob), 1), envelope(document(here, 202610, last, 255), 2), envelope(document(here, 202611, ada), 3), envelope(document(here, 202611, ada, 255), 255), envelope(document(here, 202612, first), 4), envelope(document(there, 202611, bob), 5)]
    const gone = [envelope(document(here, 202611, first), 0), envelope(document(here, 202611, bob), 7), envelope(document(here, 202611, last, 255), 255)]
    await store.write({ put: [...stays, ...gone], heads: [{ ...month, head: Uint8Array.of(1) }], durable: true })
    await store.putPiece(month, 1, 0, Uint8Array.of(2))
    await store.putRetained(here, 3)
    await store.putRetained(there, 0)
    await store.putDevice(ada, here, 202611, 1)
    equal(await store.localAuthors(), [ada])
    await store.beginDrop(month, [ada, ada], Uint8Array.of(9))
    equal([await store.months.dropping(), await store.checkpoints.heads()], [[{ ...month, stay: [ada, ada] }], []])
    await db.close()
    await db.open()
    const again = createIndexStore(db)
    for (const { stay, ...shard } of await again.months.dropping()) await again.finishDrop(shard, stay)
    equal(await everything(again), stays)
    equal([await again.months.dropping(), await again.checkpoints.pieces(month, 1)], [[], []])
    await again.compactMonth(month)
    await again.beginDrop({ ...month, period: 202610 }, [], null)
    await again.finishDrop({ ...month, period: 202610 }, [])
    equal(await everything(again), stays.filter(({ document: { period } }) => period !== 202610))
    equal([await lastKnown(again), [...await again.months.retained()]], [[{ ...month, record: Uint8Array.of(9) }], [[here, 3], [there, 0]]])
    await again.putRetained(here, null)
    await again.deleteCommunity(there)
    equal([...await again.months.retained()], [])
    await again.forgetLastKnown(month)
    equal(await lastKnown(again), [])
  })

  return held
}

async function lastKnown (store: IndexStore): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const each of store.months.lastKnown()) found.push(each)
  return found
}

async function rows (db: unknown): Promise<unknown[]> {
  return await (db as Root).iterator<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' }).all()
}

async function everything (store: IndexStore): Promise<StoredEnvelope[]> {
  const all: StoredEnvelope[] = []
  for await (const record of store.readAll()) all.push(record)
  return all
}

async function proofs (store: IndexStore, community?: CommunityAddress): Promise<StoredProof[]> {
  const found: StoredProof[] = []
  for await (const proof of store.proofs(community)) found.push(proof)
  return found
}

function equal (got: unknown, wanted: unknown): void {
  if (spell(got) !== spell(wanted)) throw new Error(`${spell(got).slice(0, 500)} instead of ${spell(wanted).slice(0, 500)}`)
}

/** Equal text for equal values; bytes are alike whatever subclass of Uint8Array holds them. */
function spell (value: unknown): string {
  if (value instanceof Uint8Array) return `bytes ${[...value].join()}`
  if (Array.isArray(value)) return `[${value.map(spell).join('; ')}]`
  if (typeof value === 'object' && value !== null) return `{${Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([key, each]) => `${key}: ${spell(each)}`).join(', ')}}`
  return JSON.stringify(value) ?? 'undefined'
}
