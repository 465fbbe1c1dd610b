import { createMemoryBlobs, createTorrentStore, refOf, tcpCandidate } from '@seedbed/torrent-store'
import { setTimeout as sleep } from 'node:timers/promises'
import { benchBody } from '../support/bodies.ts'
import { startChild } from '../support/child.ts'
import { createFolder } from '../support/folder.ts'
import { residentBytes } from '../support/resident.ts'
import { caseOf, quantile, type Case, type Suite } from '../support/suite.ts'
import type { Way } from '../support/webtorrent.ts'

/** A run that only shows that the suite works takes fewer. */
const SEEDS = Number(process.env['SEEDBED_BENCH_SEEDS'] ?? 1_000_000)
const FEW = SEEDS / 10
const WEBTORRENT_SEEDS = SEEDS / 100
const SAMPLE = Math.min(1000, FEW / 10)
const OPENINGS = 5
const SETTLE_MS = 2000
const BYTES_A_MB = 1e6
/** Bounds V8's young generation, which otherwise grows with the garbage that a process has made, and never shrinks by itself. */
const YOUNG_BOUND = '--max-semi-space-size=4'

export const suite: Suite = {
  name: 'seeds',
  async run () {
    await using folder = await createFolder()
    const [small, few, many] = [`${folder.path}/small`, `${folder.path}/few`, `${folder.path}/many`]
    await storeAndSeed(small, SAMPLE)
    await storeAndSeed(few, FEW)
    const bounded = await storeAndSeed(`${folder.path}/bounded`, SEEDS, [YOUNG_BOUND])
    const stored = await storeAndSeed(many, SEEDS)
    const level = { name: 'level alone, with the same database', ...await openings(async () => await openLevel(many)) }
    const ours = await openings(async () => await seed(many, SEEDS))
    const [base, grown] = [await seed(small, SAMPLE), await seed(few, FEW)]
    const aSeed = Math.max(1, (grown.resident - base.resident) / (FEW - SAMPLE)) // it may well be less than nothing
    const count = SEEDS.toLocaleString('en')
    const cases: Case[] = [
      caseOf(`${count} bodies, one process that stores and then seeds them`, stored / BYTES_A_MB, 'MB', { name: level.name, value: level.resident / BYTES_A_MB }),
      caseOf(`${count} bodies, the same with ${YOUNG_BOUND}`, bounded / BYTES_A_MB, 'MB', { name: level.name, value: level.resident / BYTES_A_MB }),
      caseOf(`${count} bodies, a process that seeds them`, ours.resident / BYTES_A_MB, 'MB', { name: level.name, value: level.resident / BYTES_A_MB }),
      caseOf(`${count} bodies, from closed to serving`, ours.openMs, 'ms', { name: level.name, value: level.openMs })
    ]
    for (const way of ['documented', 'tuned'] as const) {
      cases.push(caseOf(`memory a seed (${way})`, aSeed, 'bytes', { name: `WebTorrent, ${way}, ${WEBTORRENT_SEEDS.toLocaleString('en')} seeds`, value: await webTorrentSeed(way, `${folder.path}/${way}`) }))
    }
    return cases
  }
}

interface Opened { readonly openMs: number, readonly resident: number }

/** Bytes of one process that opens an empty folder, listens, stores all bodies and goes on serving them. */
async function storeAndSeed (folder: string, bodies: number, nodeOptions: readonly string[] = []): Promise<number> {
  await using seeder = startChild(new URL('seeder.ts', import.meta.url), nodeOptions)
  const { port } = await seeder.call<{ port: number }>('open', folder)
  await seeder.call('fill', bodies)
  await download(port, bodies)
  await sleep(SETTLE_MS)
  return residentBytes(seeder.pid)
}

/** A sample spread over all bodies, a connection each. */
async function download (port: number, bodies: number): Promise<void> {
  await using downloader = await createTorrentStore({ db: createMemoryBlobs() })
  for (let n = 0; n < SAMPLE; n++) await downloader.fetch(refOf(benchBody(Math.floor(n * bodies / SAMPLE))), { candidates: [tcpCandidate('127.0.0.1', port)] })
}

async function openings (open: () => Promise<Opened>): Promise<Opened> {
  const opened: Opened[] = []
  for (let round = 0; round < OPENINGS; round++) opened.push(await open())
  return { openMs: quantile(opened.map(({ openMs }) => openMs), 0.5), resident: quantile(opened.map(({ resident }) => resident), 0.5) }
}

async function openLevel (folder: string): Promise<Opened> {
  await using child = startChild(new URL('seeder.ts', import.meta.url))
  const openMs = await child.call<number>('openLevel', folder)
  await sleep(SETTLE_MS)
  return { openMs, resident: residentBytes(child.pid) }
}

/** Opens the folder in a process of its own, downloads a sample, and looks at the memory. */
async function seed (folder: string, bodies: number): Promise<Opened> {
  await using seeder = startChild(new URL('seeder.ts', import.meta.url))
  const { openMs, port, bodies: held } = await seeder.call<{ openMs: number, port: number, bodies: number }>('open', folder)
  if (held !== bodies) throw new Error(`${held} of ${bodies} bodies are there`)
  await download(port, bodies)
  await sleep(SETTLE_MS)
  return { openMs, resident: residentBytes(seeder.pid) }
}

/** Bytes a seed, between a tenth of the seeds, by which time its code is loaded and compiled, and all of them, garbage collected. */
async function webTorrentSeed (way: Way, folder: string): Promise<number> {
  await using seeder = startChild(new URL('webtorrent-seeder.ts', import.meta.url))
  await seeder.call('open', way)
  const residents: number[] = []
  for (const [from, to] of [[0, WEBTORRENT_SEEDS / 10], [WEBTORRENT_SEEDS / 10, WEBTORRENT_SEEDS]] as const) {
    await seeder.call('seed', { way, folder, from, to })
    await sleep(SETTLE_MS)
    await seeder.call('collect')
    residents.push(residentBytes(seeder.pid))
  }
  return ((residents[1] ?? 0) - (residents[0] ?? 0)) / (WEBTORRENT_SEEDS * 0.9)
}
