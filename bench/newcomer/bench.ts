import { startChild } from '../support/child.ts'
import { createFolder } from '../support/folder.ts'
import { caseOf, type Suite } from '../support/suite.ts'
import { VOTES } from '../support/votes.ts'
import type { Joined } from './newcomer.ts'

const MB = 1e6

interface Prepared { readonly community: string, readonly digest: string, readonly peer: string, readonly microsecondsAVote: number }

export const suite: Suite = {
  name: 'newcomer',
  async run () {
    await using folder = await createFolder()
    await using holder = startChild(new URL('holder.ts', import.meta.url))
    const prepared = await holder.call<Prepared>('prepare')
    const joined = await measure('join', { ...prepared, folder: folder.path, votes: VOTES })
    const beganMs = performance.now()
    await holder.call('prepareLog')
    const microsecondsAnEvent = (performance.now() - beganMs) / VOTES * 1000
    const log = await measure('joinLog', prepared.peer)
    return [
      caseOf('100,000 votes of 1,000 authors known', joined.seconds, 's', { name: 'log of signed events', value: log.seconds }),
      caseOf('bytes received', joined.bytes / MB, 'MB', { name: 'log of signed events', value: log.bytes / MB }),
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
