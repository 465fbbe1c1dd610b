// Connections that come, speak and end before the wire is loaded. The first tests of this file find it unloaded.
import { Duplex } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, type TorrentStore } from '../src/index.ts'
import { loadedExchange } from '../src/load-exchange.ts'
import { randomBody } from './bodies.ts'

const test = suite('serving before the wire is loaded')

function duplex (): { readonly duplex: Duplex, readonly answer: Buffer[] } {
  const answer: Buffer[] = []
  return { answer, duplex: new Duplex({ read () {}, write (chunk: Buffer, _encoding, done) { answer.push(chunk); done() } }) }
}

function handshake (infoHash: string): Buffer {
  return Buffer.concat([Buffer.from('\x13BitTorrent protocol'), Buffer.from([0, 0, 0, 0, 0, 0x10, 0, 4]), Buffer.from(infoHash, 'hex'), Buffer.alloc(20, 65)])
}

async function open (): Promise<TorrentStore> {
  return await createTorrentStore({ db: createMemoryBlobs() })
}

test('what came before and meanwhile gets its answer', async () => {
  await using store = await open()
  const { infoHash } = await store.put(randomBody(100))
  const { duplex: connection, answer } = duplex()
  const whole = handshake(infoHash)
  connection.push(whole.subarray(0, 10))
  assert.is(loadedExchange(), null)
  const serving = store.serve(connection)
  connection.push(whole.subarray(10))
  while (Buffer.concat(answer).length < 68) await new Promise(resolve => { setTimeout(resolve, 5) })
  assert.is(Buffer.concat(answer).subarray(28, 48).toString('hex'), infoHash)
  assert.ok(loadedExchange() !== null)
  serving.close()
  await serving.closed
  assert.is(connection.destroyed, true)
})

test.run()
