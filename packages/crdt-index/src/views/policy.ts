// What a reader wants to see: whom they muted, whose labels they follow, what a label leads to. It only decides what a
// query shows; storage, relay and totals know nothing of it.
import type { AuthorId, CommunityAddress } from '../model.ts'
import { compareLabels, type Label } from './labels.ts'
import { DELETED } from './rows.ts'
import type { ShardView } from './shard-view.ts'

/** `fold`: its place is shown, its text on request. `hide`: left out, or a gap where something below it is shown. */
export type Treatment = 'show' | 'fold' | 'hide'

export interface Policy {
  readonly muted?: ReadonlySet<AuthorId>
  /** What becomes of what muted authors wrote. Default 'hide'. */
  readonly mutedAre?: 'fold' | 'hide'
  /** Whose labels count. Default: the community's founder and those whom the founder names as moderators. */
  readonly moderatorsOf?: (community: CommunityAddress) => Iterable<AuthorId>
  /** What one such label leads to; of several the strictest counts. Default `treatmentOfLabel`. */
  readonly treatmentOf?: (label: Label) => Treatment
  /** Who reads: what they wrote is folded at most, so that they see what others called it. */
  readonly reader?: AuthorId
}

export interface Judgement {
  readonly treatment: Treatment
  /** Of the moderators that are followed, newest first. */
  readonly labels: readonly Label[]
}

export interface Judge {
  /** Of a listed row. */
  judge (row: number): Judgement
  treatment (row: number): Treatment
  /** Whether the row is neither deleted nor hidden. */
  shows (row: number): boolean
}

/** Makes the judge of a shard; without a policy nothing is folded, hidden or labelled. */
export type JudgeOf = (view: ShardView) => Judge

const STRICTNESS: Readonly<Record<Treatment, number>> = { show: 0, fold: 1, hide: 2 }
const UNJUDGED: Judgement = { treatment: 'show', labels: [] }

/** `remove` and `spam` hide, `none` is a label that was taken back, and any other one folds. */
export function treatmentOfLabel ({ label }: Label): Treatment {
  return label === 'none' ? 'show' : label === 'remove' || label === 'spam' ? 'hide' : 'fold'
}

/** `appointed`: the moderators of a community when the policy names none. */
export function createJudges (policy: Policy | undefined, appointed: (community: CommunityAddress) => Iterable<AuthorId>): JudgeOf {
  if (policy === undefined) return createLenientJudge
  const { muted, mutedAre = 'hide', moderatorsOf = appointed, treatmentOf = treatmentOfLabel, reader } = policy
  const followed = new Map<CommunityAddress, ReadonlySet<AuthorId>>()
  return view => {
    let moderators = followed.get(view.community)
    if (moderators === undefined) followed.set(view.community, moderators = new Set(moderatorsOf(view.community)))
    const { rows } = view
    const judge = (row: number): Judgement => {
      const milder = (strict: Treatment): Treatment => strict === 'hide' && reader !== undefined && rows.authorOf(row) === reader ? 'fold' : strict
      let treatment: Treatment = muted !== undefined && muted.size > 0 && muted.has(rows.authorOf(row)) ? milder(mutedAre) : 'show'
      if (!view.isLabelled(row)) return treatment === 'show' ? UNJUDGED : { treatment, labels: [] } // nearly all rows
      const labels = [...moderators].flatMap(author => view.labelBy(row, author) ?? []).sort(compareLabels)
      for (const label of labels) {
        const other = treatmentOf(label)
        if (STRICTNESS[other] > STRICTNESS[treatment]) treatment = other
      }
      return treatment === 'show' && labels.length === 0 ? UNJUDGED : { treatment: milder(treatment), labels }
    }
    const treatment = (row: number): Treatment => judge(row).treatment
    return { judge, treatment, shows: row => (rows.flags[row]! & DELETED) === 0 && treatment(row) !== 'hide' }
  }
}

function createLenientJudge ({ rows }: ShardView): Judge {
  return { judge: () => UNJUDGED, treatment: () => 'show', shows: row => (rows.flags[row]! & DELETED) === 0 }
}
