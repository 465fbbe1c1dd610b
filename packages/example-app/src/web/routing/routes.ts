// The app's addresses: what a path means, and the path of what is meant.
import type { FeedSort, FeedWindow } from '@seedbed/core'

export interface Sorting { readonly sort: FeedSort, readonly window: FeedWindow }

export type Route =
  | { readonly name: 'home', readonly sorting: Sorting }
  | { readonly name: 'community', readonly address: string, readonly sorting: Sorting }
  | { readonly name: 'moderators', readonly address: string }
  /** `focus`: the comment to begin at. */
  | { readonly name: 'post', readonly id: string, readonly focus: string | null }
  | { readonly name: 'author', readonly author: string }
  | { readonly name: 'submit', readonly community: string | null }
  | { readonly name: 'communities' | 'create' | 'inbox' | 'saved' | 'seeds' | 'network' | 'settings' | 'missing' }
  | { readonly name: 'find', readonly words: string }
  /** `link`: what to join, ready in the field. */
  | { readonly name: 'join', readonly link: string }

/** What the fragment of an address asks for, once: it never reaches a server. */
export type Errand = { readonly name: 'join', readonly link: string } | { readonly name: 'device', readonly secret: string }

export const SORTS: readonly FeedSort[] = ['hot', 'top', 'new', 'rising', 'controversial']
export const WINDOWS: readonly FeedWindow[] = ['day', 'week', 'month', 'year', 'all']
export const DEFAULT_SORTING: Sorting = { sort: 'hot', window: 'week' }

const ADDRESS = /^[0-9a-f]{64}$/
const ID = /^[0-9a-f]{40}$/
const PLAIN: ReadonlySet<string> = new Set(['communities', 'create', 'inbox', 'saved', 'seeds', 'network', 'settings'])

/** Whether the order is one of a span of time. */
export function isWindowed (sort: FeedSort): boolean { return sort === 'top' || sort === 'controversial' }

/** `path` with its query, such as `/c/ADDRESS?sort=top&window=day`. */
export function parseRoute (path: string): Route {
  const [pathname = '/', query = ''] = path.split('?')
  const [first = '', second = '', third = '', ...rest] = pathname.split('/').filter(part => part !== '')
  const asked = new URLSearchParams(query)
  if (rest.length > 0) return { name: 'missing' }
  if (first === '') return { name: 'home', sorting: sortingOf(asked) }
  if (first === 'c' && ADDRESS.test(second) && third === '') return { name: 'community', address: second, sorting: sortingOf(asked) }
  if (first === 'c' && ADDRESS.test(second) && third === 'moderators') return { name: 'moderators', address: second }
  if (first === 'p' && ID.test(second) && (third === '' || ID.test(third))) return { name: 'post', id: second, focus: third === '' ? null : third }
  if (first === 'u' && ADDRESS.test(second) && third === '') return { name: 'author', author: second }
  if (second !== '') return { name: 'missing' }
  if (first === 'submit') return { name: 'submit', community: ADDRESS.test(asked.get('c') ?? '') ? asked.get('c') : null }
  if (first === 'find') return { name: 'find', words: asked.get('q') ?? '' }
  if (first === 'join') return { name: 'join', link: asked.get('link') ?? '' }
  return PLAIN.has(first) ? { name: first as 'communities' } : { name: 'missing' }
}

export function pathOf (route: Route): string {
  switch (route.name) {
    case 'home': return `/${sortingQuery(route.sorting)}`
    case 'community': return `/c/${route.address}${sortingQuery(route.sorting)}`
    case 'moderators': return `/c/${route.address}/moderators`
    case 'post': return `/p/${route.id}${route.focus === null ? '' : `/${route.focus}`}`
    case 'author': return `/u/${route.author}`
    case 'submit': return `/submit${route.community === null ? '' : `?c=${route.community}`}`
    case 'join': return `/join${route.link === '' ? '' : `?link=${encodeURIComponent(route.link)}`}`
    case 'find': return `/find${route.words === '' ? '' : `?q=${encodeURIComponent(route.words)}`}`
    case 'missing': return '/missing'
    default: return `/${route.name}`
  }
}

/** `fragment` with or without its `#`; null when it asks for nothing that is known. */
export function parseErrand (fragment: string): Errand | null {
  const [, name, value = ''] = /^#?(join|device)=(.+)$/s.exec(fragment) ?? []
  if (name === undefined) return null
  try {
    const decoded = decodeURIComponent(value)
    return name === 'join' ? { name, link: decoded } : { name: 'device', secret: decoded }
  } catch {
    return name === 'join' ? { name, link: value } : { name: 'device', secret: value }
  }
}

function sortingOf (asked: URLSearchParams): Sorting {
  return {
    sort: SORTS.find(sort => sort === asked.get('sort')) ?? DEFAULT_SORTING.sort,
    window: WINDOWS.find(window => window === asked.get('window')) ?? DEFAULT_SORTING.window
  }
}

function sortingQuery ({ sort, window }: Sorting): string {
  if (isWindowed(sort)) return `?sort=${sort}&window=${window}`
  return sort === DEFAULT_SORTING.sort ? '' : `?sort=${sort}`
}
