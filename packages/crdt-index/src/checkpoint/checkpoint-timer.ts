// When shards are saved: every now and then, and at the end. What saves them is loaded when it is first due, because a
// page has better things to load before.
import type { Checkpointer, CheckpointerPorts } from './checkpointer.ts'

export interface CheckpointTimer {
  /** Saves what is due once more, and nothing after that. */
  close (): Promise<void>
}

/** `intervalMs`: between two looks, and before the first. */
export function createCheckpointTimer (ports: CheckpointerPorts, intervalMs: number): CheckpointTimer {
  let loading: Promise<Checkpointer | null> | null = null
  const load = async (): Promise<Checkpointer | null> => {
    loading ??= import('./checkpointer.ts').then(({ createCheckpointer }) => createCheckpointer(ports), () => {
      loading = null // a page that lost its server goes without until it is back
      return null
    })
    return await loading
  }
  const timer = setInterval(() => { void load().then(async checkpointer => { await checkpointer?.run() }) }, intervalMs)
  if (typeof timer === 'object') timer.unref() // Node alone would stay alive for it
  return {
    async close () {
      clearInterval(timer)
      await (await load())?.close()
    }
  }
}
