// A million votes in one month: 10,000 authors with a post and 100 votes each.
import type { CrdtIndexOptions } from '@seedbed/crdt-index'
import { prepareSnapshots } from '../support/snapshots.ts'

const AUTHORS = 10_000
const VOTES_EACH = 100
export const MILLION: number = AUTHORS * VOTES_EACH

/** `checkpoints`: with the checkpoint that a close leaves. */
export async function prepareMillion (db: CrdtIndexOptions['db'], checkpoints: boolean): Promise<void> {
  await prepareSnapshots(db, { authors: AUTHORS, votesEach: VOTES_EACH, checkpoints })
}
