// What actions under way have put: it stays until they end, because what pins it comes after it.
import type { InfoHash } from '../torrent-ref.ts'

/** One body as the actions know it that put it; those that overlap share it. */
export interface ProtectedBody {
  readonly length: number
  /** A put of it ended well. */
  isHeld: boolean
  /** False once it is known not to have been both held and pinned, and thus counted as such, when it was put. */
  wasPinned: boolean
  /** Which count of pinned bytes was valid when it was put; null: none was. */
  readonly count: number | null
  /** It was added to that count. */
  counted: boolean
}

export type Action = Map<InfoHash, ProtectedBody>

export class Protections {
  readonly #actions = new Set<Action>()
  #ended = 0

  /** Actions that ended so far. */
  get ended (): number {
    return this.#ended
  }

  begin (): Action {
    const action: Action = new Map()
    this.#actions.add(action)
    return action
  }

  end (action: Action): void {
    this.#actions.delete(action)
    this.#ended++
  }

  has (infoHash: InfoHash): boolean {
    for (const action of this.#actions) if (action.has(infoHash)) return true
    return false
  }

  /** Protects a body in all actions under way; null if there are none. */
  add (infoHash: InfoHash, create: () => ProtectedBody): ProtectedBody | null {
    let body: ProtectedBody | null = null
    for (const action of this.#actions) body ??= action.get(infoHash) ?? null
    for (const action of this.#actions) {
      body ??= create()
      action.set(infoHash, body)
    }
    return body
  }
}
