// Screens that are not the first thing one looks at: each comes with its first visit. The service worker keeps them for
// being offline like every other file.
import { lazy, type ComponentType, type LazyExoticComponent } from 'react'

type Later<Props> = LazyExoticComponent<ComponentType<Props>>

export const AuthorScreen: Later<{ readonly author: string }> = lazy(async () => ({ default: (await import('./author-screen.tsx')).AuthorScreen }))
export const FindScreen: Later<{ readonly words: string }> = lazy(async () => ({ default: (await import('./find-screen.tsx')).FindScreen }))
export const InboxScreen: Later<object> = lazy(async () => ({ default: (await import('./inbox-screen.tsx')).InboxScreen }))
export const ModeratorsScreen: Later<{ readonly address: string }> = lazy(async () => ({ default: (await import('./moderators-screen.tsx')).ModeratorsScreen }))
export const NetworkScreen: Later<object> = lazy(async () => ({ default: (await import('./network-screen.tsx')).NetworkScreen }))
export const SavedScreen: Later<object> = lazy(async () => ({ default: (await import('./saved-screen.tsx')).SavedScreen }))
export const SeedsScreen: Later<object> = lazy(async () => ({ default: (await import('./seeds-screen.tsx')).SeedsScreen }))
export const SettingsScreen: Later<object> = lazy(async () => ({ default: (await import('./settings-screen.tsx')).SettingsScreen }))
