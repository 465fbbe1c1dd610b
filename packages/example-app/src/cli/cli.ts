// One run of the command: parse, get at the data, carry out, show. main.ts gives it the process around it.
import { readIdentity, type Logger, type NodeEvents } from '@seedbed/core'
import type { Writable } from 'node:stream'
import { checkForms, optionalText, parseLine, wantsJson, type Arguments } from './arguments.ts'
import { carryOut } from './carry-out.ts'
import type { Command, JsonDocument, NodeCommand, Surroundings } from './command.ts'
import { createRun, NEW_IDENTITY } from './commands/run.ts'
import { IDENTITY_COMMANDS, NODE_COMMANDS } from './commands/table.ts'
import { findRunningPeer } from './control/client.ts'
import { dataFolder, resolveUserPath, type FolderSurroundings } from './data-folder.ts'
import { errorOf, ExitCode, exitCodeOf, failureOf } from './failure.ts'
import { commandHelp, overview } from './help.ts'
import { ask, readBoundedFile, readStream, type InputStream } from './input.ts'
import { MAX_INPUT_BYTES } from './limits.ts'
import { openAccess, type OpenNode } from './open-node.ts'
import { withProgress } from './progress.ts'
import { jsonLine, plainLine, style, terminalOf, type OutputStream } from './terminal/terminal.ts'

