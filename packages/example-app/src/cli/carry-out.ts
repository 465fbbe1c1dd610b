// One way to carry out a node command, whoever asks: the control API or this process for itself.
import type { SeedbedNode } from '@seedbed/core'
import { checkArguments, checkForms } from './arguments.ts'
import type { ExecuteContext, JsonDocument } from './command.ts'
import { NODE_COMMANDS } from './commands/table.ts'
import type { ControlRequest } from './control/server.ts'
import { usage } from './failure.ts'

/** Errors: USAGE for an unknown command or arguments that are not its own, and what the command fails with. */
export async function carryOut (node: SeedbedNode, { command: name, args, text }: ControlRequest, signal: AbortSignal, pair?: ExecuteContext['pair']): Promise<JsonDocument> {
  const command = NODE_COMMANDS.find(candidate => candidate.name === name)
  if (command === undefined) throw usage('The running peer does not know this command; is it another release?')
  const remote = { ...command, options: Object.fromEntries(Object.entries(command.options).filter(([, { local }]) => local !== true)) }
  signal.throwIfAborted()
  const checked = checkArguments(remote, args)
  checkForms(command, checked)
  return await command.execute({ node, args: checked, ...(text === undefined ? {} : { text }), ...(pair === undefined ? {} : { pair }) }, signal)
}
