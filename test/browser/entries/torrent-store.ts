// What the tests of torrent-store call in a page or a worker; all that goes in and out is plain data.
import { createSwarm, createTorrentStore, createWebSwarm, parseInfoHash, refOf, tcpCandidate, TorrentStoreError, type FetchedBody, type TorrentRef, type TorrentStore, type WebSwarm } from '@seedbed/torrent-store'
import { Level } from 'level'
import { installRtc } from '../../../packages/core/src/remote/rtc/install-rtc.ts'
import { serveRtc } from '../../../packages/core/src/remote/rtc/serve-rtc.ts'
import { portCandidate, servePort } from './torrent-store-port.ts'

/** Every WebRTC connection that is made here. */
const connections: RTCPeerConnection[] = []
if (typeof globalThis.RTCPeerConnection === 'function') {
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor (configuration?: RTCConfiguration) {
      super(configuration)
      connections.push(this)
    }
  }
}

let store: TorrentStore | undefined
let swarm: WebSwarm | undefined
let database: Level | undefined

/** A store in IndexedDB; what was open before is closed. */
export async function open (name: string): Promise<void> {
  await close()
  database = new Level(name)
  store = await createTorrentStore({ db: database })
}

export async function close (): Promise<void> {
  await swarm?.close()
  await store?.close()
  await database?.close()
  swarm = store = database = undefined
}

export async function put (bodies: readonly string[]): Promise<TorrentRef[]> {
  return await Promise.all(bodies.map(async body => await opened().put(encoded(body))))
}

/** Random bodies; their infohashes. */
export async function putRandom (count: number, length: number): Promise<TorrentRef[]> {
  return await Promise.all(Array.from({ length: count }, async () => await opened().put(crypto.getRandomValues(new Uint8Array(length)))))
}

export async function get (infoHash: string): Promise<string | null> {
  const body = await opened().get(parseInfoHash(infoHash))
  return body === undefined ? null : new TextDecoder().decode(body)
}

export async function remove (infoHash: string): Promise<boolean> {
  return await opened().delete(parseInfoHash(infoHash))
}

export function stat (): { bodies: number, bytes: number } {
  return opened().stat()
}

export async function list (): Promise<string[]> {
  const refs: string[] = []
  for await (const { infoHash } of opened().list()) refs.push(infoHash)
  return refs
}

/** Infohashes of bodies in base64. */
export function infoHashes (bodies: readonly string[]): string[] {
  return bodies.map(body => refOf(Uint8Array.from(atob(body), character => character.charCodeAt(0))).infoHash)
}

/** The codes of what a browser cannot do. */
export async function unsupported (): Promise<string[]> {
  const tries = [async () => await opened().listen(), async () => tcpCandidate('127.0.0.1', 1), async () => createSwarm({ store: opened() })]
  return await Promise.all(tries.map(async attempt => await attempt().then(() => 'done', codeOf)))
}

export function serve (port: MessagePort): void {
  servePort(opened(), port)
}

/** Fetches and stores all `refs` over one port, by `fetchMany` and one by one; how many arrived each way, over how many connections. */
export async function fetchAll (port: MessagePort, refs: readonly TorrentRef[]): Promise<{ many: number, connections: number, single: number, absent: string }> {
  const here = opened()
  port.start()
  const candidate = portCandidate(port)
  let many = 0
  for await (const result of here.fetchMany(refs, { candidates: [candidate] })) {
    if ('body' in result && (await here.put(result.body)).infoHash === result.infoHash) many++
  }
  const connections = candidate.opened
  let single = 0
  for (const { infoHash } of refs.slice(0, 20)) { // without the length: with an exchange of metadata
    const { body } = await here.fetch({ infoHash }, { candidates: [candidate] })
    if (refOf(body).infoHash === infoHash) single++
  }
  const absent = await here.fetch({ infoHash: parseInfoHash('f'.repeat(40)) }, { candidates: [candidate] }).then(() => 'found', error => error instanceof TorrentStoreError ? error.faults[0]?.reason ?? error.code : String(error))
  return { many, connections, single, absent }
}

/** In the page: WebRTC for its worker. */
export function lendRtc (port: MessagePort): void {
  serveRtc(port)
}

/** In the worker. */
export function borrowRtc (port: MessagePort): void {
  installRtc(port)
}

export function join (trackers: readonly string[]): void {
  swarm = createWebSwarm({ store: opened(), trackers, limits: { announcesPerSecond: 100 } })
}

export function setTrackers (trackers: readonly string[]): void {
  joined().setTrackers(trackers)
}

export async function seed (body: string): Promise<TorrentRef> {
  const ref = await opened().put(encoded(body))
  await joined().seed(ref.infoHash)
  return ref
}

export async function unseed (infoHash: string): Promise<boolean> {
  return joined().unseed(parseInfoHash(infoHash))
}

/** Infohashes of what was announced. */
export function announced (): string[] {
  return joined().hot().filter(({ announcedMs }) => announcedMs !== null).map(({ infoHash }) => infoHash)
}

/** The text of a body from the open swarm, or the code of the error and the faults of the peers. */
export async function fetch (id: string, timeoutMs?: number): Promise<string> {
  return await joined().fetch(id, { near: true, ...(timeoutMs === undefined ? {} : { timeoutMs }) }).then(({ body, faults }: FetchedBody) => [new TextDecoder().decode(body), ...faults.map(({ reason }) => reason)].join(' '), codeOf)
}

/** Through the store, as its last resort. */
export async function fetchByStore (infoHash: string): Promise<string> {
  return await opened().fetch({ infoHash: parseInfoHash(infoHash) }, { candidates: [], swarm: joined() }).then(({ body }) => new TextDecoder().decode(body), codeOf)
}

/** WebRTC connections that are open to somebody. */
export function connected (): number {
  return connections.filter(({ connectionState }) => connectionState === 'connected').length
}

function codeOf (error: unknown): string {
  return error instanceof TorrentStoreError ? [error.code, ...error.faults.map(({ reason }) => reason)].join(' ') : String(error)
}

function opened (): TorrentStore {
  if (store === undefined) throw new Error('no store is open')
  return store
}

function joined (): WebSwarm {
  if (swarm === undefined) throw new Error('no swarm was joined')
  return swarm
}

function encoded (text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
