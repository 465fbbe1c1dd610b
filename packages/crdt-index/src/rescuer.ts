// Writes again what incoming envelopes pushed out of own documents; what fails now, on a full disk say, is tried again later.
import type { AuthorId } from './model.ts'

const RETRY_MS = 1000
const MAX_RETRY_MS = 60_000

export interface Rescuer {
  /** Tries now; of an author whose last try failed, in the place of the one that waits. */
  rescue (author: AuthorId): void
  close (): void
}

/** `write`: writes an author's rescues again, if the author writes here; fails where they could not be. */
export function createRescuer (write: (author: AuthorId) => Promise<void>): Rescuer {
  const retries = new Map<AuthorId, ReturnType<typeof setTimeout>>()
  let isClosed = false
  const rescue = (author: AuthorId, pauseMs = RETRY_MS): void => {
    clearTimeout(retries.get(author))
    retries.delete(author)
    write(author).catch(() => {
      if (isClosed) return
      const timer = setTimeout(rescue, pauseMs, author, Math.min(pauseMs * 2, MAX_RETRY_MS))
      if (typeof timer === 'object') timer.unref() // Node alone would stay alive for it
      retries.set(author, timer)
    })
  }
  return {
    rescue: author => { rescue(author) },
    close () {
      isClosed = true
      for (const timer of retries.values()) clearTimeout(timer)
    }
  }
}
