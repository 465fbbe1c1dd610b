// A node in memory that answers what a test told it, and a process around the command whose output can be read.
import { PassThrough, Readable, Writable } from 'node:stream'
import type { NodeOptions, SeedbedNode } from '@seedbed/core'
import { runCli, type Cli } from '../../src/cli/cli.ts'
import type { OutputStream } from '../../src/cli/terminal/terminal.ts'

export type Methods = Readonly<Record<string, (...args: never[]) => unknown>>

/** A node with only the given methods, by dotted name, and no events; anything else it is asked for fails the test. */
export function fakeNode (methods: Methods, closed: () => void = () => {}): SeedbedNode {
  const room = (path: string): unknown => new Proxy({}, {
    get: (_target, name) => {
      if (typeof name === 'symbol') return name === Symbol.asyncDispose && path === '' ? async () => { closed() } : undefined
      const full = path === '' ? name : `${path}.${name}`
      if (full === 'then') return undefined
      const method = methods[full] ?? (full === 'on' ? () => () => {} : undefined)
      if (method !== undefined) return method
      if (Object.keys(methods).some(key => key.startsWith(`${full}.`))) return room(full)
      throw new Error(`the fake node has no ${full}`)
    }
  })
  return room('') as SeedbedNode
}

class Sink extends Writable implements OutputStream {
  text = ''
  readonly isTTY: boolean
  readonly columns = 80
  constructor (isTTY: boolean) {
    super()
    this.isTTY = isTTY
  }

  override _write (chunk: Uint8Array | string, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

export interface Outcome { readonly code: number, readonly out: string, readonly err: string }

export interface CliOptions {
  readonly openNode?: (options: NodeOptions) => Promise<SeedbedNode>
  readonly env?: Record<string, string>
  readonly cwd?: string
  readonly stdin?: string
  /** Instead of `stdin`: a stream that a test ends, or not. */
  readonly input?: Cli['stdin']
  readonly tty?: boolean
  readonly signal?: AbortSignal
  readonly nowMs?: number
}

/** Runs the command in this process. */
export async function seedbed (argv: readonly string[], options: CliOptions = {}): Promise<Outcome> {
  const tty = options.tty ?? false
  const [stdout, stderr] = [new Sink(tty), new Sink(tty)]
  const cli: Cli = {
    env: options.env ?? {},
    cwd: options.cwd ?? '/nowhere',
    home: '/nowhere',
    platform: 'linux',
    stdin: options.input ?? (options.stdin === undefined ? new PassThrough().end() : Readable.from([Buffer.from(options.stdin)])),
    stdout,
    stderr,
    version: '1.2.3',
    clock: () => options.nowMs ?? Date.UTC(2026, 10, 22, 12),
    openNode: options.openNode ?? (async () => { throw new Error('nobody may open the data folder here') }),
    signal: options.signal ?? new AbortController().signal
  }
  const code = await runCli(argv, cli)
  return { code, out: stdout.text, err: stderr.text }
}
