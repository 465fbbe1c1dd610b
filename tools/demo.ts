// `pnpm demo [FILE...] [--json]`: plays the main scenario through the command line and checks it as it goes.
import { globSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { runScenario } from './demo/scenario.ts'

const root = path.dirname(import.meta.dirname)
const { values: { json }, positionals } = parseArgs({ options: { json: { type: 'boolean', default: false } }, allowPositionals: true })
const base = process.env['INIT_CWD'] ?? process.cwd()
const files = positionals.length > 0
  ? positionals.map(file => path.resolve(base, file))
  : globSync(['README.md', 'docs/*.md'], { cwd: root }).sort().map(file => path.join(root, file))

const startedMs = Date.now()
const say = (line: string): void => { (json ? process.stderr : process.stdout).write(`${line}\n`) }
try {
  const facts = await runScenario(files, say)
  if (json) process.stdout.write(`${JSON.stringify(facts)}\n`)
  else say(`\n${facts.ok ? 'All of it is so.' : 'Not all of it is so.'} ${facts.bodies.length} bodies, ${((Date.now() - startedMs) / 1000).toFixed(0)} s`)
  process.exitCode = facts.ok ? 0 : 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
