// test-timeout-ms: 180000
// Downloaders that attack a server in another process, over TCP and uTP: spoiled talks, claims of gigabytes, and slowness
// in every phase. Afterwards it serves an honest client, its memory is what it was, its event loop was never held up,
// every slot is free, and nothing ended it.
import { fork, type ChildProcess } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, refOf, tcpCandidate, utpCandidate, type TorrentStore } from '../../src/index.ts'
import { BoundedWire, Encryption } from '../../src/wire/bounded-wire.ts'
import type { ByteDuplex } from '../../src/wire/byte-duplex.ts'
import { handshake, message, uint32, until } from '../bodies.ts'
import { CHILD_LIMITS, type Health } from './hostile-child.ts'
import { CORPUS_BODY, GOOD, GREEDY, seeded, spoil, type Transcript } from './transcripts.ts'

const test = suite('a server and hostile downloaders')
type Transport = 'tcp' | 'utp'
const TRANSPORTS: readonly Transport[] = ['tcp', 'utp']
const MAX_STALL_MS = 1000
const MAX_GROWTH_BYTES = 20 << 20
const { infoHash } = refOf(CORPUS_BODY)
const corpus = globSync('corpus/*.json', { cwd: import.meta.dirname })
  .sort().map(file => JSON.parse(readFileSync(path.join(import.meta.dirname, file), 'utf8')) as Transcript)

let child: ChildProcess
let port = 0
let died: string | null = null
let honest: TorrentStore
let calmRss = 0
test.before(async () => {
  honest = await createTorrentStore({ db: createMemoryBlobs() })
  child = fork(path.join(import.meta.dirname, 'hostile-child.ts'), [], { execArgv: ['--conditions=source', '--expose-gc', '--unhandled-rejections=strict'] })
  child.on('exit', (code, signal) => { died = `the server ended: ${code ?? signal}` })
  port = await new Promise(resolve => { child.once('message', ready => { resolve((ready as { port: number }).port) }) })
  for (let i = 0; i < 2; i++) { // what the first of each kind bring with them stays
    await sayAll([...GOOD, ...GREEDY, ...corpus])
  }
  await served()
  calmRss = (await health()).rss
})
test.after(async () => {
  await honest.close()
  child.kill()
})
test.after.each(async () => {
  await served()
  const { rss, stallMs } = await health()
  assert.ok(stallMs < MAX_STALL_MS, `the event loop was held up for ${stallMs} ms`)
  assert.ok(rss - calmRss < MAX_GROWTH_BYTES, `grew by ${(rss - calmRss) / 1e6} MB`)
})

async function health (): Promise<Health> {
  if (died !== null) throw new Error(died)
  return await new Promise(resolve => {
    child.once('message', answer => { resolve(answer as Health) })
    child.send('health')
  })
}

/** Waits for free slots, then is served over each transport, plain and encrypted. */
async function served (): Promise<void> {
  while ((await health()).connections > 0) await new Promise(resolve => { setTimeout(resolve, 50) })
  for (const encrypt of [false, true]) {
    for (const candidate of [tcpCandidate('127.0.0.1', port, { encrypt }), utpCandidate('127.0.0.1', port, { encrypt })]) {
      const { body } = await honest.fetch({ infoHash }, { candidates: [candidate] })
      assert.ok(Buffer.from(body).equals(CORPUS_BODY))
    }
  }
}

async function dial (transport: Transport): Promise<ByteDuplex> {
  const candidate = transport === 'tcp' ? tcpCandidate('127.0.0.1', port) : utpCandidate('127.0.0.1', port)
  const duplex = await candidate.open({ signal: new AbortController().signal })
  duplex.on('error', () => {})
  return duplex
}

const pause = async (ms: number): Promise<void> => { await new Promise(resolve => { setTimeout(resolve, ms) }) }
const closed = async (duplex: ByteDuplex): Promise<void> => { await new Promise<void>(resolve => { if (duplex.destroyed) resolve(); else duplex.once('close', resolve) }) }

/** Says all of it, waits a little for an answer, and leaves without a word. */
async function say ({ encrypted, flips, chunks }: Transcript, transport: Transport): Promise<void> {
  const duplex = await dial(transport)
  const bytes = chunks.map(hex => Buffer.from(hex, 'hex'))
  if (encrypted) await sayEncrypted(duplex, flips, bytes)
  else {
    duplex.on('data', () => {})
    for (const chunk of bytes) {
      if (duplex.destroyed) break
      if (chunk.length > 0) duplex.write(chunk)
      await pause(0)
    }
  }
  await Promise.race([closed(duplex), pause(20)])
  duplex.destroy()
}

/** Ten at a time, over each transport. */
async function sayAll (transcripts: readonly Transcript[]): Promise<void> {
  for (let at = 0; at < transcripts.length; at += 10) {
    await Promise.all(transcripts.slice(at, at + 10).flatMap(one => TRANSPORTS.map(async transport => { await say(one, transport) })))
  }
}

