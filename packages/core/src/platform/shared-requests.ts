// Reads and writes of IndexedDB share transactions: opening one costs more than the read, and a page that opens a thread
// reads and then writes a thousand bodies. What is asked for while a transaction is under way waits for its end, as
// behind a write it would anyway, and goes on together.

/** What of a level's batch operation reaches the database; keys and values are encoded. */
export type StoreWrite =
  | { readonly type: 'put', readonly key: Uint8Array, readonly value: Uint8Array }
  | { readonly type: 'del', readonly key: Uint8Array }

interface Reading { readonly kind: 'get' | 'has', readonly key: Uint8Array, readonly resolve: (value: unknown) => void, readonly reject: (error: unknown) => void }
interface Writing { readonly kind: 'write', readonly operations: readonly StoreWrite[], readonly resolve: (value: undefined) => void, readonly reject: (error: unknown) => void }

export interface SharedRequests {
  get (key: Uint8Array): Promise<Uint8Array | undefined>
  has (key: Uint8Array): Promise<boolean>
  /** All of them or none; durable when it resolves, as far as the browser's transactions are. */
  write (operations: readonly StoreWrite[]): Promise<void>
  /** Begins what waits, so that what is begun after it sees it. */
  flush (): void
}

/**
 * A read sees every write that was asked for before it, and perhaps some that were asked for while it waits. Requests that
 * share a transaction fail together when the database does: what breaks one is the disk, which breaks the others too.
 */
export function createSharedRequests (open: () => { readonly db: IDBDatabase, readonly store: string }): SharedRequests {
  let waiting: Array<Reading | Writing> = []
  /** Transactions under way, and a beginning that is planned. */
  let busy = 0

  function enqueue (request: Reading | Writing): void {
    waiting.push(request)
    if (busy > 0) return
    busy++
    queueMicrotask(ended)
  }

  function ended (): void {
    busy--
    if (busy === 0) flush()
  }

  function flush (): void {
    const requests = waiting
    waiting = []
    for (const isWrite of [true, false]) {
      const alike = requests.filter(({ kind }) => (kind === 'write') === isWrite)
      if (alike.length === 0) continue
      busy++
      begin(alike, isWrite)
    }
  }

  function begin (requests: ReadonlyArray<Reading | Writing>, isWrite: boolean): void {
    const failed = (error: unknown): void => { for (const { reject } of requests) reject(error) }
    let transaction: IDBTransaction | null = null
    try {
      const { db, store: name } = open()
      transaction = db.transaction(name, isWrite ? 'readwrite' : 'readonly')
      const store = transaction.objectStore(name)
      const failing = transaction
      transaction.addEventListener('abort', () => {
        failed(failing.error ?? new Error('the transaction was aborted'))
        ended()
      })
      transaction.addEventListener('complete', () => {
        if (isWrite) for (const { resolve } of requests) resolve(undefined)
        ended()
      })
      for (const request of requests) {
        if (request.kind === 'write') for (const operation of request.operations) carryOut(store, operation)
        else if (request.kind === 'get') answer(store.get(request.key as IDBValidKey), value => { request.resolve(value) })
        else answer(store.count(request.key as IDBValidKey), count => { request.resolve(count === 1) })
      }
      transaction.commit()
    } catch (error) { // the database is closed
      failed(error)
      if (transaction === null) ended()
      else transaction.abort()
    }
  }

  return {
    get: async key => await new Promise((resolve, reject) => { enqueue({ kind: 'get', key, resolve: resolve as (value: unknown) => void, reject }) }),
    has: async key => await new Promise((resolve, reject) => { enqueue({ kind: 'has', key, resolve: resolve as (value: unknown) => void, reject }) }),
    write: async operations => { await new Promise((resolve, reject) => { enqueue({ kind: 'write', operations, resolve, reject }) }) },
    flush
  }
}

function carryOut (store: IDBObjectStore, operation: StoreWrite): void {
  if (operation.type === 'del') store.delete(operation.key as IDBValidKey)
  else store.put(operation.value, operation.key as IDBValidKey)
}

function answer<T> (request: IDBRequest<T>, resolve: (value: T) => void): void {
  request.addEventListener('success', () => { resolve(request.result) })
}
