// One process that seeds bodies by WebTorrent.
import { answer } from '../support/child.ts'
import { benchBody } from '../support/bodies.ts'
import { createBenchClient, torrentOptions, type BenchClient, type Way } from '../support/webtorrent.ts'

let client: BenchClient | null = null

answer({
  async open (way: Way): Promise<void> { client = await createBenchClient(way) },
  async seed ({ way, folder, from, to }: { way: Way, folder: string, from: number, to: number }): Promise<void> {
    for (let n = from; n < to; n++) {
      await new Promise<void>(resolve => { client?.seed(benchBody(n), { ...torrentOptions(way, folder), name: `${n}.txt`, announceList: [] }, () => { resolve() }) })
    }
  },
  collect (): void { globalThis.gc?.() }
})
