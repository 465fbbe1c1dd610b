// What a command is. Its table of options makes its parser, its help and the check of requests to the control API.
import type { SeedbedNode } from '@seedbed/core'
import type { Arguments } from './arguments.ts'
import type { FolderSurroundings } from './data-folder.ts'
import type { Terminal } from './terminal/terminal.ts'

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonDocument
export interface JsonDocument { readonly [name: string]: JsonValue }

export interface OptionSpec {
  /** 'flag' takes no value; 'paths' and the like may be given more than once. */
  readonly type: 'flag' | 'text' | 'list' | 'number'
  /** Name of the value in the help; for all but flags. */
  readonly value?: string
  readonly summary: string
  readonly required?: true
  readonly choices?: readonly string[]
  readonly min?: number
  readonly max?: number
  /** `--no-NAME` turns off what is on by default. */
  readonly negatable?: true
  /** Read by the command line itself and not sent to a running peer. */
  readonly local?: true
  /** As `check` of a positional. */
  readonly check?: (value: string) => void
}

export interface PositionalSpec {
  readonly name: string
  readonly summary: string
  readonly optional?: true
  /** A file as the person typed it; made absolute by the command line, because a running peer has another working directory. */
  readonly path?: true
  /** Throws when the value cannot be right whatever the data folder holds, before anybody types a text. */
  readonly check?: (value: string) => void
}

/** The part of a command that parser and help need. */
export interface CommandSpec {
  /** One or two words. */
  readonly name: string
  readonly summary: string
  readonly positionals: readonly PositionalSpec[]
  readonly options: Readonly<Record<string, OptionSpec>>
  /** More lines for `--help`. */
  readonly notes?: readonly string[]
}

export interface ExecuteContext {
  readonly node: SeedbedNode
  readonly args: Arguments
  /** What `reads: 'text'` brought, unchecked. */
  readonly text?: Uint8Array
  /** Makes an address that lets a page become the author; only where a running peer serves pages. */
  readonly pair?: () => PairingAddress
}

export interface PairingAddress {
  /** URL with a secret in its fragment. */
  readonly url: string
  /** Until when it works, in Unix milliseconds. */
  readonly untilMs: number
}

/** Works on a node: in a running peer, or in one opened for it. */
export interface NodeCommand extends CommandSpec {
  readonly kind: 'node'
  /** Fails with NOT_RUNNING rather than open the data folder. */
  readonly needsPeer?: true
  /**
   * `text`: from `--file` or standard input. `text unless title`: with `--title` there may be none. `source`: the first
   * argument is read as a file unless it is a link or an infohash.
   */
  readonly reads?: 'text' | 'text unless title' | 'source'
  /** What it writes is for others, who get it from a running peer. */
  readonly publishes?: true
  /** Throws when arguments do not go together. Errors: USAGE. */
  readonly check?: (args: Arguments) => void
  /** The answer as plain data. `signal` aborts when the person or the control API's client gives up. */
  execute (context: ExecuteContext, signal: AbortSignal): Promise<JsonDocument>
  /** What the command line does with the answer on its own side, such as writing a file. */
  finish? (answer: JsonDocument, args: Arguments, surroundings: Surroundings): Promise<JsonDocument>
  /** The answer for a person: lines of at most `terminal.columns`. */
  render (answer: JsonDocument, terminal: Terminal): string
}

/** Works on the data folder itself. */
export interface LocalCommand extends CommandSpec {
  readonly kind: 'local'
  /** Exactly one document through `surroundings.print`, or an error. */
  run (args: Arguments, surroundings: Surroundings, signal: AbortSignal): Promise<void>
}

export type Command = NodeCommand | LocalCommand

/** What a command sees of the process around it. */
export interface Surroundings extends FolderSurroundings {
  readonly dataDir: string
  readonly json: boolean
  readonly terminal: Terminal
  /** Whether stdout is a terminal: what must not end up in a log is only shown there. */
  readonly isTerminal: boolean
  /** Prints the document with --json, otherwise what `text` makes of it. */
  print (document: JsonDocument, text: (terminal: Terminal) => string): void
  /** One line to stderr. */
  note (line: string): void
  /** Standard input, bounded. `prompt` is shown when a person types. */
  readInput (maxBytes: number, prompt: string): Promise<Uint8Array>
  /** Asks on the terminal; null when there is none to ask. */
  ask (question: string): Promise<string | null>
}
