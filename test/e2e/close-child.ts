// Two nodes in one process, used and closed; then nothing may keep the process open. Prints when the closing was done.
import { mkdtempSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createNode } from '@seedbed/core'

const folder = mkdtempSync(path.join(tmpdir(), 'seedbed-close-'))
const ada = await createNode({ dataDir: path.join(folder, 'ada') })
const bob = await createNode({ dataDir: path.join(folder, 'bob'), network: { connect: (await ada.status()).addresses } })
const { address } = await ada.communities.create({ slug: 'seeds', difficulty: 0 })
const { id } = await ada.posts.create({ community: address, title: 'Post', text: 'text' })
await bob.communities.join(address)
while ((await bob.feed()).items.length === 0) await new Promise(resolve => setTimeout(resolve, 10))
await bob.votes.up(id)
bob.on('entry', () => {}) // left on purpose
const startedMs = performance.now()
await Promise.all([ada.close(), bob.close(), ada.close()])
rmSync(folder, { recursive: true, force: true })
writeSync(1, `${JSON.stringify({ closeMs: performance.now() - startedMs, closedAt: Date.now() })}\n`)