async function sayEncrypted (duplex: ByteDuplex, flips: Transcript['flips'], chunks: readonly Uint8Array[]): Promise<void> {
  const bounds = { maxMessageBytes: 1 << 20, maxInboundBytes: 1 << 20, maxOutboundBytes: 1 << 20 }
  const wire = new BoundedWire('tcpOutgoing', Encryption.rc4, bounds)
  let sent = 0
  wire.on('data', (chunk: Uint8Array) => {
    const spoiled = Buffer.from(chunk)
    for (const [nth, offset, xor] of flips) if (nth === sent && offset < spoiled.length) spoiled[offset] = (spoiled[offset] ?? 0) ^ xor
    sent++
    if (!duplex.destroyed) duplex.write(spoiled)
  })
  duplex.on('data', chunk => { wire.write(chunk) })
  wire.on('fault', () => { duplex.destroy() })
  wire.on('error', () => {})
  wire.once('crypto-handshake', () => { for (const chunk of chunks) if (chunk.length > 0) wire._push(chunk) })
  wire.startEncryption(infoHash)
  await Promise.race([closed(duplex), pause(40)])
  wire.end()
}

test('the corpus', async () => {
  assert.ok(corpus.length > 40)
  await sayAll(corpus)
})

test('talks spoiled in new ways', async () => {
  await fc.assert(fc.asyncProperty(fc.integer(), fc.constantFrom(...TRANSPORTS), async (seed, transport) => {
    const below = seeded(seed)
    await Promise.all(Array.from({ length: 8 }, async (_, i) => { await say(spoil(`${seed}-${i}`, below), transport) }))
    assert.is(died, null)
  }), { numRuns: 25 })
})

/** What is said before the peer goes slow, and what it says then, again and again. */
const SLOW: ReadonlyArray<readonly [phase: string, first: Uint8Array, drip: Uint8Array]> = [
  ['before a word', Buffer.alloc(0), Buffer.alloc(0)],
  ['in the handshake', handshake(infoHash).subarray(0, 5), Buffer.of(0x65)],
  ['in the public key', Buffer.alloc(30, 0x77), Buffer.of(0x77)],
  ['in the padding behind it', Buffer.alloc(200, 0x77), Buffer.of(0x77)],
  ['between messages', handshake(infoHash), Buffer.alloc(0)],
  ['with keep-alives', handshake(infoHash), Buffer.alloc(4)],
  ['in a length', Buffer.concat([handshake(infoHash), Buffer.of(0, 0)]), Buffer.alloc(0)],
  ['in a message', Buffer.concat([handshake(infoHash), uint32(32_000), Buffer.of(20)]), Buffer.of(1)]
]
for (const transport of TRANSPORTS) {
  test(`slowness in every phase takes no slot for long, over ${transport}`, async () => {
    const slow = await Promise.all(SLOW.flatMap(([, first, drip]) => Array.from({ length: 10 }, async () => {
      const duplex = await dial(transport)
      duplex.on('data', () => {})
      if (first.length > 0) duplex.write(first)
      const timer = setInterval(() => { if (drip.length > 0 && !duplex.destroyed) duplex.write(drip) }, 50)
      duplex.once('close', () => { clearInterval(timer) })
      return duplex
    })))
    const startedMs = performance.now()
    const open = (): number => slow.filter(duplex => !duplex.destroyed).length
    // Over uTP who never says a word has no connection there, which it is not told.
    await until(() => open() <= (transport === 'tcp' ? 0 : 10))
    assert.ok(performance.now() - startedMs < 10 * CHILD_LIMITS.maxServeMs)
    for (const duplex of slow) duplex.destroy()
  })

  test(`who asks and never reads fills no memory, over ${transport}`, async () => {
    const requests = Buffer.concat(Array.from({ length: 200 }, () => message(6, uint32(0, 0, 16_384))))
    const lazy = await Promise.all(Array.from({ length: 40 }, async () => {
      const duplex = await dial(transport)
      duplex.write(handshake(infoHash, [0, 0, 0, 0, 0, 0, 0, 4]))
      await pause(100)
      duplex.write(Buffer.concat([message(2), requests]))
      return duplex
    }))
    await pause(500)
    const { rss } = await health()
    // Each may have its two bodies queued here, and what the system takes.
    assert.ok(rss - calmRss < MAX_GROWTH_BYTES + 40 * 512 * 1024, `grew by ${(rss - calmRss) / 1e6} MB`)
    for (const duplex of lazy) duplex.destroy()
  })

  test(`a claim of gigabytes costs nothing, plain and encrypted, over ${transport}`, async () => {
    for (const claim of [Buffer.concat([uint32(0x7fffffff), Buffer.of(20)]), Buffer.concat([uint32(0xffffffff), Buffer.of(7)])]) {
      const pouring = await Promise.all(Array.from({ length: 20 }, async () => {
        const duplex = await dial(transport)
        duplex.on('data', () => {})
        duplex.write(Buffer.concat([handshake(infoHash), claim]))
        for (let i = 0; i < 64 && !duplex.destroyed; i++) {
          duplex.write(Buffer.alloc(16_384))
          await pause(0)
        }
        return duplex
      }))
      await Promise.all(pouring.map(closed)) // it is the server who ends it
    }
    const greedy = GREEDY.filter(({ encrypted }) => encrypted)
    for (let i = 0; i < 5; i++) await Promise.all(greedy.map(async one => { await say({ ...one, chunks: [...one.chunks, '00'.repeat(60_000)] }, transport) }))
  })
}

test('connections that come and go at once leave nothing', async () => {
  for (let round = 0; round < 10; round++) {
    await Promise.all(Array.from({ length: 60 }, async (_, i) => {
      const duplex = await dial(i % 2 === 0 ? 'tcp' : 'utp')
      duplex.write(handshake(infoHash).subarray(0, i))
      duplex.destroy()
    }))
  }
})

test.run()
