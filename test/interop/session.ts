// One client in one setting, with a tracker between it and us: everything that the cases of a setting share.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createMemoryBlobs, createTorrentStore, magnet, parseTorrentFile, parseMagnet, refOf, tcpCandidate, torrentFile, TorrentStoreError, utpCandidate } from '@seedbed/torrent-store'
import * as assert from 'uvu/assert'
import { oddBodies, type OddBody } from './bodies.ts'
import type { Link, Setting } from './cases.ts'
import { startAria2 } from './clients/aria2.ts'
import type { ClientName, StartClient } from './clients/client.ts'
import { until } from './clients/process.ts'
import { startRtorrent } from './clients/rtorrent.ts'
import { startLibtorrent, startWebTorrent } from './clients/scripted.ts'
import { startTransmission } from './clients/transmission.ts'
import { startDatagramRelay } from './datagram-relay.ts'
import { startRelay, type Conversation } from './relay.ts'
import { openSubnet } from './subnet.ts'
import { startTracker } from './tracker.ts'
import { isPlain } from './wire-log.ts'

export const START: Readonly<Record<ClientName, StartClient>> = {
  aria2: startAria2, libtorrent: startLibtorrent, rtorrent: startRtorrent, transmission: startTransmission, webtorrent: startWebTorrent
}
const TRANSFER_TIMEOUT_MS = 180_000
/** Of what we dial for ourselves. From a tracker rTorrent hears of itself, dials itself, and hangs up on whoever comes from the same address meanwhile. */
const NO_TRACKER = 'http://127.0.0.1:9/announce'

export interface Session extends AsyncDisposable {
  /** The client downloads all odd bodies from us; throws unless its files are the very bytes. */
  download (link: Link): Promise<void>
  /** We fetch all odd bodies, which the client has as files; throws unless what comes are the very bytes. */
  seed (link: Link): Promise<void>
  /** Of every connection that the client made to us so far, over TCP. */
  conversations (): Conversation[]
  log (): string
}

/** Where a client finds us, and is found. */
interface Place { readonly ours: string, readonly theirs: string, readonly within: readonly string[] }

