// Which comments hang below a post. A comment is attached when its root is a defined post of the shard and its parent
// is that root or an attached comment of the same root. Attachment grows from posts downwards only, so parents that
// form a circle never attach; both walks keep their own stack, so depth is no danger.
import { NONE } from './columns.ts'
import { ATTACHED, DELETED, RowKind, type Rows } from './rows.ts'

const isAttached = (rows: Rows, row: number): boolean => (rows.flags[row]! & ATTACHED) !== 0

function mayAttach (rows: Rows, row: number): boolean {
  const root = rows.root[row]!
  const parent = rows.parent[row]!
  if (rows.kind[root] !== RowKind.post) return false
  return parent === root || (isAttached(rows, parent) && rows.root[parent] === root)
}

/** Only attached comments that were not deleted count. */
function count (rows: Rows, row: number, difference: 1 | -1): void {
  if (rows.flags[row] !== ATTACHED) return
  rows.comments[rows.root[row]!]! += difference
  rows.commentCount += difference
}

function attachFrom (rows: Rows, first: number): void {
  const root = rows.root[first]!
  const stack = [first]
  for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
    rows.flags[row]! |= ATTACHED
    count(rows, row, 1)
    for (let child = rows.firstChild[row]!; child !== NONE; child = rows.nextSibling[child]!) {
      if (rows.root[child] === root && !isAttached(rows, child)) stack.push(child)
    }
  }
}

function detachFrom (rows: Rows, first: number): void {
  const stack = [first]
  for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
    count(rows, row, -1)
    rows.flags[row]! &= ~ATTACHED
    for (let child = rows.firstChild[row]!; child !== NONE; child = rows.nextSibling[child]!) {
      if (isAttached(rows, child)) stack.push(child)
    }
  }
}

/** After a post was defined: its direct answers, and what hangs below them. */
export function attachAnswers (rows: Rows, post: number): void {
  for (let child = rows.firstChild[post]!; child !== NONE; child = rows.nextSibling[child]!) {
    if (rows.root[child] === post && !isAttached(rows, child)) attachFrom(rows, child)
  }
}

/** Before a post loses its definition. */
export function detachAnswers (rows: Rows, post: number): void {
  for (let child = rows.firstChild[post]!; child !== NONE; child = rows.nextSibling[child]!) {
    if (isAttached(rows, child)) detachFrom(rows, child)
  }
}

/** Hangs a comment below its parent, and attaches it and what waits below it if it may be. */
export function linkComment (rows: Rows, row: number): void {
  const parent = rows.parent[row]!
  rows.addChild(parent, row)
  rows.references[parent]!++
  rows.references[rows.root[row]!]!++
  if (mayAttach(rows, row)) attachFrom(rows, row)
}

/** The inverse of `linkComment`; gives back rows that only this comment named. */
export function unlinkComment (rows: Rows, row: number): void {
  const parent = rows.parent[row]!
  const root = rows.root[row]!
  if (isAttached(rows, row)) detachFrom(rows, row)
  rows.removeChild(parent, row)
  rows.references[parent]!--
  rows.references[root]!--
  rows.parent[row] = rows.root[row] = NONE
  rows.releaseIfUnused(parent)
  rows.releaseIfUnused(root)
}

/** Lists a post that its author did not delete for feeds. */
export function addPost ({ posts, createdMs, up, down, upWeight, downWeight }: Rows, row: number): void {
  posts.add(row, createdMs[row]!, up[row]!, down[row]!, upWeight[row] ?? 0, downWeight[row] ?? 0)
}

/** Sets whether the author of a listed row deleted it. */
export function setDeleted (rows: Rows, row: number, deleted: boolean): void {
  if (deleted === ((rows.flags[row]! & DELETED) !== 0)) return
  if (deleted) {
    count(rows, row, -1)
    rows.flags[row]! |= DELETED
    if (rows.kind[row] === RowKind.post) rows.posts.remove(row)
  } else {
    rows.flags[row]! &= ~DELETED
    count(rows, row, 1)
    if (rows.kind[row] === RowKind.post) addPost(rows, row)
  }
}
