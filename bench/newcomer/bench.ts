import { startChild } from '../support/child.ts'
import { createFolder } from '../support/folder.ts'
import { caseOf, quantile, type Suite } from '../support/suite.ts'
import { VOTES } from '../support/votes.ts'
import type { Joined } from './newcomer.ts'

const MB = 1e6
const RUNS = 3

interface Prepared { readonly community: string, readonly digest: string, readonly peer: string, readonly microsecondsAVote: number }

export const suite: Suite = {
  name: 'newcomer',
  async run () {
    await using folder = await createFolder()
    await using holder = startChild(new URL('holder.ts', import.meta.url))
    const prepared = await holder.call<Prepared>('prepare', 1)
    await using yearHolder = startChild(new URL('holder.ts', import.meta.url))
    const year = await yearHolder.call<Prepared>('prepare', 12)
    const beganMs = performance.now()
    await holder.call('prepareLog')
    const microsecondsAnEvent = (performance.now() - beganMs) / VOTES * 1000
    const joined: Joined[] = []
    const joinedYear: Joined[] = []
    const log: Joined[] = []
    for (let run = 0; run < RUNS; run++) { // by turns, so that whatever else the machine does meets both alike
      joined.push(await measure('join', { ...prepared, folder: `${folder.path}/${run}`, votes: VOTES }))
      joinedYear.push(await measure('join', { ...year, folder: `${folder.path}/year-${run}`, votes: VOTES }))
      log.push(await measure('joinLog', prepared.peer))
    }
    const middle = (runs: readonly Joined[], figure: 'seconds' | 'bytes'): number => quantile(runs.map(run => run[figure]), 0.5)
    return [
      caseOf('100,000 votes of 1,000 authors known', middle(joined, 'seconds'), 's', { name: 'log of signed events', value: middle(log, 'seconds') }),
      caseOf('the same, spread over twelve months', middle(joinedYear, 'seconds'), 's', { name: 'log of signed events', value: middle(log, 'seconds') }),
      caseOf('bytes received', middle(joined, 'bytes') / MB, 'MB', { name: 'log of signed events', value: middle(log, 'bytes') / MB }),
      caseOf('writing a vote', prepared.microsecondsAVote, 'µs', { name: 'signing an event', value: microsecondsAnEvent })
    ]
  }
}

async function measure (call: string, argument: unknown): Promise<Joined> {
  await using newcomer = startChild(new URL('newcomer.ts', import.meta.url))
  const joined = await newcomer.call<Joined>(call, argument)
  if (joined.votes !== VOTES) throw new Error(`${call}: ${joined.votes} votes instead of ${VOTES}`)
  return joined
}
