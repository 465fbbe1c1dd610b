// libtorrent as a reference, where its Python binding is installed (Debian: python3-libtorrent).
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { benchBody } from '../support/bodies.ts'

const PYTHON = '/usr/bin/python3'

const SCRIPT = `
import os, sys, time, libtorrent as lt
folder = sys.argv[1]
session = lt.session({
    'listen_interfaces': '127.0.0.1:0', 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'allow_multiple_connections_per_ip': True, 'connections_limit': 4000, 'unchoke_slots_limit': -1, 'active_seeds': -1, 'active_limit': -1,
    'active_checking': 100, 'listen_queue_size': 1000, 'max_rejects': 1000, 'connection_speed': 1000})
handles = []
for name in sorted(os.listdir(folder), key=lambda name: int(name.split('.')[0])):
    storage = lt.file_storage()
    lt.add_files(storage, folder + '/' + name)
    torrent = lt.create_torrent(storage, 65536, flags=64)
    lt.set_piece_hashes(torrent, folder)
    handles.append(session.add_torrent({'ti': lt.torrent_info(torrent.generate()), 'save_path': folder, 'flags': lt.torrent_flags.seed_mode}))
while not all(handle.status().is_seeding for handle in handles):
    time.sleep(0.05)
print(session.listen_port(), *(str(handle.info_hash()) for handle in handles), flush=True)
sys.stdin.read()
`

export interface OtherSeeder extends AsyncDisposable { readonly pid: number, readonly port: number, readonly infoHashes: string[] }

/** Seeds bodies 0 to `bodies` until it is disposed of; null where libtorrent is not installed. */
export async function startLibtorrent (folder: string, bodies: number): Promise<OtherSeeder | null> {
  if (spawnSync(PYTHON, ['-c', 'import libtorrent'], { stdio: 'ignore' }).status !== 0) return null
  mkdirSync(folder)
  for (let n = 0; n < bodies; n++) writeFileSync(`${folder}/${n}.txt`, benchBody(n))
  const child = spawn(PYTHON, ['-c', SCRIPT, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const line = await Promise.race([once(createInterface(child.stdout), 'line'), exited.then(() => { throw new Error('libtorrent ended') })]) as [string]
  const [port, ...infoHashes] = line[0].split(' ')
  return {
    pid: child.pid ?? 0,
    port: Number(port),
    infoHashes,
    async [Symbol.asyncDispose] () {
      child.kill('SIGKILL')
      await exited
    }
  }
}
