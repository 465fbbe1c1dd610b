// One peer of the demo: a `seedbed run` process with a data folder of its own, driven by further `seedbed` commands.
import { spawn, type ChildProcess } from 'node:child_process'
import path from 'node:path'

const CLI = path.resolve(import.meta.dirname, '../../packages/example-app/src/cli/main.ts')
// A machine that does much else takes ten times as long as one that does not.
const COMMAND_TIMEOUT_MS = 120_000
const STOP_TIMEOUT_MS = 60_000

export interface PeerStatus {
  readonly author: string
  readonly peerId: string
  readonly addresses: string[]
  readonly torrentPort: number
  readonly communities: Array<{ address: string, slug: string, digest: string, posts: number, authors: number, sync: string }>
  readonly bodies: number
  readonly bytes: number
}

export interface Peer {
  readonly name: string
  readonly dataDir: string
  readonly pid: number
  readonly peerId: string
  readonly author: string
  /** A dialable multiaddr. */
  readonly address: string
  readonly torrentPort: number
  /** Runs one command against this peer and returns its JSON document; throws what the command prints as an error. */
  command<T> (args: readonly string[], input?: string): Promise<T>
  status (): Promise<PeerStatus>
  /** SIGKILL, and waits until the process is gone. */
  kill (): Promise<void>
  /** SIGTERM; resolves with the exit code. */
  stop (): Promise<number | null>
}

export class CommandError extends Error {
  readonly code: string
  constructor (code: string, message: string) {
    super(`${code}: ${message}`)
    this.code = code
  }
}

function start (args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--conditions=source', CLI, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
}

async function exitOf (child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  return await new Promise(resolve => { child.once('exit', code => { resolve(code) }) })
}

/** Runs `seedbed ARGS --data DIR --json` to its end. */
export async function runCommand<T> (dataDir: string, args: readonly string[], input = ''): Promise<T> {
  const child = start([...args, '--data', dataDir, '--json'])
  const timer = setTimeout(() => { child.kill('SIGKILL') }, COMMAND_TIMEOUT_MS)
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => { stdout += chunk.toString() })
  child.stderr?.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
  child.stdin?.end(input)
  await new Promise(resolve => { child.once('close', resolve) })
  clearTimeout(timer)
  let document: { error?: { code: string, message: string } }
  try {
    document = JSON.parse(stdout) as typeof document
  } catch {
    throw new Error(`seedbed ${args.join(' ')} printed no JSON document: ${stdout}${stderr}`)
  }
  if (document.error !== undefined) throw new CommandError(document.error.code, document.error.message)
  return document as T
}

/** Starts `seedbed run` and waits until it says that it is ready. */
export async function startPeer (name: string, dataDir: string, connect: readonly string[] = [], options: readonly string[] = []): Promise<Peer> {
  const child = start(['run', '--json', '--no-mdns', '--data', dataDir, ...connect.flatMap(address => ['--connect', address]), ...options])
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => { stderr = (stderr + chunk.toString()).slice(-4096) })
  const ready = await new Promise<PeerStatus>((resolve, reject) => {
    let stdout = ''
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`${name} was not ready in time: ${stderr}`))
    }, COMMAND_TIMEOUT_MS)
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
      if (!stdout.endsWith('\n')) return
      clearTimeout(timer)
      const document = JSON.parse(stdout) as PeerStatus | { error: { code: string, message: string } }
      if ('error' in document) reject(new CommandError(document.error.code, document.error.message))
      else resolve(document)
    })
    child.once('exit', code => {
      clearTimeout(timer)
      reject(new Error(`${name} ended with ${code} before it was ready: ${stdout}${stderr}`))
    })
  })
  const [address] = ready.addresses
  if (address === undefined) throw new Error(`${name} has no address`)
  return {
    name,
    dataDir,
    pid: child.pid ?? 0,
    peerId: ready.peerId,
    author: ready.author,
    address,
    torrentPort: ready.torrentPort,
    command: async (args, input) => await runCommand(dataDir, args, input),
    status: async () => await runCommand(dataDir, ['status']),
    async kill () {
      child.kill('SIGKILL')
      await exitOf(child)
    },
    async stop () {
      child.kill('SIGTERM')
      const timer = setTimeout(() => { child.kill('SIGKILL') }, STOP_TIMEOUT_MS)
      const code = await exitOf(child)
      clearTimeout(timer)
      return code
    }
  }
}
