/**
 * The identity in a browser: one record of an IndexedDB database of its own, so that it can be read while another page
 * has the node's database. Made once and never written again, as the file of `key-file.ts` is.
 */
import { SeedbedError } from '../errors.ts'
import { MAX_KEY_FILE_BYTES } from '../limits.ts'
import { createPhrase, parsePhrase } from './phrase.ts'
import { createIdentityDocument, parseIdentityDocument, type Identity, type IdentityOptions } from './identity-document.ts'

const STORE = 'identity'
const KEY = 'identity.json'

/** Errors: BAD_PHRASE, IDENTITY_EXISTS (another phrase than the stored one's), KEY_FILE_CORRUPT, STORAGE_FAILED. */
export async function loadOrCreateStoredIdentity (name: string, options: IdentityOptions): Promise<Identity> {
  const before = await readStoredIdentity(name, options)
  if (before !== null && options.phrase === undefined) return before
  const wanted = options.phrase === undefined ? undefined : parsePhrase(options.phrase)
  if (before === null) {
    const { bytes, ...identity } = await createIdentityDocument(wanted ?? createPhrase(), options)
    if (await withStore(name, async db => await addOnce(db, bytes))) return { ...identity, created: true }
  }
  const held = before ?? await readStoredIdentity(name, options) // another page was first
  if (held === null) throw new SeedbedError('STORAGE_FAILED', `the identity in ${name} vanished while it was made`)
  if (wanted !== undefined && held.phrase !== wanted) throw new SeedbedError('IDENTITY_EXISTS', `${name} holds another identity (${held.author}); use another name for this phrase.`)
  return held
}

/** Null when there is none. Errors: KEY_FILE_CORRUPT, STORAGE_FAILED. */
export async function readStoredIdentity (name: string, options: Pick<IdentityOptions, 'publicKey'>): Promise<Identity | null> {
  const bytes = await withStore(name, async db => await answerOf<unknown>(db.transaction(STORE).objectStore(STORE).get(KEY)))
  if (bytes === undefined) return null
  if (!(bytes instanceof Uint8Array) || bytes.length > MAX_KEY_FILE_BYTES) throw new SeedbedError('KEY_FILE_CORRUPT', `the identity in ${name} is damaged. It was left as it is.`)
  return { ...await parseIdentityDocument(`the identity in ${name}`, bytes, options), created: false }
}

/** Durable when it resolves; false when there is one already. */
async function addOnce (db: IDBDatabase, bytes: Uint8Array): Promise<boolean> {
  const transaction = db.transaction(STORE, 'readwrite', { durability: 'strict' })
  const store = transaction.objectStore(STORE)
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  let added = false
  const held = store.getKey(KEY)
  held.addEventListener('success', () => {
    if (held.result !== undefined) return
    store.add(bytes, KEY)
    added = true
  })
  transaction.addEventListener('complete', () => { resolve(added) })
  transaction.addEventListener('abort', () => { reject(transaction.error ?? new Error('the transaction was aborted')) })
  return await promise
}

async function withStore<T> (name: string, work: (db: IDBDatabase) => Promise<T>): Promise<T> {
  let db: IDBDatabase | null = null
  try {
    const request = indexedDB.open(`${name}/identity`, 1)
    request.addEventListener('upgradeneeded', () => { request.result.createObjectStore(STORE) })
    db = await answerOf(request)
    return await work(db)
  } catch (cause) {
    if (cause instanceof SeedbedError) throw cause
    throw new SeedbedError('STORAGE_FAILED', `the identity in ${name} cannot be read or written (${cause instanceof Error ? cause.message : String(cause)}); check that this browser may store data here`, { cause })
  } finally {
    db?.close()
  }
}

async function answerOf<T> (request: IDBRequest<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  request.addEventListener('success', () => { resolve(request.result) })
  request.addEventListener('error', () => { reject(request.error ?? new Error('the request failed')) })
  return await promise
}
