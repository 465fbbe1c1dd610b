// test-timeout-ms: 90000
// aria2 downloads from us by magnet link; it learns of us from an HTTP tracker on loopback.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createMemoryBlobs, createTorrentStore } from '@seedbed/torrent-store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { downloadWithAria2, hasClient } from './clients.ts'
import { startTracker } from './tracker.ts'

const test = suite('aria2')
const found = hasClient('aria2')
const scratch = mkdtempSync(path.join(tmpdir(), 'aria2-'))
test.after(() => { rmSync(scratch, { recursive: true, force: true }) })

const bodies = { 'one byte': Buffer.from('x'), 'a text': Buffer.from('Grüße, 世界\n'.repeat(50)), 'a block and a byte': Buffer.alloc(16_385, 'ab'), 'a full piece': Buffer.alloc(65_536, 'seedbed ') }
for (const requireEncryption of [false, true]) {
  if (!found) continue
  test(`downloads ${Object.keys(bodies).join(', ')}${requireEncryption ? ', encrypted' : ''}`, async () => {
    await using store = await createTorrentStore({ db: createMemoryBlobs() })
    await using tracker = await startTracker()
    const listener = await store.listen()
    await Promise.all(Object.values(bodies).map(async body => {
      const ref = await store.put(body)
      await tracker.announce(ref.infoHash, listener.port)
      const dir = mkdtempSync(path.join(scratch, 'download-'))
      const file = await downloadWithAria2({ magnet: store.magnet(ref, { trackers: [tracker.url] }), dir, requireEncryption })
      assert.is(file.name, `${createHash('sha256').update(body).digest('hex')}.txt`)
      assert.equal(file.bytes, body)
    }))
  })
}
if (!found) test.skip('aria2 is not installed', () => {})

test.run()
