// Screens that are not the first thing one looks at: each comes with its first visit. The service worker keeps them for
// being offline like every other file.
import type { ComponentType, LazyExoticComponent } from 'react'
import { later } from '../components/later.tsx'

type Later<Props> = LazyExoticComponent<ComponentType<Props>>

export const AuthorScreen: Later<{ readonly author: string }> = later(async () => (await import('./author-screen.tsx')).AuthorScreen)
export const FindScreen: Later<{ readonly words: string }> = later(async () => (await import('./find-screen.tsx')).FindScreen)
export const InboxScreen: Later<object> = later(async () => (await import('./inbox-screen.tsx')).InboxScreen)
export const ModeratorsScreen: Later<{ readonly address: string }> = later(async () => (await import('./moderators-screen.tsx')).ModeratorsScreen)
export const NetworkScreen: Later<object> = later(async () => (await import('./network-screen.tsx')).NetworkScreen)
export const SavedScreen: Later<object> = later(async () => (await import('./saved-screen.tsx')).SavedScreen)
export const SeedsScreen: Later<object> = later(async () => (await import('./seeds-screen.tsx')).SeedsScreen)
export const SettingsScreen: Later<object> = later(async () => (await import('./settings-screen.tsx')).SettingsScreen)
