// From what this author chose, and what a query asks for, to what the index is asked.
import { parseAuthorId, treatmentOfLabel, type AuthorId, type CommunityAddress, type CrdtIndex, type Judgement, type Label, type Policy, type ReadOptions, type Treatment } from '@seedbed/crdt-index'
import { profileOf } from '../actions/profiles.ts'
import { SeedbedError } from '../errors.ts'
import { MAX_FOLLOWED_MODERATORS, MAX_POLICY_TREATMENTS } from '../limits.ts'
import type { PersonalDocument } from '../personal/create-personal.ts'
import type { AppliedLabel, Moderated, ReadingOptions, ReadPolicy } from './moderation.ts'

export interface Reading {
  /** Errors: BAD_ID, USAGE for a policy that is none. */
  optionsOf (wanted: ReadingOptions): ReadOptions
  /** What a query tells of a judgement by such options. */
  describe (item: { readonly author: AuthorId, readonly community: CommunityAddress }, judgement: Judgement): Moderated
  describeLabel (community: CommunityAddress, label: Label): AppliedLabel
  /** Whose labels count for this author in a community, and whether by their own choice. */
  followed (community: CommunityAddress): { readonly authors: ReadonlySet<AuthorId>, readonly chosen: boolean }
  /** Tells that mutes, followed moderators or weights changed: queries may answer otherwise now. Returns the function that ends the subscription. */
  on (listener: () => void): () => void
  /** Votes may weigh something else now. */
  reweigh (): void
}

const STRICTNESS: Readonly<Record<Treatment, number>> = { show: 0, fold: 1, hide: 2 }

/** What of the personal document decides: whom, and whose labels where. */
interface Choice {
  readonly muted: ReadonlySet<AuthorId>
  readonly moderators: Readonly<Record<CommunityAddress, readonly AuthorId[]>>
  /** Tells equal choices. */
  readonly name: string
}

export function createReading (index: CrdtIndex, reader: AuthorId, { personal, on }: Pick<PersonalDocument, 'on'> & { readonly personal: Pick<PersonalDocument['personal'], 'state'> }): Reading {
  let state: unknown = null
  let choice: Choice = { muted: new Set(), moderators: {}, name: '' }
  const listeners = new Set<() => void>()
  let end: (() => void) | null = null

  function chosen (): Choice {
    const now = personal.state()
    if (now !== state) {
      state = now
      const name = JSON.stringify([now.mutes, now.moderators])
      if (name !== choice.name) choice = { muted: new Set(now.mutes), moderators: now.moderators, name }
    }
    return choice
  }

  function appointed (community: CommunityAddress): AuthorId[] {
    const founder = index.community(community)?.founder ?? null
    return [...founder === null ? [] : [founder], ...index.moderators(community)]
  }

  function policyOf (policy: ReadPolicy): Policy {
    checkShape(policy)
    const { moderators, treatments, mutes = 'hide', atMost = 'hide' } = policy
    checkTreatments([mutes, atMost])
    const asked = moderators === undefined ? null : authorsOf(moderators)
    const named = treatments === undefined ? null : treatmentsOf(treatments)
    const { muted, moderators: followed } = chosen()
    const mutedAre = milder(mutes, atMost)
    return {
      ...mutedAre === 'show' ? {} : { muted, mutedAre },
      reader,
      moderatorsOf: community => asked ?? followed[community] ?? appointed(community),
      treatmentOf: label => milder((label.label === 'none' ? undefined : named?.get(label.label)) ?? treatmentOfLabel(label), atMost)
    }
  }

  function describeLabel (community: CommunityAddress, { author, label, reason, labelledMs }: Label): AppliedLabel {
    return { author, label, reason, labelledAtMs: labelledMs, profile: profileOf(index, community, author) }
  }

  return {
    optionsOf: ({ policy = {}, weightOf }) => ({ policy: policyOf(policy), ...(weightOf === undefined ? {} : { weightOf }) }),
    describe: ({ author, community }, { treatment, labels }) => ({
      treatment,
      labels: labels.flatMap(label => label.label === 'none' ? [] : describeLabel(community, label)),
      muted: chosen().muted.has(author)
    }),
    describeLabel,
    followed (community) {
      const own = chosen().moderators[community]
      return { authors: new Set(own ?? appointed(community)), chosen: own !== undefined }
    },
    on (listener) {
      const told = (): void => { listener() }
      listeners.add(told)
      let before = chosen().name
      end ??= on(() => {
        if (chosen().name === before) return
        before = chosen().name
        for (const tell of [...listeners]) tell()
      })
      return () => {
        if (!listeners.delete(told) || listeners.size > 0) return
        end?.()
        end = null
      }
    },
    reweigh () {
      index.reweigh()
      for (const tell of [...listeners]) tell()
    }
  }
}

function milder (a: Treatment, b: Treatment): Treatment {
  return STRICTNESS[a] < STRICTNESS[b] ? a : b
}

/** It may come from another release's tab or from plain JavaScript. Errors: USAGE. */
function checkShape (policy: unknown): void {
  const { moderators, treatments }: { readonly moderators?: unknown, readonly treatments?: unknown } = isRecord(policy) ? policy : { moderators: null }
  const isPolicy = (moderators === undefined || (Array.isArray(moderators) && moderators.every(author => typeof author === 'string'))) && (treatments === undefined || isRecord(treatments))
  if (!isPolicy) throw new SeedbedError('USAGE', 'a policy is a plain object: moderators are a list of keys, treatments an object of show, fold or hide by label')
}

function isRecord (value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map)
}

/** Errors: USAGE. */
function checkTreatments (treatments: readonly unknown[]): void {
  if (!treatments.every(treatment => typeof treatment === 'string' && Object.hasOwn(STRICTNESS, treatment))) throw new SeedbedError('USAGE', 'a treatment is show, fold or hide')
}

/** Errors: USAGE. */
function treatmentsOf (treatments: NonNullable<ReadPolicy['treatments']>): ReadonlyMap<string, Treatment> {
  const named = Object.entries(treatments)
  if (named.length > MAX_POLICY_TREATMENTS) throw new SeedbedError('USAGE', `a policy names at most ${MAX_POLICY_TREATMENTS} labels`)
  checkTreatments(named.map(([, treatment]) => treatment))
  return new Map(named)
}

/** Errors: BAD_ID, USAGE. */
export function authorsOf (keys: readonly string[]): AuthorId[] {
  const authors = [...new Set(keys.map(key => parseAuthorId(key.trim().toLowerCase())))]
  if (authors.length > MAX_FOLLOWED_MODERATORS) throw new SeedbedError('USAGE', `at most ${MAX_FOLLOWED_MODERATORS} moderators are followed in a community`)
  return authors
}