export interface Cli extends FolderSurroundings {
  readonly stdin: InputStream
  readonly stdout: Writable & OutputStream
  readonly stderr: Writable & OutputStream
  readonly version: string
  /** Unix time in milliseconds. */
  readonly clock: () => number
  /** core's createNode; tests give others. */
  readonly openNode: OpenNode
  /** Aborts on SIGINT, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal
}

/** Runs `seedbed ARGV…`; never throws. */
export async function runCli (argv: readonly string[], cli: Cli): Promise<ExitCode> {
  const json = wantsJson(argv)
  const write = (document: JsonDocument, text: string): void => { cli.stdout.write(json ? `${jsonLine(document)}\n` : `${text}\n`) }
  try {
    cli.signal.throwIfAborted()
    const commands: readonly Command[] = [...IDENTITY_COMMANDS, createRun(cli.openNode, createLogger(cli), cli.clock), ...NODE_COMMANDS]
    const { command, args, global } = parseLine(argv, commands)
    if (global.version) write({ version: cli.version }, cli.version)
    else if (global.help) {
      const help = (command === null ? overview(commands) : commandHelp(command)).trimEnd()
      write({ help }, help)
    } else if (command !== null) {
      const surroundings = surroundingsOf(cli, dataFolder(global.data, cli), json, write)
      if (command.kind === 'local') await command.run(args, surroundings, cli.signal)
      else await runNodeCommand(command, args, surroundings, cli)
    }
    return ExitCode.done
  } catch (error) {
    const failure = failureOf(cli.signal.aborted && error === cli.signal.reason ? errorOf({ code: 'ABORTED', message: 'Interrupted.' }) : error)
    if (json) cli.stdout.write(`${jsonLine({ error: failure })}\n`)
    else cli.stderr.write(`${style(terminalOf(cli.stderr, cli.env, 0), 'red', 'seedbed:')} ${plainLine(failure.message)} [${failure.code}]\n`)
    if (failure.code === 'INTERNAL' && error instanceof Error) cli.stderr.write(`${error.stack ?? ''}\n`)
    return exitCodeOf(failure)
  }
}

async function runNodeCommand (command: NodeCommand, args: Arguments, surroundings: Surroundings, cli: Cli): Promise<void> {
  const { dataDir } = surroundings
  checkForms(command, args)
  const peer = command.needsPeer === true ? await findRunningPeer(dataDir, cli.signal) : null
  if (command.needsPeer === true && peer === null) throw errorOf({ code: 'NOT_RUNNING', message: `No peer runs on ${dataDir}; start one with seedbed run.` })
  const text = await readFor(command, args, surroundings, cli)
  const request = {
    command: command.name,
    args: Object.fromEntries(Object.entries(withWholePaths(command, args, surroundings)).filter(([name]) => command.options[name]?.local !== true)),
    ...(text === undefined ? {} : { text })
  }
  const hadIdentity = await readIdentity(dataDir).then(identity => identity !== null, () => true)
  let ownNode = false
  const work = async (doing?: (what: string) => void): Promise<JsonDocument> => {
    const access = peer === null ? await openAccess(dataDir, cli.openNode, { logger: createLogger(cli) }, cli.signal) : { kind: 'peer' as const, peer }
    if (access.kind === 'peer') return await access.peer.execute(request, cli.signal)
    await using node = access.node
    ownNode = true
    if (doing !== undefined) node.on('stamp', stamp => { doing(describeStamp(stamp)) })
    return await carryOut(node, request, cli.signal)
  }
  const answer = surroundings.json ? await work() : await withProgress(cli.stderr, command.name, work)
  const document = await command.finish?.(answer, args, surroundings) ?? answer
  surroundings.print(document, terminal => command.render(document, terminal))
  if (!ownNode) return
  if (!hadIdentity && await readIdentity(dataDir) !== null) surroundings.note(NEW_IDENTITY)
  if (command.publishes === true && !surroundings.json) surroundings.note('Kept here; peers get it when this folder\'s peer runs and is connected: seedbed run')
}

function withWholePaths ({ positionals }: NodeCommand, args: Arguments, surroundings: Surroundings): Arguments {
  const paths = positionals.flatMap(({ name, path }) => path === true ? [[name, resolveUserPath(optionalText(args, name) ?? '', surroundings)]] : [])
  return { ...args, ...Object.fromEntries(paths) as Arguments }
}

/** For the one wait of a new author that has nothing to do with the network. */
function describeStamp ({ hashes, expectedHashes, found }: NodeEvents['stamp']): string {
  const millions = (count: number): string => (count / 1e6).toFixed(1)
  return found ? 'working' : `admission stamp, ${millions(hashes)} of about ${millions(expectedHashes)} million tries`
}

async function readFor ({ reads, positionals }: NodeCommand, args: Arguments, surroundings: Surroundings, { stdin, signal }: Cli): Promise<Uint8Array | undefined> {
  if (reads === undefined) return undefined
  if (reads === 'source') return await readSource(optionalText(args, positionals[0]?.name ?? '') ?? '', surroundings, signal)
  const mayKeep = reads === 'text unless title' && optionalText(args, 'title') !== undefined && optionalText(args, 'file') === undefined
  if (mayKeep && stdin.isTTY === true) return undefined
  const text = await readText(args, surroundings, signal)
  return mayKeep && text.length === 0 ? undefined : text
}

/** Undefined for a magnet link or an infohash, which need no reading. */
async function readSource (source: string, surroundings: Surroundings, signal: AbortSignal): Promise<Uint8Array | undefined> {
  if (/^magnet:/i.test(source) || /^[0-9a-f]{40}$/i.test(source)) return undefined
  return await readBoundedFile(resolveUserPath(source, surroundings), MAX_INPUT_BYTES, signal)
}

async function readText (args: Arguments, surroundings: Surroundings, signal: AbortSignal): Promise<Uint8Array> {
  const file = optionalText(args, 'file')
  return file === undefined || file === '-'
    ? await surroundings.readInput(MAX_INPUT_BYTES, 'Type the text; end it with Ctrl-D on a line of its own.')
    : await readBoundedFile(resolveUserPath(file, surroundings), MAX_INPUT_BYTES, signal)
}

function surroundingsOf (cli: Cli, dataDir: string, json: boolean, write: (document: JsonDocument, text: string) => void): Surroundings {
  const terminal = terminalOf(cli.stdout, cli.env, cli.clock())
  const { env, cwd, home, platform } = cli
  return {
    env, cwd, home, platform, dataDir, json, terminal, isTerminal: cli.stdout.isTTY === true,
    print: (document, text) => { write(document, json ? '' : text(terminal)) },
    note: line => { cli.stderr.write(`${line}\n`) },
    readInput: async (maxBytes, prompt) => await readStream(cli.stdin, cli.stderr, maxBytes, prompt, cli.signal),
    ask: async question => await ask(cli.stdin, cli.stderr, question, cli.signal)
  }
}

/** Warnings to stderr, the rest only with SEEDBED_DEBUG. */
function createLogger ({ stderr, env }: Cli): Logger {
  const debug = (env['SEEDBED_DEBUG'] ?? '') !== ''
  const line = (level: string) => (message: string, details?: unknown): void => {
    stderr.write(`${level}: ${plainLine(message)}${details === undefined ? '' : ` ${plainLine(details instanceof Error ? details.message : JSON.stringify(details) ?? '')}`}\n`)
  }
  const silent = (): void => {}
  return { debug: debug ? line('debug') : silent, info: debug ? line('info') : silent, warn: line('warning') }
}
