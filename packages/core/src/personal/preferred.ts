// Whom the author follows, on any device, stays where a community outgrows its storage budget.
import type { AuthorId, CommunityAddress, CrdtIndex } from '@seedbed/crdt-index'
import type { Logger } from '../options.ts'
import type { PersonalDocument } from './create-personal.ts'

export function createPreferred ({ index, personal, logger }: { readonly index: Pick<CrdtIndex, 'communities' | 'prefer' | 'on'>, readonly personal: Pick<PersonalDocument, 'personal' | 'on'>, readonly logger: Logger }): { close (): void } {
  const told = new Map<CommunityAddress, readonly AuthorId[]>()

  function tell (): void {
    const { follows } = personal.personal.state()
    const joined = new Set(index.communities().map(({ address }) => address))
    for (const address of told.keys()) if (!joined.has(address)) told.delete(address)
    for (const address of joined) {
      const before = told.get(address)
      if (before?.length === follows.length && before.every((author, at) => author === follows[at])) continue
      told.set(address, follows)
      index.prefer(address, follows).catch((error: unknown) => {
        told.delete(address) // with the next change, or start
        logger.warn('whom to keep first could not be noted', error)
      })
    }
  }

  const ends = [personal.on(tell), index.on('communities', tell)]
  tell()
  return { close () { for (const end of ends) end() } }
}
