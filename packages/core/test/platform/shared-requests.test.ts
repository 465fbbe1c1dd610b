import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createSharedRequests, type StoreWrite } from '../../src/platform/shared-requests.ts'

const test = suite('requests that share a transaction')
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

interface FakeRequest extends EventTarget { result: unknown }

/** As much of IndexedDB as is used: transactions take effect in their order, each in a task of its own. */
function createFake (): { db: IDBDatabase, transactions: string[], failNext (): void, close (): void } {
  const rows = new Map<string, unknown>()
  const transactions: string[] = []
  let last: Promise<void> = Promise.resolve()
  let fails = false
  let closed = false
  const db = {
    transaction (_name: string, mode: string) {
      if (closed) throw new Error('closed')
      const failing = fails
      fails = false
      const steps: Array<() => void> = []
      const transaction = Object.assign(new EventTarget(), { error: failing ? new Error('disk full') : null, commit () {}, abort () { steps.length = 0 } })
      const step = (act: () => unknown): FakeRequest => {
        const request: FakeRequest = Object.assign(new EventTarget(), { result: undefined })
        steps.push(() => {
          request.result = act()
          request.dispatchEvent(new Event('success'))
        })
        return request
      }
      last = last.then(async () => { await new Promise(resolve => setTimeout(resolve, 0)) }).then(() => {
        transactions.push(`${mode} ${steps.length}`)
        if (failing) return void transaction.dispatchEvent(new Event('abort'))
        for (const act of steps) act()
        transaction.dispatchEvent(new Event('complete'))
      })
      const store = {
        get: (key: Uint8Array) => step(() => rows.get(key.join())),
        count: (key: Uint8Array) => step(() => rows.has(key.join()) ? 1 : 0),
        put: (value: unknown, key: Uint8Array) => step(() => { rows.set(key.join(), value) }),
        delete: (key: Uint8Array) => step(() => { rows.delete(key.join()) })
      }
      return Object.assign(transaction, { objectStore: () => store })
    }
  }
  return { db: db as unknown as IDBDatabase, transactions, failNext () { fails = true }, close () { closed = true } }
}

const put = (key: Uint8Array, value: Uint8Array): StoreWrite => ({ type: 'put', key, value })

test('asks for a thousand bodies in one transaction', async () => {
  const fake = createFake()
  const requests = createSharedRequests(() => ({ db: fake.db, store: 'rows' }))
  await Promise.all(Array.from({ length: 1000 }, async (_, n) => { await requests.write([put(bytes(n >> 8, n & 255), bytes(n & 255))]) }))
  const found = await Promise.all(Array.from({ length: 1000 }, async (_, n) => await requests.get(bytes(n >> 8, n & 255))))
  assert.equal(found.map(value => value?.[0]), Array.from({ length: 1000 }, (_, n) => n & 255))
  assert.equal(fake.transactions, ['readwrite 1000', 'readonly 1000'])
})

test('a read sees every write that was asked for before it', async () => {
  const fake = createFake()
  const requests = createSharedRequests(() => ({ db: fake.db, store: 'rows' }))
  const [, first, , second] = await Promise.all([
    requests.write([put(bytes(1), bytes(7)), put(bytes(2), bytes(8))]), requests.get(bytes(1)), requests.write([{ type: 'del', key: bytes(2) }]), requests.has(bytes(2))
  ])
  assert.equal([first, second], [bytes(7), false])
  const written = requests.write([{ type: 'del', key: bytes(1) }])
  await Promise.resolve()
  assert.is(await requests.get(bytes(1)), undefined, 'also one that is under way')
  await written
})

test('what is asked for one by one while a transaction is under way shares the next', async () => {
  const fake = createFake()
  const requests = createSharedRequests(() => ({ db: fake.db, store: 'rows' }))
  const writes = [requests.write([put(bytes(0), bytes(0))])]
  requests.flush()
  for (let n = 1; n <= 10; n++) {
    writes.push(requests.write([put(bytes(n), bytes(n))]))
    await Promise.resolve()
  }
  await Promise.all(writes)
  assert.equal(await requests.get(bytes(10)), bytes(10))
  assert.equal(fake.transactions, ['readwrite 1', 'readwrite 10', 'readonly 1'])
})

test('begins at once what somebody needs before something else', async () => {
  const fake = createFake()
  const requests = createSharedRequests(() => ({ db: fake.db, store: 'rows' }))
  const written = requests.write([put(bytes(1), bytes(7))])
  requests.flush()
  fake.close()
  await written
})

test('tells everybody in a transaction that failed, and nobody else', async () => {
  const fake = createFake()
  const requests = createSharedRequests(() => ({ db: fake.db, store: 'rows' }))
  fake.failNext()
  const [first, second, third] = await Promise.allSettled([requests.write([put(bytes(1), bytes(1))]), requests.write([put(bytes(2), bytes(2))]), requests.has(bytes(1))])
  assert.is(first?.status, 'rejected')
  assert.match(String((second as PromiseRejectedResult).reason), 'disk full')
  assert.equal(third, { status: 'fulfilled', value: false })
  await requests.write([put(bytes(1), bytes(1))])
  assert.ok(await requests.has(bytes(1)), 'and it goes on')
})

test('fails when the database is closed', async () => {
  const fake = createFake()
  const requests = createSharedRequests(() => ({ db: fake.db, store: 'rows' }))
  fake.close()
  const [reading, writing] = await Promise.allSettled([requests.get(bytes(1)), requests.write([put(bytes(1), bytes(1))])])
  assert.is(reading?.status, 'rejected')
  assert.is(writing?.status, 'rejected')
})

test.run()
