import type { Thread, ThreadComment } from '@seedbed/core'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { JsonDocument } from '../../../src/cli/command.ts'
import { documentsOf, textOf } from '../../../src/cli/commands/documents.ts'
import { thread, threadDocument } from '../../../src/cli/commands/thread.ts'
import { MAX_JSON_NESTING } from '../../../src/cli/limits.ts'

const test = suite('cli/commands/thread')
const terminal = { columns: 80, colour: false, nowMs: Date.UTC(2026, 10, 22, 12) }

function node (id: number, depth: number, parent: number | null): ThreadComment {
  return {
    id: String(id).padStart(40, '0'), parent: parent === null ? null : String(parent).padStart(40, '0'), depth, author: 'a1'.repeat(32), createdAtMs: terminal.nowMs - 3_600_000,
    score: 1, up: 2, down: 1, otherRevision: 0, editedAtMs: null, revision: null, newest: true, vote: 0, treatment: 'show', labels: [], muted: false, mentions: [],
    profile: { author: 'a1'.repeat(32), name: null, about: null, fingerprint: 'four-words-of-it' }, seeding: false, deleted: false, available: true, text: `text ${id}`, sha256: 'b2'.repeat(32), servedBy: null, magnet: 'magnet:?', below: 0, next: null
  } as unknown as ThreadComment
}

const threadOf = (comments: ThreadComment[]): Thread => ({ community: 'c3'.repeat(32), title: 'The title', post: node(0, 0, null), comments, next: null, total: comments.length, holding: 'whole', knownAtMs: null }) as unknown as Thread

/** [id, parent, nesting level] in order of display. */
function flat (comments: readonly JsonDocument[], level = 1): Array<[string, string, number]> {
  return comments.flatMap(comment => [[textOf(comment, 'id'), textOf(comment, 'parent'), level] as [string, string, number], ...flat(documentsOf(comment, 'children'), level + 1)])
}

test('answers nest under what they answer, up to the cap, in order and with their true parent', () => {
  const steps = fc.array(fc.nat({ max: 5 }), { maxLength: 60 })
  fc.assert(fc.property(steps, fc.integer({ min: 1, max: 6 }), (ups, cap) => {
    const path = [0]
    const comments = ups.map((up, at) => {
      path.length = Math.max(1, path.length - up)
      const comment = node(at + 1, path.length, path.at(-1) ?? 0)
      path.push(at + 1)
      return comment
    })
    const document = threadDocument(threadOf(comments), 'cats', cap)
    const shown = flat(documentsOf(document, 'comments'))
    assert.equal(shown.map(([id, parent]) => [id, parent]), comments.map(({ id, parent }) => [id, parent]))
    assert.equal(shown.map(([, , level]) => level), comments.map(({ depth }) => Math.min(depth, cap)))
    // up to the cap, a child's parent is the comment that it is listed under
    const check = (children: readonly JsonDocument[], parent: string, level: number): void => {
      for (const child of children) {
        if (level < cap) assert.is(textOf(child, 'parent'), parent)
        check(documentsOf(child, 'children'), textOf(child, 'id'), level + 1)
      }
    }
    check(documentsOf(document, 'comments'), node(0, 0, null).id, 1)
  }))
})

test('a chain of 5,000 answers is bounded JSON and renders', () => {
  const chain = Array.from({ length: 5000 }, (_, at) => node(at + 1, at + 1, at))
  const document = threadDocument(threadOf(chain), null)
  const levels = flat(documentsOf(document, 'comments')).map(([, , level]) => level)
  assert.is(Math.max(...levels), MAX_JSON_NESTING)
  assert.is(levels.length, 5000)
  assert.type(JSON.stringify(document), 'string')
  const lines = thread.render(document, terminal).split('\n')
  assert.ok(lines.every(line => line.length <= 80))
  assert.is(lines.filter(line => line.trim() === 'text 5000').length, 1)
})

test('whatever was left for another page is told where it belongs', () => {
  const document = threadDocument({ ...threadOf([{ ...node(1, 1, 0), below: 3, next: 'inner' }, node(2, 2, 1), node(3, 1, 0)]), next: 'outer', total: 9 }, 'cats')
  assert.equal([document['next'], document['total'], documentsOf(document, 'comments').map(comment => [textOf(comment, 'next'), comment['below']])], ['outer', 9, [['inner', 3], ['', 0]]])
  const lines = thread.render(document, terminal).split('\n')
  assert.equal(lines.filter(line => /^ *text|--after/.test(line)), ['text 0', 'text 1', '  text 2', '  More: --after inner', 'text 3', 'More: --after outer'])
})

test('a page that goes on below a comment keeps siblings beside each other', () => {
  const comments = documentsOf(threadDocument(threadOf([node(1, 3, 9), node(2, 4, 1), node(3, 3, 9), node(4, 3, 9), node(5, 4, 4)]), null), 'comments')
  assert.equal(comments.map(comment => documentsOf(comment, 'children').length), [1, 0, 1])
})

test('a thread of whose month a part is missing says so', () => {
  const shown = (holding: Thread['holding']): string => thread.render(threadDocument({ ...threadOf([]), holding }, 'cats'), terminal)
  assert.match(shown('partial'), 'A part of this month is not here')
  assert.not.match(shown('whole'), 'not here')
})

test('depths that jump do not lose anybody', () => {
  const document = threadDocument(threadOf([node(1, 3, 9), node(2, 1, 0), node(3, 0, 0)]), null)
  assert.equal(flat(documentsOf(document, 'comments')).map(([id]) => Number(id)), [1, 2, 3])
})

test('a thread for a person: missing and deleted texts are marked, strangers cannot drive the terminal', () => {
  const comments = [{ ...node(1, 1, 0), text: null, available: false, sha256: null }, { ...node(2, 1, 0), deleted: true, text: null, available: false }, { ...node(3, 2, 2), text: 'evil \u202e text\u001b[2J' }]
  const text = thread.render(threadDocument({ ...threadOf(comments), title: 'A\u001b]0;title' }, 'cats'), terminal)
  assert.match(text, 'no connected peer has this text')
  assert.match(text, '(deleted)')
  assert.match(text, /^ {2}evil {2}text\ufffd\[2J$/m)
  assert.match(text, /1 \(\+2 −1\) · cats · 1 hour ago by four-words-of-it/)
  assert.not.match(text, /(?!\n)\p{Cc}|\u202e/u)
})

test.run()
