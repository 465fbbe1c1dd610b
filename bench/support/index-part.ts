import type { Database } from '@seedbed/crdt-index'
import type { Level } from 'level'
import type { MemoryLevel } from 'memory-level'

/** The part of a node's database that belongs to the index. */
export function indexPart (db: Level | MemoryLevel): Database {
  // Whether a sublevel's recursive type fits Database depends on the order in which the compiler looks at the two.
  const part: unknown = db.sublevel('index')
  return part as Database
}
