// Replays a schedule and holds every replica to what the set of envelopes means.
import * as assert from 'uvu/assert'
import type { VerifiedEnvelope } from '@seedbed/crdt-index'
import { canonical, pictureOf } from './canonical.ts'
import { signerOf } from './names.ts'
import { createReplica, envelopeOf, type Replica } from './replica.ts'
import { REPLICAS, type Event, type Schedule } from './schedule.ts'

const MAX_ROUNDS = 20

export interface Replayed {
  /** Envelopes that the guard let pass. */
  readonly envelopes: number
  /** Envelopes that count in the end. */
  readonly held: number
  readonly accused: number
}

/** Throws an assertion that says what differs. */
export async function replay ({ authors, envelopes: signed, events }: Schedule): Promise<Replayed> {
  const envelopes = signed.map(envelopeOf)
  const valid = envelopes.filter(envelope => envelope !== null)
  const replicas: Replica[] = []
  for (let i = 0; i < REPLICAS; i++) replicas.push(await createReplica())
  for (const event of events) await happen(event, replicas, envelopes)

  await agree(replicas, 'after the exchange')
  // What never arrived, or was covered where it did, comes once more.
  for (const [n, replica] of replicas.entries()) await replica.deliver(n === 0 ? valid : valid.toReversed())
  await agree(replicas, 'after everything came again')

  // Of an honest author the set is the same whatever came when: all it signed, reduced. Which envelopes count of one who
  // signs more than may count depends on what came first; only that all agree does not.
  const honest = new Set(authors.flatMap(({ honest }, n) => honest ? [signerOf(n).author as string] : []))
  const wanted = canonical(valid.filter(({ header }) => honest.has(header.author)))
  const [first] = replicas
  assert.equal(canonical([...first?.rows.values() ?? []].filter(({ header }) => honest.has(header.author))), wanted, 'honest authors')
  for (const { accused } of replicas) assert.equal([...accused].filter(author => honest.has(author)), [], 'an honest author is accused')
  return { envelopes: valid.length, held: replicas[0]?.rows.size ?? 0, accused: replicas[0]?.accused.size ?? 0 }
}

async function happen (event: Event, replicas: readonly Replica[], envelopes: ReadonlyArray<VerifiedEnvelope | null>): Promise<void> {
  switch (event.kind) {
    case 'deliver': return await replicas[event.to]?.deliver(event.envelopes.flatMap(n => envelopes[n] ?? []))
    case 'offer': return await replicas[event.to]?.deliver([...replicas[event.from]?.rows.values() ?? []].filter((_, n) => event.of === 0 || n % event.of !== 0))
    case 'cool': return replicas[event.at]?.cool()
    case 'restart': return await replicas[event.at]?.restart()
  }
}

/** Exchanges, and holds all replicas to what their set means. */
async function agree (replicas: readonly Replica[], when: string): Promise<void> {
  await exchange(replicas)
  const held = canonical(replicas[0]?.rows.values() ?? [])
  for (const [n, replica] of replicas.entries()) assert.equal(await pictureOf(replica), held, `replica ${n} ${when}`)
}

/** Each gives each what it holds, until nothing moves. */
async function exchange (replicas: readonly Replica[]): Promise<void> {
  const digests = (): string => replicas.map(({ shard }) => Buffer.from(shard.summary().digest).toString('hex')).join()
  for (let round = 0; ; round++) {
    const before = digests()
    for (const from of replicas) for (const to of replicas) if (from !== to) await to.deliver([...from.rows.values()].filter(({ hash }) => !to.rows.has(hash)))
    if (digests() === before) return
    assert.ok(round < MAX_ROUNDS, 'the exchange comes to rest')
  }
}
