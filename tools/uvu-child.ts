// Loads one test file and runs its suites from uvu's own queue, so that what did not run counts as failed.
import path from 'node:path'
import { pathToFileURL } from 'node:url'

type Suite = () => Promise<[errors: string | boolean, ran: number, skipped: number, total: number]>
const uvu = globalThis as unknown as { UVU_DEFER: number, UVU_QUEUE: Array<[null, ...Suite[]]>, UVU_INDEX: number }
uvu.UVU_DEFER = 1 // uvu then only queues its suites
uvu.UVU_QUEUE = [[null]]
uvu.UVU_INDEX = 0

let late = 0
process.on('unhandledRejection', error => { late++; console.error('unhandled rejection:', error) })
process.on('uncaughtException', error => { late++; console.error('uncaught exception:', error) })

const file = process.argv[2]
if (file === undefined) throw new Error('usage: uvu-child.ts FILE')
let passed = 0
let failed = 0
let skipped = 0
await import(pathToFileURL(file).href)
const suites = uvu.UVU_QUEUE[0]?.slice(1) as Suite[]
if (suites.length === 0) { console.error(`${path.basename(file)}: no suite, is test.run() missing?`); failed++ }
for (const run of suites) {
  const [errors, ran, skips, total] = await run()
  if (typeof errors === 'string') process.stdout.write(`\n${errors}\n`)
  else if (ran < total) console.error(`uvu swallowed an error: ${ran} of ${total} ran (a throwing hook, or a thrown non-Error)`)
  passed += ran
  failed += total - ran // what is skipped is not in the total
  skipped += skips
}
await new Promise(resolve => setTimeout(resolve, 0)) // let late rejections surface
failed += late
process.send?.({ passed, failed, skipped }, () => process.exit(failed > 0 ? 1 : 0)) // exit in spite of open handles
