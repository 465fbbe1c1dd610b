// Processes of other programs: each ends with the test that started it, however that one ends.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const READY_TIMEOUT_MS = 120_000
const KEPT_CHARS = 4000

export interface ClientProcess {
  readonly pid: number
  /** What it wrote last, both streams. */
  output (): string
  /** Waits for output and gives the first group of the pattern; throws if the process ends first, or after two minutes. */
  line (pattern: RegExp): Promise<string>
  /** Writes one line to its standard input; resolves with what follows `> ` on the next line of output that begins so. */
  ask (line: string): Promise<string>
  /** Kills it and whatever it started, and waits. May be called twice. */
  stop (): Promise<void>
}

/** Linux ends the process with its parent then, also with one that was killed (prctl PR_SET_PDEATHSIG). */
const WITH_PARENT = spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { stdio: 'ignore' }).status === 0 ? ['setpriv', '--pdeathsig', 'KILL'] : []

/** `within`: put before the command, such as `nsenter ...`. */
export function startProcess (command: string, args: readonly string[], { within = [], env = {} }: { readonly within?: readonly string[], readonly env?: NodeJS.ProcessEnv } = {}): ClientProcess {
  const [program = command, ...rest] = [...WITH_PARENT, ...within, command, ...args]
  const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'], detached: true, env: { ...process.env, ...env } })
  const closed = once(child, 'close').catch(() => []) // a command that is not there
  let output = ''
  let ended = false
  let look = (): void => {}
  const keep = (chunk: Buffer | string): void => {
    output = (output + chunk.toString()).slice(-KEPT_CHARS)
    look()
  }
  const answers: Array<{ resolve (answer: string): void, reject (error: Error): void }> = []
  createInterface({ input: child.stdout }).on('line', line => {
    if (line.startsWith('> ')) answers.shift()?.resolve(line.slice(2))
    else keep(`${line}\n`)
  })
  child.stderr.on('data', keep)
  child.stdin.on('error', () => {}) // it ended; what waits for it says so
  void closed.then(() => {
    ended = true
    look()
    for (const { reject } of answers.splice(0)) reject(new Error(`${command} ended:\n${output}`))
  })
  return {
    pid: child.pid ?? 0,
    output: () => output,
    line: async pattern => await new Promise<string>((resolve, reject) => {
      const fail = (why: string): void => { settle(() => { reject(new Error(`${command} ${why}:\n${output}`)) }) }
      const timer = setTimeout(() => { fail(`did not say ${pattern} within ${READY_TIMEOUT_MS} ms`) }, READY_TIMEOUT_MS)
      const settle = (how: () => void): void => {
        clearTimeout(timer)
        look = () => {}
        how()
      }
      look = () => {
        const found = pattern.exec(output)?.[1]
        if (found !== undefined) settle(() => { resolve(found) })
        else if (ended) fail('ended')
      }
      look()
    }),
    ask: async line => await new Promise((resolve, reject) => {
      if (ended) reject(new Error(`${command} ended:\n${output}`))
      answers.push({ resolve, reject })
      child.stdin.write(`${line}\n`)
    }),
    async stop () {
      if (child.pid !== undefined && !ended) {
        try {
          process.kill(-child.pid, 'SIGKILL') // the group: also what it started
        } catch {} // it went just now
      }
      await closed
    }
  }
}

/** Looks again every 50 ms; throws with `what ()` after `timeoutMs`. */
export async function until (condition: () => boolean | Promise<boolean>, timeoutMs: number, what: () => string): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs
  while (!await condition()) {
    if (performance.now() > deadlineMs) throw new Error(`after ${timeoutMs} ms: ${what()}`)
    await new Promise(resolve => { setTimeout(resolve, 50) })
  }
}
