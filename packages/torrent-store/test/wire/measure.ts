// Figures of the wire, each taken in a process of its own that does nothing else. Not a test: nothing is asserted.
//
//   node --conditions=source --expose-gc packages/torrent-store/test/wire/measure.ts mse | idle | idle-utp | cold
//
// mse: CPU of one encrypted handshake, a side. idle: resident memory of an idle connection that has named its torrent, over
// 2,000 of them. cold: bodies a second, each over a connection of its own, of 1,000 bytes from `level`.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Level } from 'level'
import { createTorrentStore, utpCandidate, type TorrentRef } from '../../src/index.ts'
import { BoundedWire, Encryption } from '../../src/wire/bounded-wire.ts'
import type { ByteDuplex } from '../../src/wire/byte-duplex.ts'
import { handshake, message, randomBody, uint32 } from '../bodies.ts'

const CONNECTIONS = 2000
const BODIES = 2000
const [what = '', role = 'lead'] = process.argv.slice(2)

interface Ready { readonly port: number, readonly refs: TorrentRef[] }
interface Reading { readonly rss: number, readonly heap: number, readonly external: number, readonly cpuMs: number }

const reading = (): Reading => {
  for (let i = 0; i < 4; i++) globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  return { rss, heap: heapUsed, external, cpuMs: (user + system) / 1000 }
}

async function serveHere (): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'seedbed-measure-'))
  const db = new Level(folder)
  const store = await createTorrentStore({ db, limits: { maxConnections: 5000, maxConnectionsPerAddress: 5000 } })
  const refs = await Promise.all(Array.from({ length: BODIES }, async () => await store.put(randomBody(1000))))
  const listener = await store.listen()
  const end = async (): Promise<void> => {
    await store.close()
    await db.close()
    rmSync(folder, { recursive: true })
    process.exit()
  }
  process.on('message', command => {
    if (command === 'read') process.send?.(reading())
    else void end()
  })
  process.send?.({ port: listener.port, refs })
}

async function withServer (use: (ready: Ready, read: () => Promise<Reading>) => Promise<void>): Promise<void> {
  const child = fork(import.meta.filename, [what, 'server'], { execArgv: [...process.execArgv] })
  const next = async <T>(): Promise<T> => await new Promise(resolve => { child.once('message', message => { resolve(message as T) }) })
  const ready = await next<Ready>()
  await use(ready, async () => {
    const answer = next<Reading>()
    child.send('read')
    return await answer
  })
  child.send('end')
  await new Promise(resolve => { child.once('exit', resolve) })
}

/** A downloader with next to no cost of its own: looks only at the length of the answer. */
async function fetchRaw (port: number, { infoHash, length }: TorrentRef): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const wanted = 68 + length + 13
  let received = 0
  socket.write(Buffer.concat([handshake(infoHash, [0, 0, 0, 0, 0, 0, 0, 4]), message(2)]))
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', () => { reject(new Error('closed')) })
    socket.on('data', chunk => {
      if (received === 0) socket.write(message(6, uint32(0, 0, length))) // requests of who is still choked are rejected
      received += chunk.length
      if (received >= wanted) resolve()
    })
  })
  socket.removeAllListeners('close')
  return socket
}

async function idle (open: (port: number, ref: TorrentRef) => Promise<ByteDuplex>): Promise<void> {
  await withServer(async ({ port, refs }, read) => {
    const once = async (count: number): Promise<ByteDuplex[]> => {
      const all: ByteDuplex[] = []
      for (let i = 0; i < count; i += 50) all.push(...await Promise.all(refs.slice(i, i + 50).map(async ref => await open(port, ref))))
      return all
    }
    for (const duplex of await once(500)) duplex.destroy() // what the first connections bring with them is not theirs
    await new Promise(resolve => { setTimeout(resolve, 4000) })
    const before = await read()
    const all = await once(CONNECTIONS)
    await new Promise(resolve => { setTimeout(resolve, 1500) })
    const after = await read()
    const kib = (key: 'rss' | 'heap' | 'external'): string => ((after[key] - before[key]) / CONNECTIONS / 1024).toFixed(1)
    console.log(`idle connection: ${kib('rss')} KB resident (heap ${kib('heap')}, external ${kib('external')})`)
    for (const duplex of all) duplex.destroy()
  })
}

async function cold (): Promise<void> {
  await withServer(async ({ port, refs }, read) => {
    for (const count of [BODIES, 3 * BODIES, 3 * BODIES]) {
      const before = await read()
      const startedMs = performance.now()
      let next = 0
      await Promise.all(Array.from({ length: 48 }, async () => {
        while (next < count) (await fetchRaw(port, refs[next++ % refs.length] as TorrentRef)).destroy()
      }))
      const seconds = (performance.now() - startedMs) / 1000
      const { cpuMs } = await read()
      console.log(`cold: ${(count / seconds).toFixed(0)} bodies/s, server CPU ${((cpuMs - before.cpuMs) / count).toFixed(3)} ms a body`)
    }
  })
}

/** Both sides in this process, without sockets: half the CPU is one side's. */
function mse (): void {
  const bounds = { maxMessageBytes: 1 << 20, maxInboundBytes: 1 << 20, maxOutboundBytes: 1 << 20 }
  const infoHash = 'ab'.repeat(20)
  const rounds = 1000
  let done = 0
  const before = process.cpuUsage()
  const one = (): void => {
    const [left, right] = [new BoundedWire('tcpOutgoing', Encryption.rc4, bounds), new BoundedWire('tcpIncoming', Encryption.either, bounds)]
    left.on('data', (chunk: Uint8Array) => { right.write(chunk) })
    right.on('data', (chunk: Uint8Array) => { left.write(chunk) })
    right.once('crypto-infohash', () => { right.setInfoHash(infoHash) })
    left.once('crypto-handshake', () => {
      if (++done < rounds) { setImmediate(one); return }
      const { user, system } = process.cpuUsage(before)
      console.log(`encrypted handshake: ${((user + system) / 2000 / rounds).toFixed(3)} ms CPU a side`)
    })
    left.startEncryption(infoHash)
  }
  one()
}

if (role === 'server') await serveHere()
else if (what === 'mse') mse()
else if (what === 'idle') await idle(fetchRaw)
else if (what === 'cold') await cold()
else if (what === 'idle-utp') {
  await idle(async (port, ref) => {
    const duplex = await utpCandidate('127.0.0.1', port).open({ signal: new AbortController().signal })
    duplex.on('data', () => {})
    duplex.on('error', () => {})
    duplex.write(Buffer.concat([handshake(ref.infoHash, [0, 0, 0, 0, 0, 0, 0, 4]), message(2)]))
    return duplex
  })
} else console.log('mse, idle, idle-utp or cold?')
