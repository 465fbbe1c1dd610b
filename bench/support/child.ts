// Runs a part of a benchmark in a process of its own: its memory, its event loop and its garbage are then its own.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

interface Request { readonly id: number, readonly name: string, readonly argument: unknown }
type Response = { readonly id: number } & ({ readonly result: unknown } | { readonly error: string })
type Handler = (argument: never) => unknown

export interface Child extends AsyncDisposable {
  readonly pid: number
  /** Calls a handler of the child's `answer`; arguments and results are copied (structured clone). */
  call<T> (name: string, argument?: unknown): Promise<T>
}

/**
 * Starts a script that calls `answer`, with Node's own options and those in `nodeOptions`. Its standard output goes to
 * standard error: a suite's result is all that is printed.
 */
export function startChild (script: URL, nodeOptions: readonly string[] = []): Child {
  const name = path.basename(fileURLToPath(script))
  const child = fork(script, [], { execArgv: [...process.execArgv, ...nodeOptions], serialization: 'advanced', stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  child.stdout?.pipe(process.stderr)
  const waiting = new Map<number, { resolve: (result: unknown) => void, reject: (error: Error) => void }>()
  let lastId = 0
  child.on('message', (response: Response) => {
    const call = waiting.get(response.id)
    waiting.delete(response.id)
    if ('error' in response) call?.reject(new Error(`${name}: ${response.error}`))
    else call?.resolve(response.result)
  })
  const exited = once(child, 'exit').then(([code, signal]) => {
    for (const { reject } of waiting.values()) reject(new Error(`${name} ended (${String(code ?? signal)}) before it answered`))
    waiting.clear()
  })
  return {
    pid: child.pid ?? 0,
    async call<T> (handler: string, argument?: unknown): Promise<T> {
      const id = ++lastId
      return await new Promise<T>((resolve, reject) => {
        waiting.set(id, { resolve: resolve as (result: unknown) => void, reject })
        child.send({ id, name: handler, argument } satisfies Request, error => { if (error !== null) reject(error) })
      })
    },
    async [Symbol.asyncDispose] () {
      child.kill('SIGKILL') // its data is thrown away, so there is nothing to end in order
      await exited
    }
  }
}

/** The child's side: answers calls until its parent ends it or is gone itself. */
export function answer (handlers: Readonly<Record<string, Handler>>): void {
  process.on('disconnect', () => { process.exit() })
  process.on('message', ({ id, name, argument }: Request) => {
    void (async () => {
      try {
        const result = await handlers[name]?.(argument as never)
        process.send?.({ id, result } satisfies Response)
      } catch (error) {
        process.send?.({ id, error: error instanceof Error ? error.stack ?? error.message : String(error) } satisfies Response)
      }
    })()
  })
}

/** Milliseconds of a clock that all processes of this machine share. */
export function sharedNowMs (): number {
  return Number(process.hrtime.bigint()) / 1e6
}
