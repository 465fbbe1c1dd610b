// A data folder that was copied and written to twice: every peer that meets both sides can prove it.
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { verifyEquivocation } from '../../src/index.ts'
import { createNode } from '../../src/create-node.ts'
import type { NodeEvents } from '../../src/node.ts'
import { until } from '../nodes.ts'

const test = suite('core/moderation/equivocations')

test('two copies of one folder are told as an event, listed with a proof that anybody can check, and kept over a restart', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'seedbed-equivocation-'))
  try {
    const [original, copy, other] = ['original', 'copy', 'other'].map(name => path.join(folder, name)) as [string, string, string]
    await using witness = await createNode({ dataDir: other, torrent: false })
    const connect = [...(await witness.status()).addresses]
    const first = await createNode({ dataDir: original, network: false, torrent: false })
    const { address: community } = await first.communities.create({ slug: 'garden', difficulty: 0 })
    await first.posts.create({ community, title: 'Before', text: 'one past' })
    await first.close()
    await cp(original, copy, { recursive: true })
    await witness.communities.join(community, { timeoutMs: 1 })
    const told: Array<NodeEvents['equivocation']> = []
    witness.on('equivocation', event => { told.push(event) })
    for (const [dataDir, title] of [[original, 'One'], [copy, 'Two']] as const) {
      await using node = await createNode({ dataDir, network: false, torrent: false })
      await node.posts.create({ community, title, text: title })
    }
    for (const [dataDir, title] of [[original, 'One'], [copy, 'Two']] as const) {
      await using node = await createNode({ dataDir, torrent: false, network: { connect } })
      await until(`${title} is known`, async () => (await witness.feed()).items.some(post => post.title === title))
      assert.is(node.author, told[0]?.author ?? node.author)
    }
    await until('the witness is told', () => told.length > 0)
    const [proof] = await witness.equivocations({ community: 'garden' })
    assert.ok(proof)
    assert.equal([proof.author, proof.community, proof.isOwn, proof.profile.author], [told[0]?.author, community, false, proof.author])
    assert.equal(verifyEquivocation(proof)?.author, proof.author)
    const { envelopes, ...rest } = proof
    assert.ok(envelopes.every(bytes => bytes instanceof Uint8Array))
    assert.equal(rest, told[0])
    await witness.close()
    await using again = await createNode({ dataDir: other, network: false, torrent: false })
    assert.equal((await again.equivocations()).map(({ author }) => author), [proof.author])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test.run()
