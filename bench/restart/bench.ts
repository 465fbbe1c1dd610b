import { startChild } from '../support/child.ts'
import { createFolder } from '../support/folder.ts'
import { caseOf, quantile, type Suite } from '../support/suite.ts'
import { VOTES } from '../support/votes.ts'
import { MILLION } from './million.ts'

const RUNS = 5

export const suite: Suite = {
  name: 'restart',
  async run () {
    await using scratch = await createFolder()
    const folder = `${scratch.path}/node`
    const rows = `${scratch.path}/rows`
    const saved = `${scratch.path}/million`
    const bare = `${scratch.path}/bare`
    {
      await using preparer = startChild(new URL('preparer.ts', import.meta.url))
      await preparer.call('folder', folder)
      await preparer.call('rows', rows)
      await preparer.call('million', { folder: saved, checkpoints: true })
      await preparer.call('million', { folder: bare, checkpoints: false })
    }
    const opened: number[] = []
    const restored: number[] = []
    const rebuilt: number[] = []
    const read: number[] = []
    for (let run = 0; run < RUNS; run++) {
      const open = async (folder: string, votes: number): Promise<number> => await measure('openNode', { folder, warmUp: `${scratch.path}/empty` }, votes)
      opened.push(await open(folder, VOTES))
      restored.push(await open(saved, MILLION))
      rebuilt.push(await open(bare, MILLION))
      read.push(await measure('readRows', rows, VOTES))
    }
    const reference = { name: 'reading 100,000 rows from level', value: quantile(read, 0.5) }
    return [
      caseOf('createNode to feed() with 100,000 votes, median', quantile(opened, 0.5), 'ms', reference),
      caseOf('createNode to feed() with 1,000,000 votes, median', quantile(restored, 0.5), 'ms', reference),
      caseOf('the same without a checkpoint, median', quantile(rebuilt, 0.5), 'ms', reference)
    ]
  }
}

async function measure (call: string, argument: unknown, wanted: number): Promise<number> {
  await using opener = startChild(new URL('opener.ts', import.meta.url))
  const { ms, votes } = await opener.call<{ ms: number, votes: number }>(call, argument)
  if (votes !== wanted) throw new Error(`${call}: ${votes} votes instead of ${wanted}`)
  return ms
}
