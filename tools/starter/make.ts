// `node --conditions=source tools/starter/make.ts`: signs the texts beside this file as a community of their own and
// writes it where the app finds it. The keys are made for it and kept by nobody, so every run makes another community:
// run it when a text changed, and know that who has the old one keeps it.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createNode, createPhrase, type SeedbedNode } from '@seedbed/core'
import { MemoryLevel } from 'memory-level'
import { readTexts } from './texts.ts'

const SLUG = 'seedbed'
const TITLE = 'About Seedbed'
const AUTHOR = 'Seedbed'
/** Work of everybody who writes there, once: a moment in a browser, and still dear for a flood of keys. */
const DIFFICULTY = 16
/** When the texts were signed, by their own words: no reader's clock may be before it. */
const SIGNED_AT_MS = Date.UTC(2026, 10, 1, 12)
const STEP_MS = 60_000

const app = path.resolve(import.meta.dirname, '../../packages/example-app')
let nowMs = SIGNED_AT_MS
const clock = (): number => nowMs

async function openThrowAway (): Promise<SeedbedNode> {
  return await createNode({ db: new MemoryLevel(), phrase: createPhrase(), network: false, torrent: false, clock })
}

await using author = await openThrowAway()
const { address } = await author.communities.create({ slug: SLUG, title: TITLE, difficulty: DIFFICULTY })
await author.profiles.set({ community: address, name: AUTHOR })
// The newest post stands first, and the first text is to be read first.
for (const { title, text, answer } of readTexts().reverse()) {
  nowMs += STEP_MS
  const post = await author.posts.create({ community: address, title, text })
  if (answer !== null) await author.comments.create({ parent: post.id, text: answer })
}

const archive = Buffer.concat(await Array.fromAsync(author.archives.export({ community: address })))
writeFileSync(path.join(app, 'starter/starter.seedbed'), archive)
const module = path.join(app, 'src/starter.ts')
writeFileSync(module, readFileSync(module, 'utf8').replace(/'[0-9a-f]{64}'/, `'${address}'`))
process.stdout.write(`${address}, ${archive.length} bytes\n`)
