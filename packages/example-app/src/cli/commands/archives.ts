// export, import-archive
import { createReadStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import path from 'node:path'
import { SeedbedError } from '@seedbed/core'
import { text, type Arguments } from '../arguments.ts'
import type { CommandSpec, NodeCommand } from '../command.ts'
import { usage } from '../failure.ts'
import { byteSize, plainLine } from '../terminal/terminal.ts'
import { COMMUNITY, communityDocument, communityName, numberOf, textOf } from './documents.ts'

/** Errors: USAGE. */
function checkFile (file: string): void {
  if (file.endsWith('/') || file.endsWith(path.sep)) throw usage(`${file} is a folder; name a file.`)
}

const file = (summary: string): CommandSpec['positionals'][number] => ({ name: 'FILE', summary, path: true, check: checkFile })

export const exportArchive: NodeCommand = {
  kind: 'node',
  name: 'export',
  summary: 'Write a community into a file.',
  positionals: [COMMUNITY, file('File to write; one that is there is left alone.')],
  options: {},
  notes: ['The file has the whole index and the texts that this peer holds, merely read ones among them: whoever gets it sees what was read here.'],
  async execute ({ node, args }, signal) {
    const community = node.communities.resolve(text(args, 'COMMUNITY'))
    const file = wholePath(args)
    const bytes = await writeNew(file, node.archives.export({ community: community.address, signal }))
    return { ...communityDocument(community), file, bytes }
  },
  render: document => `Wrote ${communityName(textOf(document, 'slug'), textOf(document, 'address'))} to ${plainLine(textOf(document, 'file'))} (${byteSize(numberOf(document, 'bytes'))}).`
}

export const importArchive: NodeCommand = {
  kind: 'node',
  name: 'import-archive',
  summary: 'Join a community from a file and take in what is in it.',
  positionals: [file('File that export wrote.')],
  options: {},
  notes: ['Everything in it is verified; what is damaged or forged is left out. Needs no network.'],
  async execute ({ node, args }, signal) {
    const file = wholePath(args)
    const { community, envelopes, bodies, refused } = await node.archives.import(readChunks(file), { signal })
    return { ...communityDocument(community), envelopes, bodies, refused }
  },
  render (document) {
    const refused = numberOf(document, 'refused')
    return [
      `Joined ${communityName(textOf(document, 'slug'), textOf(document, 'address'))}: ${counted(numberOf(document, 'envelopes'), 'new envelope')}, ${counted(numberOf(document, 'bodies'), 'new text')}.`,
      ...(refused === 0 ? [] : [`${counted(refused, 'part')} not valid and left out.`])
    ].join('\n')
  }
}

/** Of two working directories nobody knows which is meant. Errors: USAGE. */
function wholePath (args: Arguments): string {
  const file = text(args, 'FILE')
  if (!path.isAbsolute(file)) throw usage('FILE is not a whole path.')
  return file
}

function counted (count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** What breaks off leaves no file. Errors: STORAGE_FAILED. */
async function writeNew (file: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const handle = await open(file, 'wx').catch((cause: unknown) => { throw failed(file, 'written', cause) })
  let bytes = 0
  try {
    for await (const chunk of chunks) {
      await handle.writeFile(chunk).catch((cause: unknown) => { throw failed(file, 'written', cause) })
      bytes += chunk.length
    }
    await handle.sync()
    await handle.close()
    return bytes
  } catch (error) {
    await handle.close().catch(() => {})
    await rm(file, { force: true })
    throw error
  }
}

/** Errors: STORAGE_FAILED. */
async function * readChunks (file: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of createReadStream(file)) yield chunk as Uint8Array
  } catch (cause) {
    throw failed(file, 'read', cause)
  }
}

function failed (file: string, what: string, cause: unknown): SeedbedError {
  return new SeedbedError('STORAGE_FAILED', `${file} cannot be ${what} (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`, { cause })
}
