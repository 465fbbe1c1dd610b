// init, whoami, phrase: the identity of the data folder. They read the key file and need neither lock nor peer.
import { readFile, stat } from 'node:fs/promises'
import { createIdentity, readIdentity, SeedbedError, type Identity } from '@seedbed/core'
import { flag, optionalText } from '../arguments.ts'
import type { LocalCommand, Surroundings } from '../command.ts'
import { resolveUserPath } from '../data-folder.ts'
import { usage } from '../failure.ts'
import { MAX_PHRASE_FILE_BYTES } from '../limits.ts'

export const init: LocalCommand = {
  kind: 'local',
  name: 'init',
  summary: 'Make the data folder and an identity, if there is none.',
  positionals: [],
  options: { 'phrase-file': { type: 'text', value: 'F', summary: 'Restore from the recovery phrase in this file.', local: true } },
  async run (args, surroundings) {
    const file = optionalText(args, 'phrase-file')
    const phrase = file === undefined ? undefined : await readPhraseFile(resolveUserPath(file, surroundings))
    const { author, created } = await createIdentity(surroundings.dataDir, phrase === undefined ? {} : { phrase })
    surroundings.print({ author, created, dataDir: surroundings.dataDir }, () => [
      `${!created ? 'This is' : phrase === undefined ? 'New identity' : 'Restored identity'} ${author}`,
      `in ${surroundings.dataDir}`,
      ...(created && phrase === undefined ? ['Write down its recovery phrase; without it a lost folder is lost: seedbed phrase'] : [])
    ].join('\n'))
  }
}

export const whoami: LocalCommand = {
  kind: 'local',
  name: 'whoami',
  summary: 'Print the author key of the identity.',
  positionals: [],
  options: {},
  async run (_args, surroundings) {
    const { author } = await identityOf(surroundings)
    surroundings.print({ author, dataDir: surroundings.dataDir }, () => author)
  }
}

export const phrase: LocalCommand = {
  kind: 'local',
  name: 'phrase',
  summary: 'Print the recovery phrase of the identity.',
  positionals: [],
  options: { yes: { type: 'flag', summary: 'Do not ask first.', local: true } },
  notes: ['Whoever has the phrase can write as you, for ever.'],
  async run (args, surroundings) {
    const identity = await identityOf(surroundings)
    if (!flag(args, 'yes')) {
      const answer = await surroundings.ask('Whoever sees the phrase can write as you. Show it? [y/N] ')
      if (answer === null) throw usage('Nobody is here to ask; use --yes to print the phrase.')
      if (!/^y(es)?$/i.test(answer.trim())) throw new SeedbedError('ABORTED', 'The phrase was not shown.')
    }
    surroundings.print({ phrase: identity.phrase }, () => identity.phrase)
  }
}

async function identityOf ({ dataDir }: Surroundings): Promise<Identity> {
  const identity = await readIdentity(dataDir)
  if (identity === null) throw new SeedbedError('NO_IDENTITY', `${dataDir} has no identity yet; make one with seedbed init.`)
  return identity
}

async function readPhraseFile (file: string): Promise<string> {
  try {
    if ((await stat(file)).size > MAX_PHRASE_FILE_BYTES) throw new SeedbedError('BAD_PHRASE', `${file} is too large to hold a recovery phrase.`)
    return await readFile(file, 'utf8')
  } catch (cause) {
    if (cause instanceof SeedbedError) throw cause
    throw new SeedbedError('STORAGE_FAILED', `${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`, { cause })
  }
}
