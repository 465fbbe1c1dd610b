// transmission-daemon over its RPC. Peers come from trackers only, and none in 127.0.0.0/8 is ever dialled.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ClientOptions, RunningClient } from './client.ts'
import { freePort } from '../../free-port.ts'
import { startProcess, until } from './process.ts'

const READY_TIMEOUT_MS = 120_000
const SESSION_HEADER = 'x-transmission-session-id'

interface Status { readonly hashString: string, readonly leftUntilDone: number, readonly haveValid: number, readonly metadataPercentComplete: number }

export async function startTransmission ({ dir, stateDir, host, encryption, transport, within }: ClientOptions): Promise<RunningClient> {
  const [port, rpcPort] = [await freePort(), await freePort()] // of this host; the client's own network has room for any
  writeFileSync(path.join(stateDir, 'settings.json'), JSON.stringify({
    'download-dir': dir, 'incomplete-dir-enabled': false, 'rename-partial-files': false, 'cache-size-mb': 0, 'preallocation': 0,
    'bind-address-ipv4': host, 'peer-port': port, 'peer-port-random-on-start': false, 'port-forwarding-enabled': false,
    'dht-enabled': false, 'lpd-enabled': false, 'pex-enabled': false, 'utp-enabled': transport === 'uTP', 'encryption': encryption === 'forced' ? 2 : 0,
    'rpc-enabled': true, 'rpc-bind-address': host, 'rpc-port': rpcPort, 'rpc-authentication-required': false, 'rpc-whitelist-enabled': false, 'rpc-host-whitelist-enabled': false,
    'download-queue-enabled': false, 'seed-queue-enabled': false, 'ratio-limit-enabled': false, 'idle-seeding-limit-enabled': false, 'message-level': 2
  }))
  const child = startProcess('transmission-daemon', ['--foreground', '--log-info', '--config-dir', stateDir], { within })
  let session = ''
  async function call<T> (method: string, args: object): Promise<T> {
    const send = async (): Promise<Response> => await fetch(`http://${host}:${rpcPort}/transmission/rpc`, { method: 'POST', headers: { [SESSION_HEADER]: session }, body: JSON.stringify({ method, arguments: args }) })
    let answer = await send()
    if (answer.status === 409) { // once: it wants to see the id that it gives here
      session = answer.headers.get(SESSION_HEADER) ?? ''
      answer = await send()
    }
    const { result, arguments: values } = await answer.json() as { result: string, arguments: T }
    if (result !== 'success') throw new Error(`transmission refused ${method}: ${result}`)
    return values
  }
  try {
    await until(async () => await call('session-get', {}).then(() => true, () => false), READY_TIMEOUT_MS, () => `transmission does not answer:\n${child.output()}`)
  } catch (error) {
    await child.stop()
    throw error
  }
  return {
    port,
    async add (torrents) {
      for (const { id } of torrents) await call('torrent-add', { 'download-dir': dir, ...(typeof id === 'string' ? { filename: id } : { metainfo: Buffer.from(id).toString('base64') }) })
    },
    async complete () {
      const { torrents } = await call<{ torrents: Status[] }>('torrent-get', { fields: ['hashString', 'leftUntilDone', 'haveValid', 'metadataPercentComplete'] })
      return new Set(torrents.filter(each => each.metadataPercentComplete === 1 && each.leftUntilDone === 0 && each.haveValid > 0).map(each => each.hashString))
    },
    log: child.output,
    [Symbol.asyncDispose]: child.stop
  }
}
