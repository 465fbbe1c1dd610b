// rtorrent without a terminal, over SCGI and XML-RPC on a Unix socket. Peers come from trackers.
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import type { ClientOptions, RunningClient } from './client.ts'
import { freePort } from '../../free-port.ts'
import { startProcess, until } from './process.ts'

const READY_TIMEOUT_MS = 120_000

export async function startRtorrent ({ dir, stateDir, host, encryption, within }: ClientOptions): Promise<RunningClient> {
  const [port, socketPath] = [await freePort(), path.join(stateDir, 'rpc')]
  const settings = path.join(stateDir, 'settings.rc')
  writeFileSync(settings, Object.entries({
    'session.path.set': stateDir, 'directory.default.set': dir, 'network.scgi.open_local': socketPath, 'system.daemon.set': '1',
    'network.bind_address.set': host, 'network.local_address.set': host, 'network.port_range.set': `${port}-${port}`, 'network.port_random.set': '0',
    'dht.mode.set': 'disable', 'protocol.pex.set': '0', 'trackers.use_udp.set': '0',
    'protocol.encryption.set': encryption === 'forced' ? 'allow_incoming,try_outgoing,require,require_RC4' : 'none'
  }).map(([name, value]) => `${name} = ${value}\n`).join(''))
  const child = startProcess('rtorrent', ['-n', '-o', `import=${settings}`], { within, env: { TERM: 'dumb' } })
  async function call (method: string, ...params: ReadonlyArray<string | Uint8Array>): Promise<string[]> {
    const answer = await callScgi(socketPath, xmlCall(method, params))
    if (answer.includes('<fault>')) throw new Error(`rtorrent refused ${method}: ${answer}`)
    return [...answer.matchAll(/<(string|i4|i8)>([^<]*)<\/\1>/g)].map(match => match[2] ?? '')
  }
  try {
    await until(async () => await call('system.client_version').then(() => true, () => false), READY_TIMEOUT_MS, () => `rtorrent does not answer:\n${child.output()}`)
  } catch (error) {
    await child.stop()
    throw error
  }
  return {
    port,
    async add (torrents) {
      for (const { id } of torrents) await (typeof id === 'string' ? call('load.start_verbose', '', id) : call('load.raw_start_verbose', '', id))
    },
    async complete () {
      const values = await call('d.multicall2', '', 'main', 'd.hash=', 'd.complete=', 'd.is_meta=', 'd.is_active=', 'd.message=')
      const found = new Set<string>()
      for (let at = 0; at < values.length; at += 5) {
        const [hash = '', complete, meta, active] = values.slice(at, at + 4)
        if (complete === '1' && meta === '0' && active === '1') found.add(hash.toLowerCase())
      }
      return found
    },
    log: child.output,
    [Symbol.asyncDispose]: child.stop
  }
}

function xmlCall (method: string, params: ReadonlyArray<string | Uint8Array>): string {
  const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const value = (param: string | Uint8Array): string => typeof param === 'string' ? `<string>${escaped(param)}</string>` : `<base64>${Buffer.from(param).toString('base64')}</base64>`
  return `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${params.map(param => `<param><value>${value(param)}</value></param>`).join('')}</params></methodCall>`
}

/** One request (SCGI: a netstring of headers, then the body); the answer ends with the connection. */
async function callScgi (socketPath: string, body: string): Promise<string> {
  const headers = `CONTENT_LENGTH\0${Buffer.byteLength(body)}\0SCGI\x001\0`
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(socketPath, () => { socket.write(`${headers.length}:${headers},${body}`) })
    socket.on('data', chunk => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => { resolve(Buffer.concat(chunks).toString()) })
  })
}
