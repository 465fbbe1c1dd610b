import { setTimeout as sleep } from 'node:timers/promises'
import { startChild, type Child } from '../support/child.ts'
import { cpuMs } from '../support/cpu.ts'
import { createFolder } from '../support/folder.ts'
import { residentBytes } from '../support/resident.ts'
import { caseOf, quantile, type Case, type Suite } from '../support/suite.ts'
import { startLibtorrent } from './libtorrent.ts'

const ROUNDS = 5
/** In our database; a round reads others than the one before. */
const BODIES = 60_000
const EACH = 4000
const BATCHED = 8000
/** Torrents of the other programs, and connections to them in a round. */
const OTHERS = 1000
const ENCRYPTED = 500
const NODE_EXCHANGES = 30
const IDLE_FIRST = 500
const IDLE = 2000
const SETTLE_MS = 1000
const EACH_NAME = 'a TCP connection a body'

export const suite: Suite = {
  name: 'serving',
  async run () {
    await using folder = await createFolder()
    await using server = startChild(new URL('server.ts', import.meta.url))
    await using client = startChild(new URL('client.ts', import.meta.url))
    const { port, address } = await server.call<{ port: number, address: string }>('start', { folder: `${folder.path}/store`, bodies: BODIES })
    await sleep(SETTLE_MS)
    const cold = await measure(server.pid, EACH, async round => await client.call<number>('each', { port, ...slice(round, EACH) }))
    const overTcp = await measure(server.pid, BATCHED, async round => await client.call<number>('batchTcp', { port, ...slice(round, BATCHED) }))
    const overLibp2p = await measure(server.pid, BATCHED, async round => await client.call<number>('batchLibp2p', { address, ...slice(round, BATCHED) }))
    const others = await measureOthers(client, folder.path)
    const named = [['TCP', overTcp], ['libp2p', overLibp2p]] as const
    return [
      ...others.map(({ name, rate }) => caseOf(`bodies served cold, a connection each (${name})`, cold.rate, 'bodies/s', { name, value: rate })),
      ...named.map(([name, { rate }]) => caseOf(`bodies over one connection of sb_bodies, ${name}`, rate, 'bodies/s', { name: EACH_NAME, value: cold.rate })),
      ...others.map(({ name, cpuUs }) => caseOf(`the server's CPU for a body served cold (${name})`, cold.cpuUs, 'us', { name, value: cpuUs })),
      ...named.map(([name, { cpuUs }]) => caseOf(`the server's CPU for a body by sb_bodies, ${name}`, cpuUs, 'us', { name: EACH_NAME, value: cold.cpuUs })),
      ...await measureEncryption(server, client, port),
      await measureIdle()
    ]
  }
}

function slice (round: number, count: number): { from: number, to: number } {
  const from = round * count % (BODIES - count + 1)
  return { from, to: from + count }
}

interface Served { readonly rate: number, readonly cpuUs: number }

/** The first round, while code is compiled, does not count. */
async function measure (pid: number, bodies: number, work: (round: number) => Promise<number>): Promise<Served> {
  const [rates, cpuUs]: [number[], number[]] = [[], []]
  for (let round = 0; round <= ROUNDS; round++) {
    const beforeMs = cpuMs(pid)
    const rate = await work(round)
    if (round === 0) continue
    rates.push(rate)
    cpuUs.push((cpuMs(pid) - beforeMs) / bodies * 1000)
  }
  return { rate: quantile(rates, 0.5), cpuUs: quantile(cpuUs, 0.5) }
}

/** The same client against other programs, each with as many torrents as it bears. */
async function measureOthers (client: Child, folder: string): Promise<Array<Served & { name: string }>> {
  const found: Array<Served & { name: string }> = []
  for (const way of ['documented', 'tuned'] as const) {
    await using other = startChild(new URL('other-seeder.ts', import.meta.url))
    const seeding = await other.call<{ port: number, infoHashes: string[] }>('start', { way, folder: `${folder}/${way}`, bodies: OTHERS })
    found.push({ name: `WebTorrent, ${way}`, ...await measure(other.pid, OTHERS, async () => await client.call<number>('each', { ...seeding, from: 0, to: OTHERS })) })
  }
  await using libtorrent = await startLibtorrent(`${folder}/libtorrent`, OTHERS)
  if (libtorrent === null) process.stderr.write('libtorrent is not installed: left out\n')
  else found.push({ name: 'libtorrent', ...await measure(libtorrent.pid, OTHERS, async () => await client.call<number>('each', { port: libtorrent.port, infoHashes: libtorrent.infoHashes, from: 0, to: OTHERS })) })
  return found
}

/** What a download costs more if it is encrypted, on each side. */
async function measureEncryption (server: Child, client: Child, port: number): Promise<Case[]> {
  const costs = { server: [] as number[], client: [] as number[] }
  for (let round = 0; round <= ROUNDS; round++) {
    const [ours, theirs]: [number[], number[]] = [[], []]
    for (const encrypt of [false, true]) {
      const beforeMs = cpuMs(server.pid)
      ours.push(await client.call<number>('fetchEach', { port, from: 0, to: ENCRYPTED, encrypt }))
      theirs.push(cpuMs(server.pid) - beforeMs)
    }
    if (round === 0) continue
    costs.client.push(((ours[1] ?? 0) - (ours[0] ?? 0)) / ENCRYPTED)
    costs.server.push(((theirs[1] ?? 0) - (theirs[0] ?? 0)) / ENCRYPTED)
  }
  const reference = { name: "Node's Diffie-Hellman alone", value: await client.call<number>('exchangeByNode', NODE_EXCHANGES) }
  return [
    caseOf('CPU of an encrypted handshake, the server', quantile(costs.server, 0.5), 'ms', reference),
    caseOf('CPU of an encrypted handshake, the client', quantile(costs.client, 0.5), 'ms', reference)
  ]
}

async function measureIdle (): Promise<Case> {
  await using folder = await createFolder()
  await using server = startChild(new URL('server.ts', import.meta.url))
  const { port } = await server.call<{ port: number }>('start', { folder: folder.path, bodies: 1000 })
  await using bare = startChild(new URL('server.ts', import.meta.url))
  const { port: barePort } = await bare.call<{ port: number }>('startBare')
  return caseOf('memory of an idle connection', await bytesAConnection(server, port, true, () => residentBytes(server.pid)) / 1000, 'KB', { name: 'the heap of a socket of node:net', value: await bytesAConnection(bare, barePort, false, heap => heap) / 1000 })
}

/** Between the first few hundred, by which time code is compiled, and all, garbage collected. */
async function bytesAConnection (server: Child, port: number, greeted: boolean, size: (heap: number) => number): Promise<number> {
  await using client = startChild(new URL('client.ts', import.meta.url))
  const sizes: number[] = []
  for (const connections of [IDLE_FIRST, IDLE]) {
    await client.call('idle', { port, connections, from: 0, greeted })
    await sleep(SETTLE_MS)
    sizes.push(size(await server.call<number>('heap')))
  }
  return ((sizes[1] ?? 0) - (sizes[0] ?? 0)) / IDLE
}
