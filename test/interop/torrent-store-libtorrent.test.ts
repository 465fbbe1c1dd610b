// test-timeout-ms: 90000
// libtorrent downloads from us, plain and with encryption forced, metadata included.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createMemoryBlobs, createTorrentStore } from '@seedbed/torrent-store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { downloadWithLibtorrent, hasClient } from './clients.ts'

const test = suite('libtorrent')
const found = hasClient('libtorrent')
const scratch = mkdtempSync(path.join(tmpdir(), 'libtorrent-'))
test.after(() => { rmSync(scratch, { recursive: true, force: true }) })

const bodies = { 'one byte': Buffer.from('x'), 'a block and a byte': Buffer.alloc(16_385, 'ab'), 'a full piece': Buffer.alloc(65_536, 'seedbed ') }
for (const [name, body] of Object.entries(bodies)) {
  for (const encryption of ['plain', 'forced'] as const) {
    if (!found) continue
    test(`downloads ${name}, ${encryption}`, async () => {
      await using store = await createTorrentStore({ db: createMemoryBlobs() })
      const listener = await store.listen()
      const ref = await store.put(body)
      const dir = mkdtempSync(path.join(scratch, 'download-'))
      const file = await downloadWithLibtorrent({ magnet: store.magnet(ref), peer: `${listener.host}:${listener.port}`, encryption, dir })
      assert.is(file.name, `${createHash('sha256').update(body).digest('hex')}.txt`)
      assert.equal(file.bytes, body)
    })
  }
}
if (!found) test.skip('libtorrent is not installed', () => {})

test.run()
