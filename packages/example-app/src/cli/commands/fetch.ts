// fetch: a body from the open swarm
import { list, text } from '../arguments.ts'
import type { NodeCommand } from '../command.ts'
import { byteSize, plain, plainLine, style } from '../terminal/terminal.ts'
import { isoTime, numberOf, paragraph, textOf } from './documents.ts'

const NO_BYTES = new Uint8Array(0)

export const fetchBody: NodeCommand = {
  kind: 'node',
  name: 'fetch',
  summary: 'Fetch a body by magnet link or .torrent file, and check it.',
  positionals: [{ name: 'MAGNET|FILE.torrent', summary: 'A magnet link, an infohash, or a .torrent file.' }],
  options: { peer: { type: 'list', value: 'HOST:PORT', summary: 'Ask this BitTorrent peer too.' } },
  needsPeer: true,
  reads: 'source',
  notes: ['Finds peers by the trackers that the link or file names, those of the running peer, its DHT, and the peers given. A link or file leads out into the world only: name a peer of your own machine or network with --peer. What an author signed is kept.'],
  async execute ({ node, args, text: torrent = NO_BYTES }, signal) {
    const found = await node.import(torrent.length > 0 ? torrent : text(args, 'MAGNET|FILE.torrent'), { peers: list(args, 'peer'), signal })
    const { infoHash, length, createdAtMs, ...rest } = found
    return { id: infoHash, bytes: length, ...rest, createdAt: createdAtMs === null ? null : isoTime(createdAtMs) }
  },
  render (document, terminal) {
    const facts = `${byteSize(numberOf(document, 'bytes'))} from ${plainLine(textOf(document, 'from'))}`
    if (document['valid'] !== true) return `${style(terminal, 'bold', 'Not a signed body')} (${facts}), not kept.\n${paragraph(terminal, plainLine(textOf(document, 'fault'))).join('\n')}`
    return [
      `${style(terminal, 'bold', `A valid ${textOf(document, 'kind')}`)} (${facts})${document['listed'] === true ? '' : '; no joined community lists it'}`,
      style(terminal, 'dim', `by ${textOf(document, 'author')}`),
      ...(textOf(document, 'title') === '' ? [] : paragraph(terminal, plainLine(textOf(document, 'title')))),
      ...paragraph(terminal, plain(textOf(document, 'text')))
    ].join('\n')
  }
}
