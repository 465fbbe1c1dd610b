// Drives other people's BitTorrent clients: one download each, into a folder, within a time limit. Every process
// started here is ended here, by its handle.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** Where Debian installs python3-libtorrent; another python3 on PATH may not see it. */
const PYTHON = '/usr/bin/python3'
const DEFAULT_TIMEOUT_MS = 30_000

export interface DownloadOptions {
  readonly magnet: string
  /** An existing empty folder; the download lies there. */
  readonly dir: string
  readonly signal?: AbortSignal
  /** The client is killed then. Default 30,000. */
  readonly timeoutMs?: number
}

export interface Downloaded {
  /** File name that the client chose: the `name` of the torrent. */
  readonly name: string
  readonly bytes: Buffer
}

export type Client = 'aria2' | 'libtorrent'

/**
 * True if the client is installed. Under CI a missing client throws instead, because a promise that nobody checks is none.
 */
export function hasClient (client: Client): boolean {
  const [command, args] = client === 'aria2' ? ['aria2c', ['--version']] as const : [PYTHON, ['-c', 'import libtorrent']] as const
  const found = spawnSync(command, args, { stdio: 'ignore', timeout: DEFAULT_TIMEOUT_MS }).status === 0
  if (!found && process.env['CI'] !== undefined) throw new Error(`${client} is not installed, and interoperation must be tested here`)
  if (!found) console.log(`${client} is not installed: its tests are left out`)
  return found
}

/** Downloads with aria2c, which finds peers by the magnet link's trackers (`tr`). */
export async function downloadWithAria2 (options: DownloadOptions & { readonly requireEncryption?: boolean }): Promise<Downloaded> {
  const { magnet, dir, requireEncryption = false } = options
  await run('aria2c', [
    `--dir=${dir}`, '--no-conf', '--seed-time=0', '--enable-dht=false', '--enable-dht6=false', '--bt-enable-lpd=false', '--enable-peer-exchange=false',
    '--listen-port=20000-40000', '--interface=127.0.0.1', '--bt-external-ip=127.0.0.1', '--bt-tracker-interval=1', '--file-allocation=none', '--allow-overwrite=true',
    '--console-log-level=notice', '--summary-interval=0', '--follow-torrent=mem', '--bt-save-metadata=false', '--disable-ipv6=true', '--async-dns=false',
    ...(requireEncryption ? ['--bt-require-crypto=true', '--bt-min-crypto-level=arc4'] : []),
    magnet
  ], options)
  return onlyFile(dir)
}

/** Downloads with libtorrent, which is told the peer; metadata and body come from it. */
export async function downloadWithLibtorrent (options: DownloadOptions & { readonly peer: string, readonly encryption: 'plain' | 'forced' }): Promise<Downloaded> {
  const { magnet, dir, peer, encryption } = options
  await run(PYTHON, ['-c', LIBTORRENT_SCRIPT, magnet, dir, peer, encryption], options)
  return onlyFile(dir)
}

const LIBTORRENT_SCRIPT = `
import sys, time, libtorrent as lt
magnet, folder, peer, encryption = sys.argv[1:5]
host, port = peer.rsplit(':', 1)
forced = encryption == 'forced'
policy = lt.enc_policy.forced if forced else lt.enc_policy.disabled
session = lt.session({
    'listen_interfaces': '127.0.0.1:0', 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'out_enc_policy': int(policy), 'in_enc_policy': int(policy), 'allowed_enc_level': int(lt.enc_level.rc4 if forced else lt.enc_level.plaintext),
    'enable_outgoing_utp': False, 'enable_incoming_utp': False, 'allow_multiple_connections_per_ip': True, 'alert_mask': lt.alert.category_t.all_categories})
params = lt.parse_magnet_uri(magnet)
params.save_path = folder
handle = session.add_torrent(params)
asked = 0
while not handle.status().is_seeding:
    if time.monotonic() - asked > 1:
        asked = time.monotonic()
        handle.connect_peer((host.strip('[]'), int(port)))
    for alert in session.pop_alerts():
        print(alert.message(), file=sys.stderr)
    time.sleep(0.02)
session.pause()
handle.flush_cache()
deadline = time.monotonic() + 10
while time.monotonic() < deadline and not any(isinstance(alert, lt.cache_flushed_alert) for alert in session.pop_alerts()):
    time.sleep(0.02)
`

/** Runs a program to its end; throws with its output if it fails, is aborted or takes too long. */
async function run (command: string, args: readonly string[], { signal, timeoutMs = DEFAULT_TIMEOUT_MS }: DownloadOptions): Promise<void> {
  signal?.throwIfAborted()
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const keep = (chunk: Buffer): void => { output = (output + chunk.toString()).slice(-20_000) }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const stop = (): void => { child.kill('SIGKILL') }
  const timer = setTimeout(stop, timeoutMs)
  signal?.addEventListener('abort', stop, { once: true })
  try {
    const [code] = await once(child, 'close') as [number | null]
    signal?.throwIfAborted()
    if (code !== 0) throw new Error(`${command} ended with ${code ?? `a kill after ${timeoutMs} ms`}:\n${output}`)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
    stop()
  }
}

function onlyFile (dir: string): Downloaded {
  const [name, ...others] = readdirSync(dir)
  if (name === undefined || others.length > 0) throw new Error(`expected one file in ${dir}, found ${[name, ...others].join(', ')}`)
  return { name, bytes: readFileSync(path.join(dir, name)) }
}
