// The personal document on disk: one whole copy, and the updates since then, which are folded into it from time to time.
//   whole          a Yjs update of everything
//   update/N       what came after it, N in ascending order
import type { Level } from 'level'
import * as Y from 'yjs'
import { SeedbedError } from '../errors.ts'
import { MAX_PERSONAL_BYTES, MAX_PERSONAL_LOG_BYTES, MAX_PERSONAL_LOG_ENTRIES } from '../limits.ts'
import type { Logger } from '../options.ts'
import { createPersonalDoc } from './document.ts'

export interface DocumentStore {
  readonly doc: Y.Doc
  /** Resolves when everything that is in the document now is on disk. Errors: STORAGE_FAILED. */
  durable (): Promise<void>
  /** Whether the document may grow by so many bytes. */
  mayGrow (bytes: number): boolean
  /** Writes what is left; the document stays readable. */
  close (): Promise<void>
}

const WHOLE = 'whole'
const UPDATE = 'update/'
/** Digits of an update's number: enough for one a millisecond in three hundred thousand years. */
const DIGITS = 16
/** classic-level's option; other levels ignore it. */
const DURABLE = { sync: true } as object

/** Errors: STORAGE_FAILED, also when what lies there is no Yjs document. */
export async function openDocumentStore (db: Level, logger: Logger): Promise<DocumentStore> {
  const table = db.sublevel<string, Uint8Array>('personal', { valueEncoding: 'view' })
  const doc = createPersonalDoc()
  /** Keys of the updates on disk. */
  let log: string[] = []
  let logBytes = 0
  let next = 0
  /** At least the size of the whole document as an update: an overwritten entry is counted until it is measured again. */
  let boundBytes = 0

  try {
    const updates: Uint8Array[] = []
    for await (const [key, update] of table.iterator()) {
      updates.push(update)
      boundBytes += update.length
      if (!key.startsWith(UPDATE)) continue
      log.push(key)
      logBytes += update.length
      next = Number(key.slice(UPDATE.length)) + 1
    }
    doc.transact(() => { for (const update of updates) Y.applyUpdate(doc, update) })
  } catch (cause) {
    throw new SeedbedError('STORAGE_FAILED', `the personal document cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }

  /** Not on disk yet; kept when a write fails. */
  let pending: Uint8Array[] = []
  let writing: Promise<void> | null = null
  doc.on('update', update => {
    boundBytes += update.length
    pending.push(update)
    write().catch((error: unknown) => { logger.warn('the personal document could not be written; it is tried again with the next change', error) })
  })

  function write (): Promise<void> {
    writing ??= (async () => {
      await Promise.resolve() // what changes at once goes together
      try {
        while (pending.length > 0) {
          const batch = pending
          pending = []
          try {
            await store(batch.length === 1 ? batch[0] as Uint8Array : Y.mergeUpdates(batch))
          } catch (error) {
            pending = [...batch, ...pending]
            throw error
          }
        }
      } finally {
        writing = null
      }
    })()
    return writing
  }

  async function store (update: Uint8Array): Promise<void> {
    if (logBytes + update.length > MAX_PERSONAL_LOG_BYTES || log.length >= MAX_PERSONAL_LOG_ENTRIES) {
      const whole = Y.encodeStateAsUpdate(doc) // has what is pending too, which is then written twice and merges
      await table.batch([{ type: 'put', key: WHOLE, value: whole }, ...log.map(key => ({ type: 'del' as const, key }))], DURABLE)
      log = []
      logBytes = 0
      boundBytes = whole.length
      return
    }
    const key = `${UPDATE}${String(next++).padStart(DIGITS, '0')}`
    await table.batch([{ type: 'put', key, value: update }], DURABLE)
    log.push(key)
    logBytes += update.length
  }

  return {
    doc,
    async durable () {
      try {
        while (pending.length > 0 || writing !== null) await write()
      } catch (cause) {
        throw new SeedbedError('STORAGE_FAILED', `the personal document could not be written: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
      }
    },
    mayGrow (bytes) {
      if (boundBytes + bytes > MAX_PERSONAL_BYTES) boundBytes = Y.encodeStateAsUpdate(doc).length
      return boundBytes + bytes <= MAX_PERSONAL_BYTES
    },
    async close () {
      try {
        while (pending.length > 0 || writing !== null) await write()
      } catch (error) { // what was acknowledged is on disk
        logger.warn('the last changes of the personal document could not be written', error)
      }
    }
  }
}
