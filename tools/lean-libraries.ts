// What is left of libraries' modules in a page. Of libp2p's, all but the statements that only log, to a logger that says
// nothing there, and the decoders that hand a message out field by field, for which nobody asks; both are found in the syntax
// tree. Of the list of BIP 39 words, each with what it shares with the one before left out: a third of it, gzipped.
import { parseSync, Visitor, type ESTree } from 'vite'

interface Cut {
  readonly start: number
  readonly end: number
  readonly instead: '' | ';'
}

const LIBP2P = /\/node_modules\/(?:@libp2p\/[^/]+|libp2p)\/dist\//
const WORDS = /\/node_modules\/@scure\/bip39\/wordlists\/[a-z]+\.js$/

/** The module, at `path` with slashes, as it is bundled; null: as it is. Throws for what is no JavaScript. */
export function leanModule (path: string, code: string): string | null {
  if (LIBP2P.test(path)) return withoutUnused(path, code)
  return WORDS.test(path) ? frontCoded(code) : null
}

/** A list of sorted words, written as how many letters of the one before each begins with, and the rest. */
function frontCoded (code: string): string | null {
  const [, list] = /^export const wordlist = [^`]*`([a-z\n]+)`\.split\('\\n'\)\);\s*$/m.exec(code) ?? []
  if (list === undefined) return null // of another alphabet
  let before = ''
  const coded = list.split('\n').map(word => {
    let shared = 0
    while (shared < 9 && shared < word.length && word[shared] === before[shared]) shared++
    before = word
    return `${shared}${word.slice(shared)}`
  })
  return `export const wordlist = /* @__PURE__ */ (before => Object.freeze('${coded.join('')}'.match(/\\d[a-z]*/g).map(each => before = before.slice(0, each[0]) + each.slice(1))))('')\n`
}

function withoutUnused (path: string, code: string): string | null {
  const { program, errors: [error] } = parseSync(path, code)
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)
  const cuts: Cut[] = []
  const isCodec = code.includes('streamMessage') // other modules have streams too, libp2p's
  new Visitor({
    ExpressionStatement (statement) {
      const { start, end } = statement
      if (isLogging(statement) || (isCodec && isStream(statement))) cuts.push({ start, end, instead: ';' }) // a branch has to have a statement
    },
    FunctionDeclaration (declaration) { if (hasStream(declaration)) cuts.push({ start: declaration.start, end: declaration.end, instead: '' }) },
    CallExpression (call) {
      const [, decode, stream] = call.arguments
      // protons: `message(encode, decode, stream)`, the codec of one kind of message
      if (nameOf(call.callee) === 'message' && decode !== undefined && stream?.type === 'FunctionExpression' && stream.generator) cuts.push({ start: decode.end, end: stream.end, instead: '' })
    }
  }).visit(program)
  if (cuts.length === 0) return null
  let kept = ''
  let from = 0
  for (const { start, end, instead } of cuts.toSorted((a, b) => a.start - b.start)) {
    if (end <= from) continue // lies in what was cut
    kept += code.slice(from, start) + instead
    from = end
  }
  return kept + code.slice(from)
}

/** `log(...)`, `this.log.trace(...)` and the like: a statement, whose arguments only describe. */
function isLogging ({ expression }: ESTree.ExpressionStatement): boolean {
  const call = expression.type === 'ChainExpression' ? expression.expression : expression
  if (call.type !== 'CallExpression') return false
  const { callee } = call
  return nameOf(callee) === 'log' || (callee.type === 'MemberExpression' && nameOf(callee.object) === 'log' && /^(?:error|trace)$/.test(nameOf(callee)))
}

/** protons: `function stream (buf, opts) { return streamMessage(buf, X.codec(), opts) }` */
function hasStream ({ id, body }: ESTree.Function): boolean {
  const [statement] = body?.body ?? []
  return id?.name === 'stream' && statement?.type === 'ReturnStatement' && statement.argument?.type === 'CallExpression' && nameOf(statement.argument.callee) === 'streamMessage'
}

/** protons: `X.stream = stream` */
function isStream ({ expression }: ESTree.ExpressionStatement): boolean {
  if (expression.type !== 'AssignmentExpression' || expression.right.type !== 'Identifier' || expression.right.name !== 'stream') return false
  const { left } = expression
  return left.type === 'MemberExpression' && nameOf(left) === 'stream' && left.object.type === 'Identifier'
}

/** Of a variable, or of the member that is meant. */
function nameOf (node: ESTree.Expression | ESTree.AssignmentTarget | ESTree.Super): string {
  if (node.type === 'Identifier') return node.name
  return node.type === 'MemberExpression' && !node.computed && node.property.type === 'Identifier' ? node.property.name : ''
}
