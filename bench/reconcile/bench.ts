import { startChild } from '../support/child.ts'
import { caseOf, type Suite } from '../support/suite.ts'
import type { Exchange } from './exchange.ts'

export const suite: Suite = {
  name: 'reconcile',
  async run () {
    await using child = startChild(new URL('exchange.ts', import.meta.url))
    const { messages, kilobytes, cpuMs, listKilobytes, listCpuMs, afterOneMs, anewMs } = await child.call<Exchange>('measure')
    return [
      caseOf('100,000 authors, 100 behind: messages', messages, 'messages', { name: 'all hashes, and what is missing', value: 2 }),
      caseOf('the same, bytes', kilobytes, 'KB', { name: 'all hashes', value: listKilobytes }),
      caseOf('the same, processor time of both sides', cpuMs, 'ms', { name: 'comparing all hashes, one side', value: listCpuMs }),
      caseOf('digest and set after one more envelope', afterOneMs, 'ms', { name: 'made anew', value: anewMs })
    ]
  }
}
