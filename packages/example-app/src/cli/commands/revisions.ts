// edit, delete, history
import { optionalText, text } from '../arguments.ts'
import type { NodeCommand } from '../command.ts'
import { byteSize, plain, plainLine, relativeTime, style } from '../terminal/terminal.ts'
import { checkId, documentsOf, FILE, ID, isoTime, numberOf, paragraph, textOf } from './documents.ts'

const NO_TEXT = new Uint8Array(0)

export const edit: NodeCommand = {
  kind: 'node',
  name: 'edit',
  summary: 'Publish a new revision of your own post or comment.',
  positionals: [ID],
  options: { title: { type: 'text', value: 'T', summary: 'New title of a post; default the one it has.' }, file: FILE },
  reads: 'text unless title',
  publishes: true,
  notes: ['With --title alone, and nothing on standard input, the text stays.', 'The id stays, the revision is a torrent of its own. Votes name the revision they were cast for; earlier revisions stay readable.'],
  async execute ({ node, args, text: given }, signal) {
    const title = optionalText(args, 'title')
    const body = given ?? (title === undefined ? NO_TEXT : undefined)
    const { id, revision, magnet, sha256, editedAtMs } = await node.revisions.create({ id: text(args, 'ID'), signal, ...(body === undefined ? {} : { text: body }), ...(title === undefined ? {} : { title }) })
    return { id, revision, magnet, sha256, editedAt: isoTime(editedAtMs) }
  },
  render: (document, terminal) => [`${style(terminal, 'bold', textOf(document, 'id'))} is now at revision`, textOf(document, 'revision'), textOf(document, 'magnet')].join('\n')
}

export const remove: NodeCommand = {
  kind: 'node',
  name: 'delete',
  summary: 'Delete your own post or comment for good.',
  positionals: [ID],
  options: {},
  publishes: true,
  notes: ['Honest peers drop the text and stop serving it. Nobody can make others forget what they copied.'],
  execute: async ({ node, args }, signal) => ({ ...await node.delete(text(args, 'ID'), { signal }) }),
  render: (document, terminal) => `${style(terminal, 'bold', 'Deleted')}\n${textOf(document, 'id')}`
}

export const history: NodeCommand = {
  kind: 'node',
  name: 'history',
  summary: 'List the revisions of a post or comment, or read one.',
  positionals: [ID],
  options: { revision: { type: 'text', value: 'R', summary: 'Read this revision.', check: checkId } },
  async execute ({ node, args }, signal) {
    const id = text(args, 'ID')
    const wanted = optionalText(args, 'revision')?.trim().toLowerCase()
    const listed = await node.revisions.list(id, { signal })
    const deleted = listed.some(({ deleted }) => deleted)
    const revisions = listed.map(({ revision, editedAtMs, length, title, held }) =>
      ({ revision, editedAt: editedAtMs === null ? null : isoTime(editedAtMs), bytes: length, title, held }))
    if (wanted === undefined) return { id, deleted, revisions }
    const { text: body, title, sha256, servedBy } = await node.revisions.read(id, wanted, { signal })
    return { id, deleted, revisions, revision: wanted, title, text: body, sha256, servedBy }
  },
  render (document, terminal) {
    if (typeof document['text'] === 'string') return paragraph(terminal, plain(document['text'])).join('\n')
    return [...(document['deleted'] === true ? [style(terminal, 'dim', '(deleted)')] : []), ...documentsOf(document, 'revisions').map(entry => {
      const edited = textOf(entry, 'editedAt')
      const facts = [edited === '' ? 'first' : `edited ${relativeTime(edited, terminal.nowMs)}`, byteSize(numberOf(entry, 'bytes')), ...(entry['held'] === true ? ['held here'] : [])]
      return [style(terminal, 'cyan', textOf(entry, 'revision')), `  ${[plainLine(textOf(entry, 'title')), ...facts].filter(fact => fact !== '').join(' · ')}`].join('\n')
    })].join('\n')
  }
}
