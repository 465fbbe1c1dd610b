// pair: an address that makes a page the author
import type { NodeCommand } from '../command.ts'
import { usage } from '../failure.ts'
import { plainLine, relativeTime } from '../terminal/terminal.ts'
import { isoTime, textOf } from './documents.ts'

export const pair: NodeCommand = {
  kind: 'node',
  name: 'pair',
  summary: 'Make an address that gives one browser your identity.',
  positionals: [],
  options: {},
  notes: ['Needs a running peer with --http. The address works once, for a day; the one before is void. Whoever opens it can write as you, for ever.'],
  needsPeer: true,
  async execute ({ pair }) {
    if (pair === undefined) throw usage('The running peer serves no pages; start it with seedbed run --http 127.0.0.1.')
    const { url, untilMs } = pair()
    return { url, until: isoTime(untilMs) }
  },
  render: (document, terminal) => `Open ${plainLine(textOf(document, 'url'))}\nIt works once, until ${textOf(document, 'until')} (${relativeTime(textOf(document, 'until'), terminal.nowMs)}), and gives that browser your identity.`
}
