import { createCrdtIndex, createSigner, type CommunityAddress, type CrdtIndex } from '@seedbed/crdt-index'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as Y from 'yjs'
import { createPersonalDoc, readCommunities } from '../../src/personal/document.ts'
import { createJoinedCommunities, type JoinedCommunities } from '../../src/personal/joined-communities.ts'
import { until } from '../nodes.ts'

const test = suite('joined communities')
const logger = { debug: () => {}, info: () => {}, warn: (message: string) => { throw new Error(message) } }
const address = (n: number): CommunityAddress => n.toString(16).padStart(64, '0') as CommunityAddress

interface Device { readonly doc: Y.Doc, readonly index: CrdtIndex, readonly joined: JoinedCommunities }

async function device (join: readonly CommunityAddress[] = [], doc = createPersonalDoc()): Promise<Device> {
  const index = await createCrdtIndex({ db: new MemoryLevel(), signers: [createSigner(new Uint8Array(32).fill(1))] })
  for (const each of join) await index.join(each)
  return { doc, index, joined: createJoinedCommunities({ doc, index, durable: async () => {}, logger }) }
}

function exchange (a: Device, b: Device): void {
  Y.applyUpdate(b.doc, Y.encodeStateAsUpdate(a.doc))
  Y.applyUpdate(a.doc, Y.encodeStateAsUpdate(b.doc))
}

const communitiesOf = ({ index }: Device): string[] => index.communities().map(({ address }) => address).sort()

test('two devices that meet for the first time are in all communities of both', async () => {
  const a = await device([address(1), address(2)])
  const b = await device([address(2), address(3)])
  exchange(a, b)
  for (const each of [a, b]) await until('joined', () => communitiesOf(each).length === 3)
  for (const each of [a, b]) assert.equal(communitiesOf(each), [address(1), address(2), address(3)])
})

test('an empty device takes part in everything and makes nobody leave', async () => {
  const a = await device([address(1)])
  const b = await device()
  exchange(a, b)
  await until('joined', () => communitiesOf(b).length === 1)
  assert.equal(communitiesOf(a), [address(1)])
})

test('joining and leaving are carried out on the other device, whoever was offline meanwhile', async () => {
  const a = await device([address(1), address(2)])
  const b = await device()
  exchange(a, b)
  await until('joined', () => communitiesOf(b).length === 2)
  await b.joined.intend(address(1), false)
  await b.index.leave(address(1))
  await a.joined.intend(address(4), true)
  await a.index.join(address(4))
  exchange(a, b)
  for (const each of [a, b]) await until('equal', () => communitiesOf(each).join() === [address(2), address(4)].join())
})

test('what happens at the index without an action is noted too: a community that is created', async () => {
  const a = await device()
  const { address: created } = await a.index.create({ founder: createSigner(new Uint8Array(32).fill(1)), slug: 'made' })
  assert.equal([...readCommunities(a.doc)], [[created, true]])
  await a.index.leave(created)
  assert.equal([...readCommunities(a.doc)], [[created, false]])
})

test('what another device left a while ago is not left here once it was joined anew, and one that fails stops no other', async () => {
  const doc = createPersonalDoc()
  const held = new Set([address(3)])
  const warnings: string[] = []
  const firstJoin = Promise.withResolvers<void>()
  const left: CommunityAddress[] = []
  const index = {
    communities: () => [...held].map(address => ({ address })),
    community: (each: CommunityAddress) => held.has(each) ? { address: each } : undefined,
    join: async (each: CommunityAddress) => {
      if (each === address(1)) await firstJoin.promise
      held.add(each)
    },
    leave: async (each: CommunityAddress) => {
      left.push(each)
      held.delete(each)
    },
    on: () => () => {}
  } as unknown as CrdtIndex
  const entries = doc.getMap('communities')
  for (const [n, value] of [[1, 1], [2, 1], [3, 0]] as const) entries.set(address(n), value)
  const joined = createJoinedCommunities({ doc, index, durable: async () => {}, logger: { ...logger, warn: message => { warnings.push(message) } } })
  await new Promise(resolve => setTimeout(resolve, 10))
  await joined.intend(address(3), true)
  firstJoin.reject(new Error('the disk is full'))
  await until('the second is joined', () => held.has(address(2)))
  await new Promise(resolve => setTimeout(resolve, 10))
  assert.equal(left, [], 'what was written there is still here')
  assert.is(warnings.length, 1)
})

test('an intention that a crash interrupted is carried out at the next start', async () => {
  const doc = createPersonalDoc()
  doc.getMap('communities').set(address(1), 1) // joined, and killed before the index did
  doc.getMap('communities').set(address(2), 0) // left, and killed before the index did
  const again = await device([address(2), address(3)], doc)
  await until('carried out', () => communitiesOf(again).join() === [address(1), address(3)].join())
  assert.equal([...readCommunities(doc)], [[address(1), true], [address(2), false], [address(3), true]])
})

test('after closing, the document is left alone', async () => {
  const a = await device()
  a.joined.close()
  await a.index.join(address(1))
  assert.is(readCommunities(a.doc).size, 0)
})

test.run()
