// An abort, a success and every kind of fault free everything: sockets, streams, timers and listeners. A reader in a
// process of its own, which must end by itself, does many fetches at moments drawn from a seed.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BT_PROTOCOL, createMemoryBlobs, createTorrentStore, streamToDuplex, type InfoHash, type Listener, type TorrentRef, type TorrentStore } from '../../src/index.ts'
import { writeBody } from '../../src/wire/batch-message.ts'
import { extended, fakePeer, handshake, message, randomBody, until } from '../bodies.ts'
import type { LeakTask } from './leak-child.ts'

const test = suite('leaks')
const EXIT_MS = 20_000
let store: TorrentStore
let listener: Listener
let refs: TorrentRef[]
const ends: Array<() => Promise<unknown>> = []
const open: Array<() => number> = []

test.before(async () => {
  store = await createTorrentStore({ db: createMemoryBlobs() })
  refs = await Promise.all(Array.from({ length: 120 }, async (_, i) => await store.put(randomBody(1 + (i * 611) % 65_536))))
  listener = await store.listen()
})
test.after(async () => {
  for (const end of ends) await end()
  await store.close()
})

/** Seeders that do wrong, each in one way, to single fetches and to sb_bodies alike. */
async function wrongdoers (): Promise<number[]> {
  const behaviours: Array<(door: string) => Buffer | null> = [
    () => null, // silent
    door => handshake(door), // and silent then
    door => Buffer.concat([handshake(door), Buffer.from('ffffffff', 'hex')]),
    () => handshake('f'.repeat(40)),
    door => Buffer.concat([handshake(door), message(14), message(1), extended(0, 'd1:md9:sb_bodiesi7eee'), extended(1, writeBody(door as InfoHash, randomBody(50)))])
  ]
  const peers = await Promise.all([
    ...behaviours.map(async behave => await fakePeer(socket => {
      socket.once('data', chunk => {
        const answer = behave(chunk.toString('hex', 28, 48).padEnd(40, '0'))
        if (answer !== null) socket.write(answer)
      })
    })),
    fakePeer(socket => { socket.destroy() })
  ])
  for (const { close, sockets } of peers) {
    ends.push(close)
    open.push(() => sockets.size)
  }
  return peers.map(({ port }) => port)
}

/** Runs the reader; its problems, once it has ended by itself. */
async function read (task: LeakTask): Promise<void> {
  const script = fileURLToPath(new URL('leak-child.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=source', script, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output: string[] = []
  child.stdout.on('data', (chunk: Buffer) => { output.push(chunk.toString()) })
  const errors: string[] = []
  child.stderr.on('data', (chunk: Buffer) => { errors.push(chunk.toString()) })
  let lingers: NodeJS.Timeout | undefined
  child.stdout.once('data', () => { lingers = setTimeout(() => { child.kill('SIGKILL') }, EXIT_MS) }) // it said all it had to say
  const code = await new Promise(resolve => { child.once('close', resolve) })
  clearTimeout(lingers)
  assert.is(code, 0, `seed ${task.seed}: the reader did not end by itself: ${errors.join('')}`)
  assert.equal(JSON.parse(output.join('')), [], `seed ${task.seed}`)
}

const SEED = Number(process.env['LEAK_SEED'] ?? Date.now() % 1_000_000)

test('over TCP nothing is left, here or there', async () => {
  await read({ seed: SEED, rounds: 25, refs, ports: [listener.port, ...await wrongdoers()] })
  await until(() => listener.connections === 0 && open.every(count => count() === 0))
})

test('over libp2p streams nothing is left, here or there', async () => {
  const seeder = await createLibp2p({ addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] })
  ends.push(async () => { await seeder.stop() })
  let most = 0
  const streams = (): number => seeder.getConnections().flatMap(each => each.streams).filter(({ protocol }) => protocol === BT_PROTOCOL).length
  await seeder.handle(BT_PROTOCOL, stream => {
    store.serve(streamToDuplex(stream))
    most = Math.max(most, streams())
  })
  await read({ seed: SEED + 1, rounds: 25, refs, ports: [], address: seeder.getMultiaddrs()[0]?.toString() ?? '' })
  await until(() => streams() === 0)
  assert.ok(most > 0)
})

test.run()
