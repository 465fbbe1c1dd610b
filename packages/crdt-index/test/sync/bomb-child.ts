// Refuses a frame that would become a gigabyte, and says by how much the process grew at most.
import { deflateRawSync } from 'node:zlib'
import { inflate as inflateInBrowser } from '../../src/platform/browser/deflate.ts'
import { inflate as inflateInNode } from '../../src/platform/node/deflate.ts'
import { MAX_FRAME_BYTES } from '../../src/limits.ts'

const CLAIMED = MAX_FRAME_BYTES
const GIGABYTE = deflateRawSync(new Uint8Array(2 ** 30), { level: 9 })
globalThis.gc?.()
const inflate = process.argv[2] === 'browser' ? inflateInBrowser : inflateInNode
const before = process.memoryUsage.rss()
let peak = 0
const watch = setInterval(() => { peak = Math.max(peak, process.memoryUsage.rss() - before) }, 1)
let refused = 0
for (let n = 0; n < 20; n++) {
  if (await inflate(GIGABYTE, CLAIMED) === null) refused++
  peak = Math.max(peak, process.memoryUsage.rss() - before)
}
clearInterval(watch)
console.log(JSON.stringify({ bomb: GIGABYTE.length, refused, peak }))
