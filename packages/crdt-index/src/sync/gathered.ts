// Envelopes that were valid and counted for nothing by themselves, until all came that a peer has of their document: of an author
// who signed more than a document takes, some count only with the rest of it, and that may be more than one answer brings.
import { MAX_GATHERED_BYTES, MAX_GATHERED_BYTES_OF_ALL } from '../limits.ts'

/** What all sessions hold together. */
export interface GatheringRoom { bytes: number }

interface Document {
  readonly envelopes: Uint8Array[]
  bytes: number
  readonly firstAnswer: number
  isOfSeveral: boolean
}

/**
 * Of one reconciliation. What has no room is left to later sessions, the highest document first and as a whole; so the lowest gets through,
 * and then the next, as the lower ones no longer differ.
 */
export class Gathered {
  readonly #room: GatheringRoom
  readonly #documents = new Map<string, Document>()
  /** Theirs, ascending: who sends ever lower ones must not make each of them cost a look at all. */
  readonly #names: string[] = []
  #bytes = 0
  #answer = 0
  /** The lowest document that had no room: what comes of it, or of higher ones, would be a part. */
  #end: string | null = null

  constructor (room: GatheringRoom) { this.#room = room }

  /** What is added from here on came with another answer. */
  begin (): void { this.#answer++ }

  add (name: string, envelope: Uint8Array): void {
    while (this.#end === null || name < this.#end) {
      if (this.#bytes + envelope.length <= MAX_GATHERED_BYTES && this.#room.bytes + envelope.length <= MAX_GATHERED_BYTES_OF_ALL) {
        this.#put(name, envelope.slice()) // a view would keep its whole answer
        return
      }
      const highest = this.#names.at(-1) ?? name
      this.#end = name > highest ? name : highest
      if (this.#end === highest) this.#names.pop()
      this.#drop(this.#end)
    }
  }

  /** The documents of which several answers brought something, one after the other: of the others all was taken in as one. Nothing is added from then on. */
  * take (): Generator<readonly Uint8Array[], void, undefined> {
    this.#end = ''
    for (const [name, { envelopes, isOfSeveral }] of this.#documents) {
      if (isOfSeveral) yield envelopes
      this.#drop(name)
    }
  }

  /** Gives the room back; nothing is added from then on. */
  end (): void {
    this.#end = ''
    for (const name of [...this.#documents.keys()]) this.#drop(name)
  }

  #put (name: string, envelope: Uint8Array): void {
    let document = this.#documents.get(name)
    if (document === undefined) {
      this.#documents.set(name, document = { envelopes: [], bytes: 0, firstAnswer: this.#answer, isOfSeveral: false })
      this.#names.splice(placeOf(name, this.#names), 0, name)
    }
    document.envelopes.push(envelope)
    document.bytes += envelope.length
    if (document.firstAnswer !== this.#answer) document.isOfSeveral = true
    this.#bytes += envelope.length
    this.#room.bytes += envelope.length
  }

  #drop (name: string): void {
    const bytes = this.#documents.get(name)?.bytes ?? 0
    this.#documents.delete(name)
    this.#bytes -= bytes
    this.#room.bytes -= bytes
  }
}

/** Where a name goes among others that ascend. */
function placeOf (name: string, names: readonly string[]): number {
  let [from, to] = [0, names.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    if (names[middle]! < name) from = middle + 1
    else to = middle
  }
  return from
}
