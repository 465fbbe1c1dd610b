// A network of two addresses, this process at one end and clients at the other, for clients that refuse loopback: a
// Linux network namespace without a name, which goes with the process that holds it.
import { spawnSync } from 'node:child_process'
import { isThere } from './clients/installed.ts'
import { startProcess } from './clients/process.ts'

export interface Subnet extends AsyncDisposable {
  /** Our address in it. */
  readonly ours: string
  /** The clients' address. */
  readonly theirs: string
  /** Put before a command to run it at the clients' end. */
  readonly within: readonly string[]
}

const ATTEMPTS = 20

/** Throws if this is not Linux, or not root: the message says so. */
export async function openSubnet (): Promise<Subnet> {
  const holder = startProcess('unshare', ['--net', 'sh', '-c', 'ip link set lo up && echo READY && exec sleep infinity'])
  try {
    await holder.line(/^(READY)$/m)
    const within = ['nsenter', `--net=/proc/${holder.pid}/ns/net`]
    const [outer, inner] = [`sbo${holder.pid}`, `sbi${holder.pid}`]
    ip([], 'link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', String(holder.pid))
    const { ours, theirs } = freeAddresses(holder.pid)
    ip([], 'address', 'add', `${ours}/30`, 'dev', outer)
    ip([], 'link', 'set', outer, 'up')
    ip(within, 'address', 'add', `${theirs}/30`, 'dev', inner)
    ip(within, 'link', 'set', inner, 'up')
    return { ours, theirs, within, [Symbol.asyncDispose]: holder.stop }
  } catch (error) {
    await holder.stop()
    throw new Error(`no network namespace could be made (Linux, as root): ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** By the rule for clients: under CI it throws where there can be none. */
export function hasSubnet (): boolean {
  const made = spawnSync('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up'], { stdio: 'ignore' }).status === 0
  return isThere('a network namespace', made, 'Linux, as root, with iproute2')
}

/** Two hosts of 198.18.0.0/15, the block for tests of networks (RFC 2544), that no device here has. */
function freeAddresses (seed: number): { ours: string, theirs: string } {
  const taken = ip([], '-oneline', '-4', 'address', 'show')
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const block = (seed + attempt * 4099) % 32_768
    const address = (last: number): string => `198.${18 + (block >> 14)}.${(block >> 6) & 255}.${(block & 63) * 4 + last}`
    if (!taken.includes(` ${address(1)}/`)) return { ours: address(1), theirs: address(2) }
  }
  throw new Error('no free addresses')
}

function ip (within: readonly string[], ...args: readonly string[]): string {
  const [command = 'ip', ...rest] = [...within, 'ip', ...args]
  const { status, stdout, stderr, error } = spawnSync(command, rest, { encoding: 'utf8' })
  if (status !== 0) throw new Error(error?.message ?? `ip ${args.join(' ')}: ${stderr.trim()}`)
  return stdout
}
