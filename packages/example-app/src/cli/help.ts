// Help, made from the commands' tables.
import { GLOBAL_OPTIONS } from './arguments.ts'
import type { Command, CommandSpec, OptionSpec } from './command.ts'
import { wrap } from './terminal/wrap.ts'

const COLUMNS = 80

/** `seedbed --help`. */
export function overview (commands: readonly Command[]): string {
  const rows = commands.map(command => [[command.name, ...command.positionals.map(placeholder)].join(' '), command.summary] as const)
  return [
    'Seedbed: text-only social networking with no server.', '',
    'Usage: seedbed COMMAND [OPTIONS]', '', 'Commands:', ...table(rows), '',
    'Options of every command:', ...optionRows(GLOBAL_OPTIONS), '',
    'COMMUNITY is an address or the slug of a joined community; ID is a post\'s or', 'comment\'s. Exit codes: 0 done, 1 refused or failed, 2 usage or no running peer.', ''
  ].join('\n')
}

/** `seedbed COMMAND --help`. */
export function commandHelp (command: CommandSpec): string {
  const required = Object.entries(command.options).filter(([, { required }]) => required === true).map(([name, option]) => optionName(name, option))
  const optional = Object.keys(command.options).length > required.length ? ['[OPTIONS]'] : []
  return [
    ...wrap(command.summary, COLUMNS), '',
    `Usage: seedbed ${[command.name, ...command.positionals.map(placeholder), ...required, ...optional].join(' ')}`, '',
    ...(command.positionals.length === 0 ? [] : ['Arguments:', ...table(command.positionals.map(({ name, summary }) => [name, summary] as const)), '']),
    ...(Object.keys(command.options).length === 0 ? [] : ['Options:', ...optionRows(command.options), '']),
    'Options of every command:', ...optionRows(GLOBAL_OPTIONS), '',
    ...(command.notes ?? []).flatMap(note => wrap(note, COLUMNS).concat(''))
  ].join('\n')
}

function placeholder ({ name, optional }: { name: string, optional?: true }): string {
  return optional === true ? `[${name}]` : name
}

function optionName (name: string, { type, value, negatable }: OptionSpec): string {
  return `--${negatable === true ? 'no-' : ''}${name}${type === 'flag' ? '' : ` ${value ?? 'VALUE'}`}`
}

function optionRows (options: Readonly<Record<string, OptionSpec>>): string[] {
  return table(Object.entries(options).map(([name, option]) => {
    const { summary, choices, type, required } = option
    const more = [...(choices === undefined ? [] : [`One of ${choices.join(', ')}.`]), ...(type === 'list' ? ['May be repeated.'] : []), ...(required === true ? ['Required.'] : [])]
    return [optionName(name, option), [summary, ...more].join(' ')] as const
  }))
}

function table (rows: ReadonlyArray<readonly [string, string]>): string[] {
  const width = Math.min(30, Math.max(...rows.map(([name]) => name.length)))
  return rows.flatMap(([name, summary]) => {
    const lines = wrap(summary, COLUMNS - width - 4)
    const head = name.length > width ? [`  ${name}`, `${' '.repeat(width + 4)}${lines[0] ?? ''}`] : [`  ${name.padEnd(width)}  ${lines[0] ?? ''}`]
    return [...head, ...lines.slice(1).map(line => `${' '.repeat(width + 4)}${line}`)]
  })
}
