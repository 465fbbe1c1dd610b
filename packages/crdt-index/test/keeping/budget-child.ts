// A peer over libp2p for the test with two processes. It prints lines of JSON, and ends with its input.
//   budget-child.ts source FOLDER AUTHORS KIB            makes a community and serves it
//   budget-child.ts small FOLDER ADDRESS MAXBYTES PREFERRED GENESIS MULTIADDR    takes what fits
import { writeSync } from 'node:fs'
import { multiaddr } from '@multiformats/multiaddr'
import { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import { hexToBytes, bytesToHex } from '../../src/identity/encoding.ts'
import { parseAuthorId, parseCommunityAddress } from '../../src/identity/ids.ts'
import { createLibp2pTransport } from '../../src/sync/libp2p-transport.ts'
import { createTestNode } from '../sync/libp2p-node.ts'
import type { ContentId } from '../../src/model.ts'
import { signerOf } from './world.ts'

const print = (line: unknown): void => { writeSync(1, `${JSON.stringify(line)}\n`) }
process.stdin.resume().on('end', () => { process.exit(0) })

const [role, folder = '', ...rest] = process.argv.slice(2)
const node = await createTestNode()
const transport = createLibp2pTransport(node)
if (role === 'source') {
  const [authors = 0, kib = 0] = rest.map(Number)
  const index = await createCrdtIndex({ db: new MemoryLevel(), transport, storage: { maxBytesPerCommunity: Infinity }, checkpoints: { intervalMs: 1e9, minEnvelopes: 1e9 } })
  const founder = signerOf(0)
  const { address } = await index.create({ founder, slug: 'large', title: 'Large' })
  const each = kib * 1024 / authors
  let contents = 0
  for (let n = 1; n <= authors; n++) {
    const pen = index.writer(signerOf(n))
    await Promise.all(Array.from({ length: Math.ceil(each / 900) }, async () => await pen.post({ community: address, contentId: (++contents).toString(16).padStart(40, '0') as ContentId, length: 9, title: 'x'.repeat(300), createdMs: Date.now() })))
  }
  print({ address, genesis: bytesToHex(index.genesis(address)!), addresses: node.getMultiaddrs().map(String), bytes: index.status(address).storage.bytes, authors: index.status(address).authors })
} else {
  const [address = '', maxBytes = '', preferred = '', genesis = '', to = ''] = rest
  const community = parseCommunityAddress(address)
  const index = await createCrdtIndex({ db: new Level<string, unknown>(folder), transport, syncIntervalMs: 300, storage: { maxBytesPerCommunity: Number(maxBytes) }, checkpoints: { intervalMs: 50, minEnvelopes: 20 } })
  await index.join(community, hexToBytes(genesis))
  await index.prefer(community, preferred === '' ? [] : preferred.split(',').map(parseAuthorId))
  print({ opened: index.status(community).digest })
  await node.dial(multiaddr(to))
  setInterval(() => {
    const { storage, digest, sync } = index.status(community)
    print({ ...storage, digest, lastSyncMs: sync.lastSyncMs })
  }, 20)
}
