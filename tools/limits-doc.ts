// Writes the tables of docs/limits.md from the code: every bound of the packages' limits.ts with its value and its
// reason, and every error code with its meaning. The documentation test fails while the page says something else.
//
//   node --conditions=source tools/limits-doc.ts
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { SEEDBED_ERROR_MEANINGS } from '../packages/core/src/errors.ts'
import type { CrdtIndexErrorCode } from '../packages/crdt-index/src/errors.ts'

const root = path.dirname(import.meta.dirname)
export const LIMITS_PAGE: string = path.join(root, 'docs/limits.md')

const LIMIT_FILES = ['packages/core/src/limits.ts', 'packages/torrent-store/src/limits.ts', 'packages/crdt-index/src/limits.ts', 'packages/example-app/src/cli/limits.ts', 'packages/example-app/src/seedbox/limits.ts', 'packages/example-app/src/web/limits.ts']
const TORRENT_STORE_ERRORS = 'packages/torrent-store/src/errors.ts'

/** Sizes that follow from a standard and stand beside a bound without a sentence of their own. */
const OWN_REASONS: Readonly<Record<string, string>> = { SIGNATURE_BYTES: 'An ed25519 signature (RFC 8032).' }

/** crdt-index names its codes only; the type makes this list complete. */
const CRDT_INDEX_MEANINGS: Readonly<Record<CrdtIndexErrorCode, string>> = {
  BAD_ADDRESS: 'Not a community address: 64 lowercase hex characters.',
  BAD_ENVELOPE: 'Bytes that are no envelope, or a field out of its bounds.',
  BAD_GENESIS: 'A genesis that is not canonical, out of bounds, not signed by its founder, or of another address.',
  BAD_ID: 'Not an id of the kind asked for, or a seed of another length.',
  BAD_SIGNATURE: 'An announcement that its author did not sign.',
  BAD_UPDATE: 'An update that the guard refuses; it appears as the reason of a verdict.',
  BAD_FRAME: 'A peer sent what no honest peer sends on the sync protocol.',
  BAD_ENTRY: 'An entry out of its bounds, a change that changes nothing, full parts, or a cursor that is none.',
  CLOSED: 'The index was closed.',
  NEWER_FORMAT: 'A newer release wrote the database; it was left as it is.',
  NOT_FOUND: 'Reserved.',
  NOT_JOINED: 'Not a member of the community, or its genesis is not known yet.',
  STORAGE_FAILED: 'The database refused a write; nothing was acknowledged.',
  OWN_CONTENT: 'Nobody votes on what they wrote.'
}

/** Names and values that share one reason. */
interface Bound { readonly names: string[], readonly values: string[], readonly reason: string }

async function boundsOf (file: string): Promise<Bound[]> {
  const values = await import(path.join(root, file)) as Record<string, unknown>
  const members = Object.assign({}, ...Object.values(values).filter(value => typeof value === 'object')) as Record<string, unknown>
  const bounds: Bound[] = []
  let reason: string | null = null
  let comment: string[] | null = null
  for (const line of readFileSync(path.join(root, file), 'utf8').split('\n').map(line => line.trim())) {
    const name = /^export const (\w+): number =/.exec(line)?.[1] ?? /^readonly (\w+): number$/.exec(line)?.[1]
    if (comment === null && line.startsWith('/**')) comment = []
    if (comment !== null) {
      comment.push(line.replace(/^\/?\*+\/?/, '').replace(/\*\/$/, '').trim())
      if (!line.endsWith('*/')) continue
      reason = comment.filter(part => part !== '').join(' ')
      comment = null
    } else if (name !== undefined) {
      const value = values[name] ?? members[name]
      const said = OWN_REASONS[name] ?? reason
      if (typeof value !== 'number' || said === null) throw new Error(`${file}: ${name} has no value or no reason`)
      const last = bounds.at(-1)
      if (last?.reason === said) {
        last.names.push(`\`${name}\``)
        last.values.push(amount(value))
      } else {
        bounds.push({ names: [`\`${name}\``], values: [amount(value)], reason: said })
      }
    } else {
      reason = null // a comment speaks for the lines right below it only
    }
  }
  return bounds
}

function amount (value: number): string {
  return value.toLocaleString('en-US')
}

/** The codes of a file whose comments say what each means. */
function documentedCodes (file: string, object: string): Array<readonly [code: string, meaning: string]> {
  const text = readFileSync(path.join(root, file), 'utf8')
  const block = text.slice(text.indexOf(`export const ${object} = {`)).split('\n}')[0] ?? ''
  return [...block.matchAll(/\/\*\* (.+) \*\/\n\s+(\w+):/g)].map(([, meaning = '', code = '']) => [code, meaning])
}

function table (head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

/** The tables by the name of their place in the page. */
export async function tables (): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const file of LIMIT_FILES) {
    found.set(file, table(['bound', 'value', 'reason'], (await boundsOf(file)).map(({ names, values, reason }) => [names.join('<br>'), values.join('<br>'), reason])))
  }
  const codes = (rows: Iterable<readonly [string, string]>): string => table(['code', 'meaning'], [...rows].map(([code, meaning]) => [`\`${code}\``, meaning]))
  found.set('SeedbedErrorCode', codes(Object.entries(SEEDBED_ERROR_MEANINGS)))
  found.set('CrdtIndexErrorCode', codes(Object.entries(CRDT_INDEX_MEANINGS).sort(([a], [b]) => a < b ? -1 : 1)))
  found.set('TorrentStoreErrorCode', codes(documentedCodes(TORRENT_STORE_ERRORS, 'TorrentStoreErrorCode')))
  found.set('PeerFaultReason', codes(documentedCodes(TORRENT_STORE_ERRORS, 'PeerFaultReason')))
  return found
}

/** The page with its tables as the code has them. Throws when the page lacks the place of one. */
export async function renderPage (page: string): Promise<string> {
  let text = page
  for (const [name, rows] of await tables()) {
    const begin = `<!-- table: ${name} -->\n`
    const end = '<!-- end -->'
    const from = text.indexOf(begin)
    const to = text.indexOf(end, from)
    if (from === -1 || to === -1) throw new Error(`docs/limits.md has no place for the table ${name}`)
    text = `${text.slice(0, from + begin.length)}${rows}\n${text.slice(to)}`
  }
  return text
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(LIMITS_PAGE, await renderPage(readFileSync(LIMITS_PAGE, 'utf8')))
}
