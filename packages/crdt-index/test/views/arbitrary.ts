// Random authors who do what authors may do, and what they should not.
import fc from 'fast-check'
import type { ItemId } from '../../src/model.ts'
import { authorNumber, comment, contentNumber, deletion, edit, gone, itemNumber, label, post, vote, type Write } from './world.ts'

export const AUTHORS = 4
export const CONTENTS = 6
/** Further content ids, of edits only. */
export const REVISIONS = 3

/** Whole days and the borders that matter: of the month 202402, of the windows, of the future. */
export const NOW_MS: number = Date.UTC(2024, 1, 28, 12)
const DAY_MS = 86_400_000
const TIMES = [
  Date.UTC(2024, 0, 31, 23, 59, 59, 999), Date.UTC(2024, 1, 1), Date.UTC(2024, 2, 1) - 1, Date.UTC(2024, 2, 1),
  NOW_MS - DAY_MS, NOW_MS - DAY_MS - 1, NOW_MS - 7 * DAY_MS, NOW_MS - 7 * DAY_MS - 1, NOW_MS - 1000, NOW_MS,
  NOW_MS + 600_000, NOW_MS + 600_001, Date.UTC(2024, 0, 30, 12)
]

const author = fc.nat(AUTHORS - 1)
const content = fc.nat(CONTENTS - 1)
const createdMs = fc.constantFrom(...TIMES)
const item: fc.Arbitrary<ItemId> = fc.tuple(author, content).map(([a, c]) => itemNumber(a, c))
/** The first contents are mostly posts, so that threads come about. */
const root: fc.Arbitrary<ItemId> = fc.tuple(fc.oneof(author, fc.constant(0)), fc.constantFrom(0, 0, 0, 1, 4)).map(([a, c]) => itemNumber(a, c))
const revision = fc.constantFrom(...Array.from({ length: REVISIONS }, (_, n) => CONTENTS + n), 0, 1, 2)

const posts = fc.tuple(fc.constantFrom(0, 0, 0, 1, 1, 2, 5), createdMs, fc.constantFrom('one', 'two')).map(([c, ms, title]) => post(c, ms, title))
const mentions = fc.uniqueArray(author, { maxLength: 2 }).map(authors => authors.map(authorNumber))
const answers = fc.tuple(content, createdMs, root, mentions).map(([c, ms, of, whom]) => comment(c, ms, of, of, whom))
const nested = fc.tuple(content, createdMs, root, item, mentions).map(([c, ms, of, parent, whom]) => comment(c, ms, of, parent, whom))
const labels = fc.tuple(item, fc.constantFrom('spam', 'rude', 'none', 'remove'), fc.constantFrom('', 'why'), fc.constantFrom(5, 6, 7)).map(([of, name, reason, seconds]) => label(of, name, reason, seconds))
const votes = fc.tuple(item, fc.constantFrom(1, 1, 1, -1, 0), fc.option(revision, { nil: undefined, freq: 2 })).map(([of, value, cast]) => vote(of, value, cast))
const edits = fc.tuple(revision, root, fc.constantFrom(5, 6, 7), fc.option(fc.constantFrom('edited', 'again'))).map(([r, of, ms, title]) => edit(r, of, ms, title))
const deletions = item.map(deletion)
const misfits: fc.Arbitrary<Write> = fc.oneof(
  content.map(c => ({ root: 'posts' as const, key: contentNumber(c).key, value: [1, NOW_MS] })),
  content.map(c => ({ root: 'comments' as const, key: contentNumber(c).key, value: [1, NOW_MS, 'root', 'parent'] })),
  item.map(of => vote(of, 2)),
  item.map(of => label(of, '')),
  revision.map(r => ({ root: 'edits' as const, key: contentNumber(r).key, value: ['item', 1, 5, null] }))
)
const removals = fc.oneof(posts, answers, votes, edits, labels, deletions).map(gone)

const write: fc.Arbitrary<Write> = fc.oneof(
  { arbitrary: posts, weight: 4 }, { arbitrary: answers, weight: 3 }, { arbitrary: nested, weight: 6 },
  { arbitrary: votes, weight: 8 }, { arbitrary: edits, weight: 3 }, { arbitrary: deletions, weight: 1 },
  { arbitrary: labels, weight: 2 }, { arbitrary: misfits, weight: 1 }, { arbitrary: removals, weight: 5 }
)

export interface Step { readonly author: number, readonly writes: Write[] }
export const step: fc.Arbitrary<Step> = fc.record({ author, writes: fc.array(write, { minLength: 1, maxLength: 6 }) })

/** Threads that half of the worlds begin with. */
const ROOT = itemNumber(0, 0)
const PLANTED: readonly Step[] = [
  { author: 0, writes: [post(0, NOW_MS - 1000), post(1, NOW_MS)] },
  { author: 2, writes: [comment(1, NOW_MS - 1000, ROOT, ROOT), comment(2, NOW_MS, ROOT, ROOT, [authorNumber(1)])] },
  { author: 3, writes: [comment(3, NOW_MS, ROOT, itemNumber(2, 1), [authorNumber(0)]), comment(4, NOW_MS - 1000, ROOT, ROOT)] },
  { author: 1, writes: [comment(3, NOW_MS, ROOT, itemNumber(3, 3)), vote(itemNumber(2, 2), 1), vote(itemNumber(3, 4), -1)] }
]
export const steps: fc.Arbitrary<Step[]> = fc.tuple(fc.boolean(), fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }))
  .map(([isPlanted, steps]) => isPlanted ? [...PLANTED, ...steps] : steps)
