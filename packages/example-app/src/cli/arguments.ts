// Command line -> command and checked arguments, by node:util's tokens and the commands' own tables.
import { parseArgs } from 'node:util'
import type { Command, CommandSpec, NodeCommand, OptionSpec } from './command.ts'
import { usage } from './failure.ts'

/** Checked values by the names of a command's positionals and options; what was not given is absent. */
export type Arguments = Readonly<Record<string, string | number | boolean | readonly string[]>>

export const GLOBAL_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  data: { type: 'text', value: 'DIR', summary: 'Data folder; default $SEEDBED_DATA, else the platform\'s.' },
  json: { type: 'flag', summary: 'Print one JSON document and nothing else on stdout.' },
  help: { type: 'flag', summary: 'Show help.' },
  version: { type: 'flag', summary: 'Show the version.' }
}

export interface ParsedLine {
  /** Null for `seedbed --help` and `seedbed --version`. */
  readonly command: Command | null
  /** Empty when help or version is asked for. */
  readonly args: Arguments
  readonly global: { readonly data?: string, readonly json: boolean, readonly help: boolean, readonly version: boolean }
}

/** Whether the line asks for JSON, even when the rest of it cannot be parsed. */
export function wantsJson (argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json')
}

/** Errors: USAGE. */
export function parseLine (argv: readonly string[], commands: readonly Command[]): ParsedLine {
  const all = Object.assign({ h: GLOBAL_OPTIONS['help'] }, ...commands.map(({ options }) => options), GLOBAL_OPTIONS) as Record<string, OptionSpec>
  const { tokens } = parseArgs({
    args: argv[0] === '--' ? argv.slice(1) : [...argv], // package managers pass it on
    strict: false, tokens: true, allowPositionals: true, allowNegative: true,
    options: Object.fromEntries(Object.entries(all).map(([name, { type }]) => [name, { type: type === 'flag' ? 'boolean' as const : 'string' as const, multiple: true }]))
  })
  const words: string[] = []
  const given = new Map<string, Array<string | boolean>>()
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const name = token.name === 'h' && token.rawName === '-h' ? 'help' : token.name
    const negative = token.rawName.startsWith('--no-') && !Object.hasOwn(all, token.rawName.slice(2))
    const option = Object.hasOwn(all, name) ? all[name] : undefined
    if (option === undefined || (token.rawName.length === 2 && token.rawName !== '-h')) throw usage(`Unknown option ${token.rawName}; see seedbed --help.`)
    if (negative && option.negatable !== true) throw usage(`--${name} cannot be turned off.`)
    if (option.type === 'flag' && token.value !== undefined) throw usage(`--${name} takes no value.`)
    if (option.type !== 'flag' && token.value === undefined) throw usage(`--${name} needs a value.`)
    if (token.value !== undefined && !token.inlineValue && token.value.startsWith('-') && token.value !== '-') throw usage(`--${name} needs a value; write --${name}=${token.value} if that is it.`)
    given.set(name, [...given.get(name) ?? [], token.value ?? !negative])
  }
  const global = {
    json: given.has('json'), help: given.has('help'), version: given.has('version'),
    ...(given.has('data') ? { data: String(given.get('data')?.at(-1)) } : {})
  }
  if (global.data === '') throw usage('--data needs a folder.')
  if (words[0] === 'help') {
    words.shift()
    global.help = true
  }
  const { command, rest } = findCommand(words, commands, global.help || global.version)
  if (command === null && words.length === 0 && (global.help || global.version)) return { command, args: {}, global }
  if (command === null) throw usage(words.length === 0 ? 'No command; see seedbed --help.' : isHalf(words, commands) ? `${words[0]} needs a second word; see seedbed ${words[0]} --help.` : `Unknown command ${JSON.stringify(words.join(' ').slice(0, 60))}; see seedbed --help.`)
  if (global.help || global.version) return { command, args: {}, global }
  const raw: Record<string, unknown> = {}
  if (rest.length > command.positionals.length) throw usage(`${command.name} takes ${command.positionals.length === 0 ? 'no' : `only ${command.positionals.length}`} argument${command.positionals.length === 1 ? '' : 's'}; see seedbed ${command.name} --help.`)
  rest.forEach((value, at) => { raw[command.positionals[at]?.name ?? ''] = value })
  for (const [name, values] of given) {
    if (Object.hasOwn(GLOBAL_OPTIONS, name)) continue
    const option = Object.hasOwn(command.options, name) ? command.options[name] : undefined
    if (option === undefined) throw usage(`${command.name} has no option --${name}; see seedbed ${command.name} --help.`)
    if (option.type !== 'list' && values.length > 1) throw usage(`--${name} is given twice.`)
    raw[name] = option.type === 'list' ? values : option.type === 'number' ? number(name, String(values[0])) : values[0]
  }
  return { command, args: checkArguments(command, raw), global }
}

