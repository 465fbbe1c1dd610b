// Light, dark, or as the system says. theme.js in public/ sets it before the first paint.
import { createStore, type Store } from '../peer/external-store.ts'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = typeof THEMES[number]

const KEY = 'seedbed/theme'

export const themeStore: Store<Theme> = createStore<Theme>(read())

themeStore.subscribe(() => {
  const theme = themeStore.get()
  document.documentElement.dataset['theme'] = theme
  try {
    localStorage.setItem(KEY, theme)
  } catch {} // then it holds for this page
})

function read (): Theme {
  try {
    return THEMES.find(theme => theme === localStorage.getItem(KEY)) ?? 'system'
  } catch {
    return 'system'
  }
}
