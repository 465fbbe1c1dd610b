// Calls of a tab to the peer: sent when a peer is there, repeated or rejected when it goes away before it answered.
import { SeedbedError } from '../errors.ts'
import { MAX_WAITING_CALLS } from '../limits.ts'
import { CALLS, type CallName } from './calls.ts'
import type { HostMessage, TabMessage } from './protocol.ts'
import type { Streams } from './streams.ts'
import { fromWire } from './wire-error.ts'

type Answer = Extract<HostMessage, { t: 'result' | 'error' }>

export interface TabCalls {
  call (name: CallName, args: readonly unknown[]): Promise<unknown> | AsyncIterable<unknown>
  handle (answer: Answer): void
  /** A peer answers from now on. */
  attach (link: CallLink): void
  /** It went away. */
  detach (): void
  /** Rejects everything that waits, and every later call. */
  close (reason: SeedbedError): void
}

export interface CallLink {
  post (message: TabMessage): void
  readonly streams: Streams
}

interface Waiting {
  readonly name: CallName
  readonly args: readonly unknown[]
  readonly signal: { readonly at: number, readonly signal: AbortSignal } | null
  sent: boolean
  settle (result: { readonly value: unknown } | { readonly error: unknown }): void
}

export function createTabCalls (): TabCalls {
  const waiting = new Map<number, Waiting>()
  let link: CallLink | null = null
  let ended: SeedbedError | null = null
  let lastId = 0
  /** Called with the next link, or with null at the end. */
  const attached = new Set<() => void>()

  function send (id: number, call: Waiting): void {
    if (link === null) return
    const streams: number[] = []
    const args = call.args.map((arg, i) => {
      if (!isIterable(arg)) return call.signal?.at === i ? withoutSignal(arg) : arg
      streams.push(i)
      link?.streams.provide(`${id}:${i}`, Promise.resolve(arg))
      return null
    })
    call.sent = true
    try {
      link.post({ t: 'call', id, name: call.name, args, signal: call.signal?.at ?? null, streams })
    } catch (cause) {
      call.settle({ error: new SeedbedError('USAGE', `an argument of ${call.name} cannot be sent to the peer`, { cause }) })
    }
  }

  async function ask (name: CallName, args: readonly unknown[]): Promise<unknown> {
    if (ended !== null) throw ended
    const signal = signalOf(args)
    signal?.signal.throwIfAborted()
    if (waiting.size >= MAX_WAITING_CALLS) throw new SeedbedError('USAGE', `${MAX_WAITING_CALLS} calls wait for an answer already`)
    const id = ++lastId
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const onAbort = (): void => {
      const call = waiting.get(id)
      if (call?.sent === true) link?.post({ t: 'abort', id })
      call?.settle({ error: signal?.signal.reason })
    }
    const call: Waiting = {
      name, args, signal, sent: false,
      settle (result) {
        waiting.delete(id)
        signal?.signal.removeEventListener('abort', onAbort)
        if ('value' in result) resolve(result.value)
        else reject(result.error)
      }
    }
    waiting.set(id, call)
    signal?.signal.addEventListener('abort', onAbort, { once: true })
    send(id, call)
    return await promise
  }

  async function * stream (name: CallName, args: readonly unknown[]): AsyncGenerator {
    const signal = signalOf(args)
    while (link === null) {
      if (ended !== null) throw ended
      signal?.signal.throwIfAborted()
      await nextLink(signal?.signal)
    }
    const id = ++lastId
    const onAbort = (): void => { link?.post({ t: 'abort', id }) }
    signal?.signal.addEventListener('abort', onAbort, { once: true })
    try {
      const { streams } = link
      const parts = streams.receive(`${id}`)
      link.post({ t: 'call', id, name, args: args.map((arg, i) => signal?.at === i ? withoutSignal(arg) : arg), signal: signal?.at ?? null, streams: [] })
      for await (const part of parts) {
        signal?.signal.throwIfAborted()
        yield part
      }
    } catch (error) {
      signal?.signal.throwIfAborted()
      throw error
    } finally {
      signal?.signal.removeEventListener('abort', onAbort)
    }
  }

  async function nextLink (signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    attached.add(resolve)
    signal?.addEventListener('abort', () => { resolve() }, { once: true })
    await promise
    attached.delete(resolve)
  }

  return {
    call: (name, args) => CALLS[name] === 'stream' ? stream(name, args) : ask(name, args),
    handle (answer) {
      const call = waiting.get(answer.id)
      call?.settle(answer.t === 'result' ? { value: answer.value } : { error: fromWire(answer.error) })
    },
    attach (next) {
      link = next
      for (const [id, call] of [...waiting]) send(id, call)
      for (const resolve of [...attached]) resolve()
    },
    detach () {
      link = null
      for (const call of [...waiting.values()]) {
        if (!call.sent) continue
        call.sent = false
        if (CALLS[call.name] === 'once') call.settle({ error: new SeedbedError('HOST_LOST', `the peer went away before it answered ${call.name}; look whether it happened before you try again`) })
      }
    },
    close (reason) {
      ended = reason
      link = null
      for (const call of [...waiting.values()]) call.settle({ error: reason })
      for (const resolve of [...attached]) resolve()
    }
  }
}

function signalOf (args: readonly unknown[]): Waiting['signal'] {
  for (const [at, arg] of args.entries()) {
    if (typeof arg === 'object' && arg !== null && 'signal' in arg && arg.signal instanceof AbortSignal) return { at, signal: arg.signal }
  }
  return null
}

function withoutSignal (arg: unknown): unknown {
  return { ...arg as object, signal: undefined }
}

function isIterable (arg: unknown): arg is AsyncIterable<unknown> {
  return typeof arg === 'object' && arg !== null && Symbol.asyncIterator in arg
}
