/** How deep the causes of an error are looked through: the database's own lies below one of this package. */
const MAX_CAUSES = 4

/**
 * Whether a database says that a part of what it keeps is damaged: the rest can be read. LevelDB finds a wrong block
 * only when somebody reads it; abstract-level gives the error this code.
 */
export function isCorruption (error: unknown): boolean {
  for (let [cause, depth] = [error, 0]; cause instanceof Error && depth < MAX_CAUSES; cause = cause.cause, depth++) {
    if ('code' in cause && cause.code === 'LEVEL_CORRUPTION') return true
  }
  return false
}
