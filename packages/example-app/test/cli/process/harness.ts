// The command as people start it: processes, streams, exit codes, signals.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite, type uvu } from 'uvu'
import * as assert from 'uvu/assert'

export interface Context {
  dir: string
  data: string
  children: ChildProcess[]
  /** Put before the command, such as `ip netns exec NAME`. */
  within?: readonly string[]
}
export interface Outcome { code: number | null, out: string, err: string }

const main = path.join(import.meta.dirname, '../../../src/cli/main.ts')

/** A suite whose every test has a data folder of its own; processes that a test leaves behind are ended. */
export function processSuite (name: string): uvu.Test<Context> {
  const test = suite<Context>(name)
  test.before.each(async context => {
    context.dir = await mkdtemp(path.join(tmpdir(), 'seedbed-process-'))
    context.data = path.join(context.dir, 'data')
    context.children = []
  })
  test.after.each(async ({ dir, children }) => {
    for (const child of children) child.kill('SIGKILL')
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  })
  return test
}

/** The same test with another data folder: another peer. */
export function peerContext (context: Context, name: string): Context {
  return { ...context, data: path.join(context.dir, name) }
}

/** `stdin`: null leaves it open. `stdout`: a file descriptor instead of a pipe. */
export function start ({ dir, data, children, within = [] }: Context, args: readonly string[], stdin: string | null = '', stdout: 'pipe' | number = 'pipe'): { child: ChildProcess, output: { out: string, err: string }, ended: Promise<Outcome> } {
  const { INIT_CWD: _cwd, NO_COLOR: _colour, ...env } = process.env
  const [program = process.execPath, ...line] = [...within, process.execPath, '--conditions=source', main, ...args]
  const child = spawn(program, line, { cwd: dir, env: { ...env, SEEDBED_DATA: data }, stdio: ['pipe', stdout, 'pipe'] })
  children.push(child)
  const output = { out: '', err: '' }
  child.stdout?.on('data', (chunk: Buffer) => { output.out += chunk.toString() })
  child.stderr?.on('data', (chunk: Buffer) => { output.err += chunk.toString() })
  child.stdin?.on('error', () => {}) // it may end before it reads
  if (stdin !== null) child.stdin?.end(stdin)
  const ended = new Promise<Outcome>(resolve => { child.on('close', code => { resolve({ code, ...output }) }) })
  return { child, output, ended }
}

export async function seedbed (context: Context, args: readonly string[], stdin?: string): Promise<Outcome> {
  return await start(context, args, stdin).ended
}

export async function json (context: Context, args: readonly string[], stdin?: string): Promise<Record<string, unknown>> {
  const { code, out, err } = await seedbed(context, [...args, '--json'], stdin)
  assert.is(code, 0, `${args.join(' ')}: ${out}${err}`)
  assert.is(out.trim().split('\n').length, 1)
  return JSON.parse(out) as Record<string, unknown>
}

/** A peer that printed its status. */
export async function runPeer (context: Context, args: readonly string[] = ['--no-mdns']): Promise<{ child: ChildProcess, output: { out: string, err: string }, ended: Promise<Outcome>, status: Record<string, unknown> }> {
  const peer = start(context, ['run', '--json', ...args])
  const ready = new Promise<void>(resolve => { peer.child.stdout?.on('data', () => { if (peer.output.out.includes('\n')) resolve() }) })
  await Promise.race([ready, peer.ended.then(({ code, out, err }) => { throw new Error(`run ended with ${code}: ${out}${err}`) })])
  const status = JSON.parse(peer.output.out) as Record<string, unknown>
  if (status['error'] !== undefined) throw new Error(`run did not start: ${peer.output.out}`)
  return { ...peer, status }
}

export const codeIn: (outcome: Outcome) => string = ({ out }) => (JSON.parse(out) as { error: { code: string } }).error.code
