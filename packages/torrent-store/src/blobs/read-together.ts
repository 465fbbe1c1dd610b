// Reads that are asked for one by one, made together: the way to the database and back is a task of another thread, and
// costs ten times what a body in it does. Many downloaders ask at once, each for its one body. What comes in one turn
// of the event loop is one question, and while questions are under way the next one gathers.
import { platform } from '#platform'

export interface ReadTogether<Key, Value> {
  /** What cannot be read fails alone. */
  read (key: Key): Promise<Value>
  /** Asks for what was gathered, so that what is written from now on comes after it. */
  flush (): void
}

export interface ReadTogetherOptions<Key, Value> {
  /** Answers in the order of the keys. */
  readMany (keys: readonly Key[]): Promise<Value[]>
  /** Keys of one question. */
  readonly most: number
  /** Questions under way before others gather. */
  readonly atOnce: number
}

interface Waiting<Key, Value> { readonly key: Key, readonly resolve: (value: Value) => void, readonly reject: (reason: unknown) => void }

export function createReadTogether<Key, Value> ({ readMany, most, atOnce }: ReadTogetherOptions<Key, Value>): ReadTogether<Key, Value> {
  let waiting: Array<Waiting<Key, Value>> = []
  let underWay = 0
  let due = false

  function schedule (): void {
    if (due || waiting.length === 0 || underWay >= atOnce) return
    due = true
    platform.later(() => {
      due = false
      while (waiting.length > 0 && underWay < atOnce) ask()
    })
  }

  function ask (): void {
    const together = waiting.splice(0, most)
    underWay++
    void answer(together).finally(() => {
      underWay--
      schedule()
    })
  }

  async function answer (together: ReadonlyArray<Waiting<Key, Value>>): Promise<void> {
    try {
      const values = await readMany(together.map(({ key }) => key))
      for (const [i, { resolve }] of together.entries()) resolve(values[i] as Value)
    } catch (error) {
      if (together.length === 1) together[0]?.reject(error)
      else await Promise.all(together.map(async one => { await answer([one]) })) // one must not take the others with it
    }
  }

  return {
    read: async key => await new Promise<Value>((resolve, reject) => {
      waiting.push({ key, resolve, reject })
      schedule()
    }),
    flush () { while (waiting.length > 0) ask() }
  }
}
