// A schedule is plain data: what authors signed, and what reaches which replica when. Everything random is decided when it is
// made, so that a failure can be kept as a file and replayed after the generator has changed.
import { createAuthor, type Statement } from './authors.ts'
import { CONTENTS } from './names.ts'
import { pick, seeded, shuffled } from '../../packages/crdt-index/test/random.ts'

export const REPLICAS = 3

/** What an author signs, in base64 where it is bytes. */
export interface SignedStatement {
  readonly author: number
  readonly part: number
  readonly device: number
  readonly seq: number
  readonly kind: 0 | 1
  readonly seen: ReadonlyArray<readonly [device: number, seq: number]>
  readonly update: string
}

export type Event =
  /** Envelopes arrive in one batch, by their numbers. */
  | { readonly kind: 'deliver', readonly to: number, readonly envelopes: readonly number[] }
  /** One replica offers another what it holds; of every `of` envelopes all but one arrive (0: all). */
  | { readonly kind: 'offer', readonly from: number, readonly to: number, readonly of: number }
  /** The replica keeps nothing live. */
  | { readonly kind: 'cool', readonly at: number }
  /** It reads everything again from what it stored. */
  | { readonly kind: 'restart', readonly at: number }

export interface Schedule {
  readonly seed: number
  /** Authors by number; those that are honest sign one past only. */
  readonly authors: ReadonlyArray<{ readonly honest: boolean }>
  readonly envelopes: readonly SignedStatement[]
  readonly events: readonly Event[]
}

/** Bursts to a replica, offers between them, restarts; some of what was sent never arrives by itself. */
export function generate (seed: number): Schedule {
  const random = seeded(seed)
  const authors = Array.from({ length: 1 + random(3) }, () => ({ honest: random(3) === 0 }))
  const statements: Array<{ author: number, statement: Statement }> = []
  for (const [author, { honest }] of authors.entries()) {
    for (const statement of createAuthor({ author, authors: authors.length, honest, contents: CONTENTS, random })) statements.push({ author, statement })
  }
  const envelopes = statements.map(({ author, statement: { part, device, seq, kind, seen, update } }): SignedStatement => ({
    author, part, device, seq, kind, seen: [...seen].sort(([a], [b]) => a - b), update: Buffer.from(update).toString('base64')
  }))
  const events: Event[] = []
  const lost = 1 + random(8)
  for (let to = 0; to < REPLICAS; to++) {
    // Some replicas get things roughly as they were written, some in any order, twice, in bursts.
    const inOrder = random(3) === 0
    let waiting = envelopes.map((_, n) => n).filter(() => random(8) >= lost - 1)
    if (!inOrder) waiting = shuffled([...waiting, ...waiting.filter(() => random(6) === 0)], random)
    const burst = 1 + random(random(2) === 0 ? 3 : 12)
    while (waiting.length > 0) events.push({ kind: 'deliver', to, envelopes: waiting.splice(0, 1 + random(burst)) })
  }
  // Each replica's own deliveries keep their order; between those of different replicas anything goes.
  const queues = Array.from({ length: REPLICAS }, (_, to) => events.filter(event => event.kind === 'deliver' && event.to === to))
  const mixed: Event[] = []
  while (queues.some(({ length }) => length > 0)) {
    const next = pick(queues, random).shift()
    if (next !== undefined) mixed.push(next)
    const roll = random(24)
    if (roll === 0) mixed.push({ kind: 'cool', at: random(REPLICAS) })
    else if (roll === 1) mixed.push({ kind: 'restart', at: random(REPLICAS) })
    else if (roll < 4) mixed.push({ kind: 'offer', from: random(REPLICAS), to: random(REPLICAS), of: random(4) })
  }
  return { seed, authors, envelopes, events: mixed }
}
