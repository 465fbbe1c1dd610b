// magnet, torrent
import { writeFile } from 'node:fs/promises'
import { SeedbedError } from '@seedbed/core'
import { text } from '../arguments.ts'
import type { NodeCommand } from '../command.ts'
import { resolveUserPath } from '../data-folder.ts'
import { byteSize, plainLine } from '../terminal/terminal.ts'
import { ID, numberOf, textOf } from './documents.ts'

export const magnet: NodeCommand = {
  kind: 'node',
  name: 'magnet',
  summary: 'Print the magnet link of a post or comment.',
  positionals: [ID],
  options: {},
  async execute ({ node, args }, signal) {
    const id = text(args, 'ID')
    return { id, magnet: await node.bodies.magnet(id, { signal }) }
  },
  render: document => plainLine(textOf(document, 'magnet'))
}

export const torrent: NodeCommand = {
  kind: 'node',
  name: 'torrent',
  summary: 'Write the .torrent file of a post or comment.',
  positionals: [ID],
  options: { out: { type: 'text', value: 'F', summary: 'File to write.', required: true, local: true } },
  async execute ({ node, args }, signal) {
    const id = text(args, 'ID')
    return { id, torrent: Buffer.from(await node.bodies.torrentFile(id, { signal })).toString('base64') }
  },
  async finish (answer, args, surroundings) {
    const file = resolveUserPath(text(args, 'out'), surroundings)
    const bytes = Buffer.from(textOf(answer, 'torrent'), 'base64')
    try {
      await writeFile(file, bytes)
    } catch (cause) {
      throw new SeedbedError('STORAGE_FAILED', `${file} cannot be written (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`, { cause })
    }
    return { id: textOf(answer, 'id'), file, bytes: bytes.length }
  },
  render: document => `Wrote ${textOf(document, 'file')} (${byteSize(numberOf(document, 'bytes'))}).`
}
