// Runs benchmark suites, each a folder beside this file, one after another.
//
//   node --conditions=source --expose-gc bench/run.ts [SUITE...] [--json] [--save]
//
// --json prints one JSON document: {suite, cases} for one suite, an array of them for several. --save writes the
// figures to the suite's baseline.json.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { arch, cpus, platform, totalmem } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { Case, Suite } from './support/suite.ts'

interface Machine { readonly node: string, readonly system: string, readonly cpu: string, readonly cores: number, readonly memoryGiB: number }
interface Baseline { readonly suite: string, readonly machine: Machine, readonly cases: readonly Case[] }

const folder = import.meta.dirname
const suites = globSync('*/bench.ts', { cwd: folder }).map(file => path.dirname(file)).sort()

function machine (): Machine {
  return { node: process.version, system: `${platform()} ${arch()}`, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30) }
}

function readBaseline (suite: string): Baseline | null {
  const file = path.join(folder, suite, 'baseline.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) as Baseline : null
}

function table (suite: string, cases: readonly Case[], baseline: Baseline | null, seconds: number): string {
  const rows = [['case', 'value', 'reference', '', 'ratio', 'baseline'], ...cases.map(({ name, value, unit, reference, ratio }) => {
    const before = baseline?.cases.find(known => known.name === name)?.ratio
    return [name, `${value} ${unit}`, `${reference.value} ${unit}`, reference.name, String(ratio), before === undefined ? '-' : String(before)]
  })]
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? []
  const lines = rows.map(row => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
  return `${suite} (${seconds.toFixed(1)} s)\n${lines.join('\n')}\n`
}

async function main (): Promise<number> {
  const { values: { json, save }, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean', default: false }, save: { type: 'boolean', default: false } } })
  const unknown = positionals.filter(name => !suites.includes(name))
  if (unknown.length > 0) {
    process.stderr.write(`no suite ${unknown.join(', ')}; there are ${suites.join(', ')}\n`)
    return 2
  }
  const results: Array<{ suite: string, cases: readonly Case[] }> = []
  for (const name of positionals.length > 0 ? new Set(positionals) : suites) {
    const { suite } = await import(`./${name}/bench.ts`) as { suite: Suite }
    process.stderr.write(`${name} …\n`)
    const startedMs = performance.now()
    const cases = await suite.run()
    results.push({ suite: name, cases })
    if (!json) process.stdout.write(`${table(name, cases, readBaseline(name), (performance.now() - startedMs) / 1000)}\n`)
    if (save) writeFileSync(path.join(folder, name, 'baseline.json'), `${JSON.stringify({ suite: name, machine: machine(), cases } satisfies Baseline, null, 2)}\n`)
  }
  if (json) process.stdout.write(`${JSON.stringify(results.length === 1 ? results[0] : results)}\n`)
  return 0
}

process.exitCode = await main()
