import { startChild } from '../support/child.ts'
import { caseOf, type Suite } from '../support/suite.ts'
import type { Measured } from './reader.ts'

export const suite: Suite = {
  name: 'feed',
  async run () {
    await using reader = startChild(new URL('reader.ts', import.meta.url))
    const { timed, bytesAPost, weighing } = await reader.call<Measured>('measure')
    const scan = timed.find(({ name }) => name === 'top, all')?.naiveMs ?? Number.NaN
    return [
      ...timed.map(({ name, feedMs, naiveMs }) => caseOf(name, feedMs, 'ms', { name: 'filter and sort over objects', value: naiveMs })),
      caseOf('counting all votes anew for other weights', weighing.ms, 'ms', { name: 'one filter and sort', value: scan }),
      caseOf('memory a post', bytesAPost.columns, 'bytes', { name: 'plain objects', value: bytesAPost.objects })
    ]
  }
}
