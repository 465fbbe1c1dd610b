// aria2c over its JSON-RPC. Peers come from trackers only, and it has no uTP.
import { randomUUID } from 'node:crypto'
import type { ClientOptions, RunningClient } from './client.ts'
import { freePort } from '../../free-port.ts'
import { startProcess } from './process.ts'

interface Status { readonly infoHash?: string, readonly seeder?: string, readonly bittorrent?: { readonly info?: object } }

export async function startAria2 ({ dir, host, encryption, within }: ClientOptions): Promise<RunningClient> {
  const [port, rpcPort, secret] = [await freePort(), await freePort(), randomUUID()]
  const child = startProcess('aria2c', [
    `--dir=${dir}`, '--no-conf', '--enable-rpc', `--rpc-listen-port=${rpcPort}`, `--rpc-secret=${secret}`, `--stop-with-process=${process.pid}`,
    '--enable-dht=false', '--enable-dht6=false', '--bt-enable-lpd=false', '--enable-peer-exchange=false', '--disable-ipv6=true', '--async-dns=false',
    `--listen-port=${port}`, `--interface=${host}`, `--bt-external-ip=${host}`, '--bt-tracker-interval=1', '--max-concurrent-downloads=1000', '--seed-ratio=0.0',
    '--file-allocation=none', '--disk-cache=0', '--check-integrity=true', '--allow-overwrite=true', '--follow-torrent=mem', '--bt-save-metadata=false', '--rpc-save-upload-metadata=false',
    '--console-log-level=notice', '--summary-interval=0',
    ...(encryption === 'forced' ? ['--bt-require-crypto=true', '--bt-min-crypto-level=arc4'] : [])
  ], { within })
  let id = 0
  async function call<T> (method: string, ...params: readonly unknown[]): Promise<T> {
    const answer = await fetch(`http://127.0.0.1:${rpcPort}/jsonrpc`, {
      method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: id++, method: `aria2.${method}`, params: [`token:${secret}`, ...params] })
    })
    const { result, error } = await answer.json() as { result: T, error?: { message: string } }
    if (error !== undefined) throw new Error(`aria2 refused ${method}: ${error.message}`)
    return result
  }
  try {
    await child.line(/(RPC: listening on TCP port)/)
  } catch (error) {
    await child.stop()
    throw error
  }
  return {
    port,
    async add (torrents) {
      for (const { id } of torrents) {
        if (typeof id === 'string') await call('addUri', [id])
        else await call('addTorrent', Buffer.from(id).toString('base64'))
      }
    },
    async complete () {
      const active = await call<Status[]>('tellActive', ['infoHash', 'seeder', 'bittorrent'])
      return new Set(active.flatMap(({ infoHash, seeder, bittorrent }) => infoHash !== undefined && seeder === 'true' && bittorrent?.info !== undefined ? [infoHash.toLowerCase()] : []))
    },
    log: child.output,
    [Symbol.asyncDispose]: child.stop
  }
}
