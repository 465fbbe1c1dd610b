import { STARTER_COMMUNITY } from '../../starter.ts'

/** The community that comes with the app is listed after those that a person chose. */
export function starterLast<One extends { readonly address: string }> (communities: readonly One[]): One[] {
  return communities.toSorted((a, b) => Number(a.address === STARTER_COMMUNITY) - Number(b.address === STARTER_COMMUNITY))
}
