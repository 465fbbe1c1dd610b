// Moves between the app's addresses without loading the page, and back again to where one was.
import { createContext, use, useEffect, useLayoutEffect, useMemo, useRef, useState, type AnchorHTMLAttributes, type MouseEvent, type ReactNode } from 'react'
import { parseRoute, pathOf, type Route } from './routes.ts'

interface Router {
  readonly route: Route
  readonly go: (to: Route, options?: { replace?: boolean }) => void
}

const RouterContext = createContext<Router | null>(null)

export function RouterProvider ({ children }: { readonly children: ReactNode }): ReactNode {
  const [path, setPath] = useState(currentPath)

  useEffect(() => {
    history.scrollRestoration = 'manual'
    const follow = (): void => { setPath(currentPath()) }
    const note = (): void => { rememberScroll() }
    addEventListener('popstate', follow)
    addEventListener('scrollend', note)
    return () => {
      removeEventListener('popstate', follow)
      removeEventListener('scrollend', note)
    }
  }, [])

  // Where this entry of the history was left, or its top. What was there is drawn from the queries that were kept.
  useLayoutEffect(() => {
    const { scroll } = (history.state ?? {}) as { scroll?: number }
    scrollTo(0, scroll ?? 0)
  }, [path])

  // Where a link was followed to, the keyboard and screen readers go on; a field that asked for the focus keeps it.
  const [place] = path.split('?')
  const first = useRef(true)
  useEffect(() => {
    const main = document.getElementById('main')
    if (!first.current && main?.contains(document.activeElement) === false) main.focus({ preventScroll: true })
    first.current = false
  }, [place])

  const router = useMemo<Router>(() => ({
    route: parseRoute(path),
    go (to, { replace = false } = {}) {
      const next = pathOf(to)
      if (!replace) rememberScroll()
      history[replace ? 'replaceState' : 'pushState']({}, '', next)
      setPath(next)
    }
  }), [path])

  return <RouterContext value={router}>{children}</RouterContext>
}

export function useRouter (): Router {
  const router = use(RouterContext)
  if (router === null) throw new Error('outside of RouterProvider')
  return router
}

export function useRoute (): Route {
  return useRouter().route
}

interface LinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  readonly to: Route
  /** Marks it as the place one is at. */
  readonly current?: boolean
}

/** A real link: it can be opened elsewhere, copied and read out. */
export function Link ({ to, current = false, children, ...rest }: LinkProps): ReactNode {
  const { go } = useRouter()
  function follow (event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    go(to)
  }
  return <a {...rest} href={pathOf(to)} onClick={follow} {...current ? { 'aria-current': 'page' as const } : {}}>{children}</a>
}

function currentPath (): string {
  return `${location.pathname}${location.search}`
}

function rememberScroll (): void {
  history.replaceState({ ...(history.state as object | null), scroll: scrollY }, '')
}
