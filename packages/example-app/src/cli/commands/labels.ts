// label, unlabel, labels; and how listings show what was labelled
import type { AppliedLabel, Labelled, ListedLabel, Moderated } from '@seedbed/core'
import { optionalText, text } from '../arguments.ts'
import type { JsonDocument, NodeCommand } from '../command.ts'
import { MAX_COUNTED_HIDDEN } from '../limits.ts'
import { plainLine, plural, relativeTime, style, type Terminal } from '../terminal/terminal.ts'
import { byline, documentsOf, ID, isoTime, paragraph, profileFields, textOf } from './documents.ts'

export const label: NodeCommand = {
  kind: 'node',
  name: 'label',
  summary: 'Say what a post or comment is, as moderators do.',
  positionals: [ID, { name: 'NAME', summary: 'Such as spam, or a warning in a word.' }],
  options: { reason: { type: 'text', value: 'R', summary: 'Why, in a line that all can read.' } },
  publishes: true,
  notes: [
    'The labels of a community\'s founder and moderators count by default: "spam" and "remove" hide, any other name folds. Anybody else\'s count for those who follow them; see seedbed moderators --help.',
    'A label hides nothing for good: everybody can look behind it with --all.'
  ],
  async execute ({ node, args }, signal) {
    const reason = optionalText(args, 'reason')
    return labelledDocument(await node.labels.set({ id: text(args, 'ID'), label: text(args, 'NAME'), signal, ...(reason === undefined ? {} : { reason }) }))
  },
  render: renderLabelled
}

export const unlabel: NodeCommand = {
  kind: 'node',
  name: 'unlabel',
  summary: 'Take your label back.',
  positionals: [ID],
  options: {},
  publishes: true,
  execute: async ({ node, args }, signal) => labelledDocument(await node.labels.clear(text(args, 'ID'), { signal })),
  render: renderLabelled
}

export const labels: NodeCommand = {
  kind: 'node',
  name: 'labels',
  summary: 'List everybody\'s labels on a post or comment.',
  positionals: [ID],
  options: {},
  async execute ({ node, args }, signal) {
    return { items: (await node.labels.list(text(args, 'ID'), { signal })).map(listedDocument) }
  },
  render (document, terminal) {
    const items = documentsOf(document, 'items')
    if (items.length === 0) return 'Nobody has labelled it.'
    return items.flatMap(item => paragraph(terminal, `${labelWords(item)} · ${relativeTime(textOf(item, 'labelledAt'), terminal.nowMs)}${item['counts'] === true ? '' : ' · does not count for you'}`)).join('\n')
  }
}

export const ALL: NodeCommand['options'][string] = { type: 'flag', summary: 'Also what moderators hide and muted authors wrote.' }

function labelledDocument ({ id, community, label, reason, byDefault, treatment }: Labelled): JsonDocument {
  return { id, community, label, reason, byDefault, treatment }
}

function renderLabelled (document: JsonDocument, terminal: Terminal): string {
  const name = plainLine(textOf(document, 'label'))
  if (name === '') return `${style(terminal, 'bold', 'Label taken back')}\n${textOf(document, 'id')}`
  const does = document['treatment'] === 'hide' ? 'hides it' : 'folds it'
  const whom = document['byDefault'] === true ? `That ${does}, for all who did not choose other moderators.` : `You do not moderate this community: that ${does} only for who follows you as a moderator.`
  return [style(terminal, 'bold', `Labelled ${name}`), ...paragraph(terminal, whom), textOf(document, 'id')].join('\n')
}

function labelDocument ({ author, label, reason, labelledAtMs, profile }: AppliedLabel): JsonDocument {
  return { author, ...profileFields(profile), label, reason, labelledAt: isoTime(labelledAtMs) }
}

function listedDocument ({ counts, ...label }: ListedLabel): JsonDocument {
  return { ...labelDocument(label), counts }
}

/** How an item came out of the reader's policy. */
export function moderatedFields ({ treatment, labels, muted }: Moderated): JsonDocument {
  return { treatment, muted, labels: labels.map(labelDocument) }
}

/** One line for each label that counts, and one where the author is muted. */
export function moderatedLines (document: JsonDocument, terminal: Terminal, indent: number): string[] {
  return [
    ...(document['muted'] === true ? ['by an author you muted'] : []),
    ...documentsOf(document, 'labels').map(labelWords)
  ].flatMap(line => paragraph(terminal, line, indent)).map(line => style(terminal, 'red', line))
}

/** What a listing left out, and how to see it; null when nothing. */
export function hiddenWords (hidden: number, noun: string): string | null {
  if (hidden === 0) return null
  const count = hidden < MAX_COUNTED_HIDDEN ? plural(hidden, noun) : `${MAX_COUNTED_HIDDEN} ${noun}s or more`
  return `${count} hidden by mutes or labels; --all shows them.`
}

/** Whether the text is shown on request only. */
export function isConcealed (document: JsonDocument): boolean {
  return document['treatment'] === 'fold' || document['treatment'] === 'hide'
}

function labelWords (label: JsonDocument): string {
  const reason = plainLine(textOf(label, 'reason'))
  return `labelled ${plainLine(textOf(label, 'label'))} ${byline(label)}${reason === '' ? '' : `: ${reason}`}`
}