/** Holds named values, typed on a line or sent to the control API, to the command's table. Errors: USAGE. */
export function checkArguments (command: CommandSpec, raw: Readonly<Record<string, unknown>>): Arguments {
  const args: Record<string, string | number | boolean | readonly string[]> = {}
  for (const { name, optional } of command.positionals) {
    const value = Object.hasOwn(raw, name) ? raw[name] : undefined
    if (value === undefined && optional === true) continue
    if (typeof value !== 'string' || value === '') throw usage(`${name} is missing; see seedbed ${command.name} --help.`)
    args[name] = value
  }
  for (const [name, option] of Object.entries(command.options)) {
    const value = Object.hasOwn(raw, name) ? raw[name] : undefined
    if (value === undefined) {
      if (option.required === true) throw usage(`--${name} is missing; see seedbed ${command.name} --help.`)
      continue
    }
    args[name] = checkOption(name, option, value)
  }
  const known = new Set([...command.positionals.map(({ name }) => name), ...Object.keys(command.options)])
  const unknown = Object.keys(raw).find(name => !known.has(name))
  if (unknown !== undefined) throw usage(`${command.name} has no argument ${JSON.stringify(unknown.slice(0, 60))}.`)
  return args
}

/** Whether values can be right at all, whatever the data folder holds. Errors: USAGE, BAD_ID, UNKNOWN_COMMUNITY. */
export function checkForms (command: Pick<NodeCommand, 'positionals' | 'options' | 'check'>, args: Arguments): void {
  for (const { name, check } of [...command.positionals, ...Object.entries(command.options).map(([name, { check }]) => ({ name, check }))]) {
    const value = args[name]
    if (typeof value === 'string') check?.(value)
  }
  command.check?.(args)
}

function checkOption (name: string, option: OptionSpec, value: unknown): string | number | boolean | readonly string[] {
  const { type, choices, min = 0, max = Number.MAX_SAFE_INTEGER } = option
  if (type === 'flag' && typeof value === 'boolean') return value
  if (type === 'list' && Array.isArray(value) && value.every((part): part is string => typeof part === 'string' && part !== '')) return value
  if (type === 'number' && Number.isSafeInteger(value)) {
    if (Number(value) < min || Number(value) > max) throw usage(`--${name} has to be between ${min} and ${max}.`)
    return Number(value)
  }
  if (type === 'text' && typeof value === 'string') {
    if (choices !== undefined && !choices.includes(value)) throw usage(`--${name} is one of ${choices.join(', ')}.`)
    return value
  }
  throw usage(`--${name} has not the right kind of value.`)
}

function number (name: string, value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw usage(`--${name} needs a whole number.`)
  return Number(value)
}

/** `half`: the first word of two will do. */
function findCommand (words: readonly string[], commands: readonly Command[], half: boolean): { command: Command | null, rest: readonly string[] } {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ')
    const command = words.length < length ? undefined : commands.find(candidate => candidate.name === name)
    if (command !== undefined) return { command, rest: words.slice(length) }
  }
  const [first] = half && words.length === 1 ? commands.filter(({ name }) => name.startsWith(`${words[0]} `)) : []
  return { command: first ?? null, rest: first === undefined ? words : [] }
}

function isHalf (words: readonly string[], commands: readonly Command[]): boolean {
  return words.length === 1 && commands.some(({ name }) => name.startsWith(`${words[0]} `))
}

/** A value that the command's table requires to be text. */
export function text (args: Arguments, name: string): string {
  const value = args[name]
  if (typeof value !== 'string') throw usage(`${name} is missing.`)
  return value
}

export function optionalText (args: Arguments, name: string): string | undefined {
  const value = args[name]
  return typeof value === 'string' ? value : undefined
}

export function optionalNumber (args: Arguments, name: string): number | undefined {
  const value = args[name]
  return typeof value === 'number' ? value : undefined
}

export function list (args: Arguments, name: string): readonly string[] {
  const value = args[name]
  return Array.isArray(value) ? value as readonly string[] : []
}

/** A flag's value; `otherwise` when it was not given. */
export function flag (args: Arguments, name: string, otherwise = false): boolean {
  const value = args[name]
  return typeof value === 'boolean' ? value : otherwise
}
