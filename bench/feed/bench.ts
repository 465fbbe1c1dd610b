import { startChild } from '../support/child.ts'
import { caseOf, type Suite } from '../support/suite.ts'
import type { WindowTimes } from './reader.ts'

export const suite: Suite = {
  name: 'feed',
  async run () {
    await using reader = startChild(new URL('reader.ts', import.meta.url))
    const windows = await reader.call<WindowTimes[]>('measure')
    return windows.map(({ window, feedMs, naiveMs }) => caseOf(`top 50 of 100,000 posts, ${window}`, feedMs, 'ms', { name: 'filter and sort over objects', value: naiveMs }))
  }
}
