import { Worker } from 'node:worker_threads'

export interface Thread<Command> {
  /** What is in `transfer` goes over without a copy, and is empty here afterwards. */
  send (command: Command, transfer?: readonly ArrayBuffer[]): void
  stop (): void
  /** Whether the process stays alive for it. */
  hold (isHeld: boolean): void
}

/**
 * A worker thread of Node from a file beside the caller, named without its ending: source runs with type stripping, the
 * build as JavaScript, and the worker is of the same kind. It needs none of the process's own flags, some of which no
 * worker takes, but for the condition that names source.
 */
export function startNodeThread<Command> (name: string, base: string, { report, failed }: { report: (report: never) => void, failed: () => void }): Thread<Command> {
  const isSource = base.endsWith('.ts')
  const worker = new Worker(new URL(`./${name}.${isSource ? 'ts' : 'js'}`, base), { name, execArgv: isSource ? ['--conditions=source'] : [] })
  let stopped = false
  const onFailed = (): void => { if (!stopped) failed() }
  worker.on('message', message => { report(message as never) })
  worker.on('error', onFailed)
  worker.on('exit', onFailed) // also without an error, as where it is ended from elsewhere
  return {
    send: (command, transfer = []) => { worker.postMessage(command, transfer) },
    stop () {
      stopped = true
      void worker.terminate()
    },
    hold: isHeld => { if (isHeld) worker.ref(); else worker.unref() }
  }
}
