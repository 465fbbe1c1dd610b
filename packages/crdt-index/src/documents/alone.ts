// Envelopes of one call that counted for nothing with those that came before, until more comes of their documents.
import type { EnvelopeHash, EnvelopeHeader, VerifiedEnvelope } from '../model.ts'
import { reduce } from './reduce.ts'

export interface Alone {
  readonly envelope: VerifiedEnvelope
  /** Its place in the call. */
  readonly at: number
}

/** Of each document so many as count at most: what a peer holds all counts together, and whoever sends more must not make each part cost all of it. */
export class AloneEnvelopes {
  readonly #documents = new Map<string, readonly Alone[]>()

  /** Those of documents that some of these are of; they are no longer kept. */
  take (envelopes: Iterable<VerifiedEnvelope>): readonly Alone[] {
    if (this.#documents.size === 0) return []
    const names = new Set(Array.from(envelopes, nameOf))
    return [...names].flatMap(name => {
      const kept = this.#documents.get(name) ?? []
      this.#documents.delete(name)
      return kept
    })
  }

  /** All that there are of their documents. */
  keep (alone: readonly Alone[]): void {
    const documents = Map.groupBy(alone, ({ envelope }) => nameOf(envelope))
    for (const [name, some] of documents) this.#documents.set(name, some.length === 1 ? some : reduce(some.map(claimed)).map(({ each }) => each))
  }
}

function claimed (each: Alone): Pick<EnvelopeHeader, 'device' | 'seq' | 'kind' | 'seen' | 'updateLength'> & { readonly hash: EnvelopeHash, readonly each: Alone } {
  const { hash, header: { device, seq, kind, seen, updateLength } } = each.envelope
  return { hash, device, seq, kind, seen, updateLength, each }
}

function nameOf ({ header: { author, period, part } }: VerifiedEnvelope): string {
  return `${period}/${author}/${part}`
}
