// Async iterables over a link, in both directions. The reader pulls each part, so a slow reader slows the writer down.
import { SeedbedError } from '../errors.ts'
import type { StreamMessage } from './protocol.ts'
import { fromWire, toWire } from './wire-error.ts'

export interface Streams {
  /** Offers an iterable under a name until it was read or stopped. */
  provide (stream: string, source: Promise<AsyncIterable<unknown>>): void
  /** Reads what the other end provides under the name; may be iterated once. Fails with HOST_LOST when the link goes. */
  receive (stream: string): AsyncIterable<unknown>
  /** Takes in a message, if it is one of a stream. */
  handle (message: { readonly t: string }): boolean
  close (): void
}

interface Reader {
  settle (message: StreamMessage | null): void
}

export function createStreams (post: (message: StreamMessage) => void): Streams {
  const sources = new Map<string, Promise<AsyncIterator<unknown>>>()
  const readers = new Map<string, Reader>()
  let closed = false

  async function answer (stream: string): Promise<void> {
    try {
      const iterator = await sources.get(stream)
      if (iterator === undefined) return
      const { done, value } = await iterator.next()
      if (closed) return
      if (done !== true) return post({ t: 'part', stream, value })
      sources.delete(stream)
      post({ t: 'end', stream })
    } catch (error) {
      sources.delete(stream)
      if (!closed) post({ t: 'fail', stream, error: toWire(error) })
    }
  }

  async function stop (stream: string): Promise<void> {
    const source = sources.get(stream)
    sources.delete(stream)
    // What fails while it ends concerns nobody any more.
    await source?.then(async iterator => { await iterator.return?.() }).catch(() => {})
  }

  return {
    provide (stream, source) {
      const iterator = source.then(iterable => iterable[Symbol.asyncIterator]())
      iterator.catch(() => {}) // told to the reader when it pulls
      sources.set(stream, iterator)
    },
    async * receive (stream) {
      let ended = false
      try {
        for (;;) {
          const { promise, resolve } = Promise.withResolvers<StreamMessage | null>()
          if (closed) resolve(null)
          readers.set(stream, { settle: resolve })
          if (!closed) post({ t: 'pull', stream })
          const message = await promise
          ended = message?.t !== 'part'
          if (message === null) throw new SeedbedError('HOST_LOST', 'the peer went away while it was answering; ask again')
          if (message.t === 'fail') throw fromWire(message.error)
          if (message.t !== 'part') return
          yield message.value
        }
      } finally {
        readers.delete(stream)
        if (!ended && !closed) post({ t: 'stop', stream })
      }
    },
    handle (message) {
      const known = message as StreamMessage
      switch (known.t) {
        case 'pull': void answer(known.stream); return true
        case 'stop': void stop(known.stream); return true
        case 'part': case 'end': case 'fail': readers.get(known.stream)?.settle(known); return true
        default: return false
      }
    },
    close () {
      closed = true
      for (const { settle } of [...readers.values()]) settle(null)
      for (const stream of [...sources.keys()]) void stop(stream)
    }
  }
}
