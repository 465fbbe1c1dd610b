import { createPhrase } from '@seedbed/core'
import { startChild } from '../support/child.ts'
import { createFolder } from '../support/folder.ts'
import { caseOf, quantile, type Suite } from '../support/suite.ts'

const ROUNDS = 7
const WRITES = 30

/** Two devices of one author write apart from each other, meet, and agree; beside it what the connection alone takes. */
export const suite: Suite = {
  name: 'devices',
  async run () {
    const converged: number[] = []
    const connected: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      await using folder = await createFolder()
      await using first = startChild(new URL('device.ts', import.meta.url))
      await using second = startChild(new URL('device.ts', import.meta.url))
      const phrase = createPhrase()
      const address = await first.call<string>('start', { dataDir: `${folder.path}/first`, phrase })
      await second.call('start', { dataDir: `${folder.path}/second`, phrase })
      const community = await first.call<string>('create')
      await second.call('join', { community, address })
      await second.call('leaveNetwork', `${folder.path}/second`) // both write on their own
      await Promise.all([first, second].map(async device => { await device.call('write', WRITES) }))
      await second.call('returnToNetwork', `${folder.path}/second`)
      const meeting = await second.call<{ connectedMs: number, convergedMs: number }>('meet', { address, entries: 2 * WRITES })
      connected.push(meeting.connectedMs)
      converged.push(meeting.convergedMs)
    }
    return [caseOf('two devices with 30 posts each agree after meeting', quantile(converged, 0.5), 'ms', { name: 'the libp2p connection between them', value: quantile(connected, 0.5) })]
  }
}
