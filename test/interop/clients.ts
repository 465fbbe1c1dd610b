// Drives other people's BitTorrent clients: one download each, into a folder, within a time limit, or seeding until
// it is disposed of. Every process started here is ended here, by its handle.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { PYTHON } from './clients/scripted.ts'

export { hasClient } from './clients/installed.ts'

/** Those that this file drives, one download or one seed a process; test/interop/clients/ has all of them. */
export type Client = 'aria2' | 'libtorrent'

const DEFAULT_TIMEOUT_MS = 150_000

export interface DownloadOptions {
  readonly magnet: string
  /** An existing empty folder; the download lies there. */
  readonly dir: string
  readonly signal?: AbortSignal
  /** The client is killed then. Default 150,000. */
  readonly timeoutMs?: number
}

export interface Downloaded {
  /** File name that the client chose: the `name` of the torrent. */
  readonly name: string
  readonly bytes: Buffer
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

/** Downloads with libtorrent, metadata and body, from the peer that it is told, or from whom the magnet link's trackers name. */
export async function downloadWithLibtorrent (options: DownloadOptions & { readonly peer?: string, readonly encryption: 'plain' | 'forced' }): Promise<Downloaded> {
  const { magnet, dir, peer = '', encryption } = options
  await run(PYTHON, ['-c', LIBTORRENT_SCRIPT, magnet, dir, peer, encryption], options)
  return onlyFile(dir)
}

const LIBTORRENT_SCRIPT = `
import sys, time, libtorrent as lt
magnet, folder, peer, encryption = sys.argv[1:5]
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
        if peer:
            host, port = peer.rsplit(':', 1)
            handle.connect_peer((host.strip('[]'), int(port)))
        else:
            handle.force_reannounce()
    for alert in session.pop_alerts():
        print(alert.message(), file=sys.stderr)
    time.sleep(0.02)
session.pause()
handle.flush_cache()
deadline = time.monotonic() + 60
while time.monotonic() < deadline and not any(isinstance(alert, lt.cache_flushed_alert) for alert in session.pop_alerts()):
    time.sleep(0.02)
`

export interface SeedOptions {
  /** Path of the .torrent file; its trackers are announced to. */
  readonly torrentFile: string
  /** Folder in which the content lies under the torrent's name. */
  readonly dir: string
}

/** Another client that seeds until it is disposed of. */
export interface Seeding extends AsyncDisposable {
  /** `host:port` that it listens at. */
  readonly address: string
}

/** Seeds with libtorrent; resolves once it listens and has checked what it has. */
export async function seedWithLibtorrent ({ torrentFile, dir, encryption = 'plain' }: SeedOptions & { readonly encryption?: 'plain' | 'forced' }): Promise<Seeding> {
  const seeding = start(PYTHON, ['-u', '-c', LIBTORRENT_SEED_SCRIPT, torrentFile, dir, encryption])
  const address = await seeding.line(/^seeding at (\S+)$/m)
  return { address, [Symbol.asyncDispose]: seeding.stop }
}

const LIBTORRENT_SEED_SCRIPT = `
import sys, time, libtorrent as lt
file, folder, encryption = sys.argv[1:4]
forced = encryption == 'forced'
policy = lt.enc_policy.forced if forced else lt.enc_policy.disabled
session = lt.session({
    'listen_interfaces': '127.0.0.1:0', 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'out_enc_policy': int(policy), 'in_enc_policy': int(policy), 'allowed_enc_level': int(lt.enc_level.rc4 if forced else lt.enc_level.plaintext),
    'enable_outgoing_utp': False, 'enable_incoming_utp': False, 'allow_multiple_connections_per_ip': True})
handle = session.add_torrent({'ti': lt.torrent_info(file), 'save_path': folder})
while not handle.status().is_seeding or session.listen_port() == 0:
    time.sleep(0.02)
print(f'seeding at 127.0.0.1:{session.listen_port()}')
while True:
    time.sleep(60)
`

/** Seeds with aria2c, which is found by the torrent's trackers; resolves once it listens. */
export async function seedWithAria2 ({ torrentFile, dir, requireEncryption = false }: SeedOptions & { readonly requireEncryption?: boolean }): Promise<Seeding> {
  const seeding = start('aria2c', [
    `--dir=${dir}`, '--no-conf', '--seed-ratio=0.0', '--check-integrity=true', '--enable-dht=false', '--enable-dht6=false', '--bt-enable-lpd=false', '--enable-peer-exchange=false',
    '--listen-port=20000-40000', '--interface=127.0.0.1', '--bt-external-ip=127.0.0.1', '--bt-tracker-interval=1', '--file-allocation=none',
    '--console-log-level=info', '--summary-interval=0', '--disable-ipv6=true', '--async-dns=false',
    ...(requireEncryption ? ['--bt-require-crypto=true', '--bt-min-crypto-level=arc4'] : []),
    torrentFile
  ])
  const port = await seeding.line(/listening on TCP port (\d+)/)
  return { address: `127.0.0.1:${port}`, [Symbol.asyncDispose]: seeding.stop }
}

/** Starts a program that runs until `stop`; `line` waits for output and gives the first group of the pattern. */
function start (command: string, args: readonly string[]): { line (pattern: RegExp): Promise<string>, stop (): Promise<void> } {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const closed = once(child, 'close')
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await closed
  }
  const line = async (pattern: RegExp): Promise<string> => await new Promise<string>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      output += chunk.toString()
      const found = pattern.exec(output)?.[1]
      if (found === undefined) return
      clearTimeout(timer)
      resolve(found)
    }
    const fail = (why: string): void => {
      clearTimeout(timer)
      void stop()
      reject(new Error(`${command} ${why}:\n${output}`))
    }
    const timer = setTimeout(() => { fail(`was not ready after ${DEFAULT_TIMEOUT_MS} ms`) }, DEFAULT_TIMEOUT_MS)
    child.stdout.on('data', look)
    child.stderr.on('data', look)
    void closed.then(() => { fail('ended') })
  })
  return { line, stop }
}

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