export async function openSession ({ client, transport, encryption }: Setting): Promise<Session> {
  await using stack = new AsyncDisposableStack()
  const scratch = mkdtempSync(path.join(tmpdir(), `seedbed-${client}-`))
  stack.defer(() => { rmSync(scratch, { recursive: true, force: true }) })
  const [dir, stateDir] = [path.join(scratch, 'files'), path.join(scratch, 'state')]
  for (const folder of [dir, stateDir]) mkdirSync(folder)
  const place = await placeOf(client, stack)
  const store = stack.use(await createTorrentStore({ db: createMemoryBlobs() }))
  const listener = await store.listen({ host: place.ours })
  assert.ok(listener.transports.includes('utp')) // most clients try uTP first
  const relay = stack.use(await startRelay(place.ours, listener, encryption === 'plain' ? isPlain : undefined)) // aria2 has to be told that encryption does not get through
  const datagrams = stack.use(await startDatagramRelay(place.ours, listener))
  const tracker = stack.use(await startTracker(place.ours === '127.0.0.2' ? '127.0.0.1' : place.ours))
  const running = stack.use(await START[client]({ dir, stateDir, host: place.theirs, encryption, transport, within: place.within }))

  const fileOf = (bytes: Buffer): string => path.join(dir, `${createHash('sha256').update(bytes).digest('hex')}.txt`)
  const idOf = (bytes: Buffer, link: Link, trackers = [tracker.url]): string | Uint8Array => link === 'magnet' ? magnet({ infoHash: refOf(bytes).infoHash }, { trackers }) : torrentFile(bytes, { trackers })
  async function addAll (bodies: readonly OddBody[], link: Link, trackers?: string[]): Promise<void> {
    await running.add(bodies.map(({ bytes }) => ({ infoHash: refOf(bytes).infoHash, id: idOf(bytes, link, trackers) })))
    let lacking = bodies
    await until(async () => {
      const complete = await running.complete()
      lacking = bodies.filter(({ bytes }) => !complete.has(refOf(bytes).infoHash))
      return lacking.length === 0
    }, TRANSFER_TIMEOUT_MS, () => `${client} has not all of ${lacking.map(({ name, bytes }) => `${name} ${refOf(bytes).infoHash}`).join(', ')}:\n${running.log()}`)
  }

  /** One of our own peers takes the same bodies from the same port meanwhile, all over one connection (sb_bodies). */
  async function readBeside (bodies: readonly OddBody[]): Promise<void> {
    await using reader = await createTorrentStore({ db: createMemoryBlobs() })
    const lengths: number[] = []
    for await (const { body } of reader.fetchMany(bodies.map(({ bytes }) => refOf(bytes)), { candidates: [tcpCandidate(listener.host, listener.port)] })) lengths.push(body?.length ?? 0)
    assert.equal(lengths.toSorted((a, b) => a - b), bodies.map(({ bytes }) => bytes.length).toSorted((a, b) => a - b))
  }

  const disposables = stack.move()
  return {
    async download (link) {
      const bodies = oddBodies()
      for (const { bytes } of bodies) {
        const { infoHash } = await store.put(bytes)
        await tracker.announce(infoHash, (transport === 'tcp' ? relay : datagrams).port, place.ours)
      }
      await Promise.all([addAll(bodies, link), readBeside(bodies)])
      for (const { name, bytes } of bodies) {
        const file = fileOf(bytes)
        const written = (): boolean => existsSync(file) && readFileSync(file).equals(bytes)
        await until(written, TRANSFER_TIMEOUT_MS, () => `${client} wrote other bytes for ${name} to ${file}`) // a client may tell of the end before its disk has it
      }
    },
    async seed (link) {
      const bodies = oddBodies()
      for (const { bytes } of bodies) writeFileSync(fileOf(bytes), bytes)
      await addAll(bodies, '.torrent', [NO_TRACKER])
      // What is tested is the protocol: twelve at a time on a busy machine take longer than one that somebody waits for.
      await using reader = await createTorrentStore({ db: createMemoryBlobs(), limits: { candidateTimeoutMs: TRANSFER_TIMEOUT_MS / 2, chokedTimeoutMs: TRANSFER_TIMEOUT_MS } })
      // All at once: whoever looks every ten seconds at whom to serve does so for all.
      await Promise.all(bodies.map(async ({ name, bytes }) => {
        const id = idOf(bytes, link)
        const { ref } = typeof id === 'string' ? parseMagnet(id) : parseTorrentFile(id)
        assert.is(ref.length === undefined, link === 'magnet') // a magnet link makes us ask for the metadata (BEP 9)
        const candidate = (transport === 'tcp' ? tcpCandidate : utpCandidate)(place.theirs, running.port, { encrypt: encryption === 'forced' })
        const { body } = await patiently(client, async () => await reader.fetch(ref, { candidates: [candidate], timeoutMs: TRANSFER_TIMEOUT_MS })).catch((error: TorrentStoreError) => {
          throw new Error(`${name}, ${ref.infoHash}: ${error.message}: ${error.faults.map(({ reason }) => reason).join()}\n${running.log()}`, { cause: error })
        })
        assert.ok(bytes.equals(body), name)
      }))
    },
    conversations: relay.conversations,
    log: running.log,
    [Symbol.asyncDispose]: async () => { await disposables.disposeAsync() }
  }
}

async function placeOf (client: ClientName, stack: AsyncDisposableStack): Promise<Place> {
  if (client === 'transmission') return stack.use(await openSubnet()) // it dials nobody in 127.0.0.0/8
  if (client === 'rtorrent') return { ours: '127.0.0.2', theirs: '127.0.0.1', within: [] } // it takes whoever has its own address for itself
  return { ours: '127.0.0.1', theirs: '127.0.0.1', within: [] }
}

/** Transmission hangs up on whoever dials while another handshake with that address is under way. Nobody else is dialled twice. */
const MAX_REFUSALS: Readonly<Partial<Record<ClientName, number>>> = { transmission: 200 }

async function patiently<T> (client: ClientName, work: () => Promise<T>): Promise<T> {
  for (let refusals = 0; ; refusals++) {
    try {
      return await work()
    } catch (error) {
      const refused = error instanceof TorrentStoreError && error.faults.some(({ reason }) => reason === 'ABSENT')
      if (!refused || refusals === (MAX_REFUSALS[client] ?? 0)) throw error
      await new Promise(resolve => { setTimeout(resolve, 100) })
    }
  }
}
