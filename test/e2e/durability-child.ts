// A node that writes for ever, to be killed at any moment. Every line on standard output is an acknowledgement or an
// announcement of what is tried next, written at once: what was printed is promised.
//
//   durability-child.ts FOLDER SEED [COMMUNITY ID...]    ids: posts of somebody else, whose bodies lie in the folder;
//                                                        without a community it only opens the folder
import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { createNode } from '@seedbed/core'
import { createRandom } from './random.ts'

/** Exit code of an orderly end. */
const DONE = 0
const [dataDir = '', seed = '', community = '', ...foreign] = process.argv.slice(2)
const random = createRandom(Number(seed))
const sleeper = new Int32Array(new SharedArrayBuffer(4))

function tell (line: object): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(1, bytes, at)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(sleeper, 0, 0, 1) // the pipe is full: its reader is busy
    }
  }
}

tell({ stage: 'starting' })
const node = await createNode({ dataDir, network: false, torrent: false })
tell({ stage: 'open', author: node.author })
flushCompileCache() // a killed process never does, and the next ones start faster
const own: string[] = []
for (let i = 0; community !== ''; i++) {
  const text = `${seed}/${i}: ${'seed 種 '.repeat(random(200))}end`
  const choice = random(10)
  if (choice < 3 || own.length === 0) {
    tell({ tries: 'post', text })
    const { id, sha256 } = await node.posts.create({ community, title: `Post ${seed}/${i}`, text })
    own.push(id)
    tell({ done: 'post', id, sha256, text })
  } else if (choice < 5) {
    const parent = (random(2) === 0 ? own : foreign)[random(own.length)] ?? foreign[0] ?? ''
    tell({ tries: 'comment', text })
    const { id, sha256 } = await node.comments.create({ parent, text })
    tell({ done: 'comment', id, sha256, text, parent })
  } else {
    const id = foreign[random(foreign.length)] ?? ''
    const value = random(3) - 1
    tell({ tries: 'vote', id, value })
    const { up, down, clear } = node.votes
    await (value === 1 ? up(id) : value === -1 ? down(id) : clear(id))
    tell({ done: 'vote', id, value })
  }
  if (random(40) === 0) {
    tell({ stage: 'closing' })
    await node.close()
    process.exit(DONE)
  }
}
