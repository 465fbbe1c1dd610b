import { startChild } from '../support/child.ts'
import { createFolder } from '../support/folder.ts'
import { caseOf, quantile, type Suite } from '../support/suite.ts'
import type { Ingestion } from './peer.ts'

const AUTHORS = 1000
const RUNS = 3

export const suite: Suite = {
  name: 'deltas',
  async run () {
    await using folder = await createFolder()
    const live: Ingestion[] = []
    const cold: Ingestion[] = []
    for (let run = 0; run < RUNS; run++) {
      live.push(await measure({ folder: `${folder.path}/live-${run}`, authors: AUTHORS, votesEach: 20, maxLiveEntries: 1_000_000 }))
      cold.push(await measure({ folder: `${folder.path}/cold-${run}`, authors: AUTHORS, votesEach: 5, maxLiveEntries: 1 }))
    }
    const middle = (runs: readonly Ingestion[], figure: keyof Ingestion): number => quantile(runs.map(run => run[figure]), 0.5)
    const cases = (name: string, runs: readonly Ingestion[]): ReturnType<typeof caseOf>[] => [
      caseOf(`${name}, a second of processor time`, middle(runs, 'perCpuSecond'), 'deltas', { name: 'signatures verified', value: middle(runs, 'signaturesPerCpuSecond') })
    ]
    return [
      ...cases('single votes of authors who are at it', live),
      caseOf('the same, a second', middle(live, 'perSecond'), 'deltas', { name: 'signatures verified', value: middle(live, 'signaturesPerCpuSecond') }),
      ...cases('single votes of authors whose documents are cold', cold)
    ]
  }
}

async function measure (workload: unknown): Promise<Ingestion> {
  await using peer = startChild(new URL('peer.ts', import.meta.url))
  return await peer.call<Ingestion>('ingest', workload)
}
