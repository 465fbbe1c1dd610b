import { startChild } from '../support/child.ts'
import { createFolder } from '../support/folder.ts'
import { caseOf, quantile, type Suite } from '../support/suite.ts'
import { VOTES } from '../support/votes.ts'

const RUNS = 5

export const suite: Suite = {
  name: 'restart',
  async run () {
    await using scratch = await createFolder()
    const folder = `${scratch.path}/node`
    const rows = `${scratch.path}/rows`
    {
      await using preparer = startChild(new URL('preparer.ts', import.meta.url))
      await preparer.call('folder', folder)
      await preparer.call('rows', rows)
    }
    const opened: number[] = []
    const read: number[] = []
    for (let run = 0; run < RUNS; run++) {
      opened.push(await measure('openNode', { folder, warmUp: `${scratch.path}/empty` }))
      read.push(await measure('readRows', rows))
    }
    return [caseOf('createNode to feed() with 100,000 votes, median', quantile(opened, 0.5), 'ms', { name: 'reading 100,000 rows from level', value: quantile(read, 0.5) })]
  }
}

async function measure (call: string, argument: unknown): Promise<number> {
  await using opener = startChild(new URL('opener.ts', import.meta.url))
  const { ms, votes } = await opener.call<{ ms: number, votes: number }>(call, argument)
  if (votes !== VOTES) throw new Error(`${call}: ${votes} votes instead of ${VOTES}`)
  return ms
}
