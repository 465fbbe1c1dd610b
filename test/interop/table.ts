// The tables of docs/interop.md, from the cases.
import { casesOf, CLIENTS, GAPS, settingsOf } from './cases.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|')

export function supportTable (): string[] {
  return [
    '| client | transport | encryption | downloads from us by magnet link | by .torrent file | seeds to us by magnet link | by .torrent file |',
    '|---|---|---|---|---|---|---|',
    ...CLIENTS.flatMap(client => settingsOf(client).map(setting => {
      const { transport, encryption } = setting
      return `| ${[client, transport === 'tcp' ? 'TCP' : transport, encryption, ...casesOf(setting).map(() => 'yes')].join(' | ')} |`
    }))
  ]
}

export function gapsTable (): string[] {
  return ['| client | what | why |', '|---|---|---|', ...GAPS.map(({ client, what, why }) => `| ${[client, what, why].map(cell).join(' | ')} |`)]
}
