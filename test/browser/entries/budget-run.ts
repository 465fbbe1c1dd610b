// A community that outgrows its budget, a restart, and a larger budget, on any platform: the test compares Node and Chromium.
import { createCrdtIndex, decodeGenesis, type CrdtIndex } from '@seedbed/crdt-index'

export interface BudgetRun {
  /** After all was given, after a restart, and with twice the budget once all was given again. */
  readonly moments: ReadonlyArray<{ readonly digest: string, readonly bytes: number, readonly authors: number, readonly authorsLeftOut: number, readonly partial: boolean }>
}

export async function budgetRun (db: Parameters<typeof createCrdtIndex>[0]['db'], genesis: Uint8Array, nowMs: number, maxBytes: number, envelopes: readonly Uint8Array[]): Promise<BudgetRun> {
  const { address } = decodeGenesis(genesis)
  const open = async (): Promise<CrdtIndex> => await createCrdtIndex({ db, clock: () => nowMs, storage: { maxBytesPerCommunity: maxBytes }, checkpoints: { minEnvelopes: 1 } })
  const moments: Array<BudgetRun['moments'][number]> = []
  const note = (index: CrdtIndex): void => {
    const { digest, storage: { bytes, authors, authorsLeftOut, partial } } = index.status(address)
    moments.push({ digest, bytes, authors, authorsLeftOut, partial })
  }
  const give = async (index: CrdtIndex): Promise<void> => { for (let at = 0; at < envelopes.length; at += 7) await index.ingest(address, envelopes.slice(at, at + 7)) }
  {
    await using index = await open()
    await index.join(address, genesis)
    await give(index)
    note(index)
  }
  await using index = await open()
  note(index)
  await index.budget(address, 2 * maxBytes)
  await give(index)
  note(index)
  return { moments }
}
