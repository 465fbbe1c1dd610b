import type { Community } from '@seedbed/core'
import type { ReactNode } from 'react'
import { useCommunities } from '../peer/queries.ts'
import { valueOf } from '../peer/use-peer.tsx'
import { DEFAULT_SORTING } from '../routing/routes.ts'
import { Link } from '../routing/router.tsx'
import { Foreign } from './foreign.tsx'

/** What people call it; slugs are not unique, so the address is always at hand. */
export function nameOf (community: Pick<Community, 'slug'> | undefined, address: string): string {
  return community?.slug ?? `${address.slice(0, 8)}…`
}

export function CommunityLink ({ address }: { readonly address: string }): ReactNode {
  const community = valueOf(useCommunities())?.find(one => one.address === address)
  return <Link to={{ name: 'community', address, sorting: DEFAULT_SORTING }} className='community-link' title={`${community?.title ?? ''} ${address}`.trim()}><Foreign>{nameOf(community, address)}</Foreign></Link>
}
