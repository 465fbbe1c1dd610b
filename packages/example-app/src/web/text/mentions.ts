// Mentions in a comment: an @ and the four words of a key. Names are not unique, so who is mentioned is told by the words;
// what is kept as a draft or pasted mentions the same people.
import type { Profile } from '@seedbed/core'
import { MAX_MENTIONED, MAX_OFFERED } from '../limits.ts'

const MENTION = /(?<![\p{L}\p{N}@/])@([a-z]+(?:-[a-z]+){3})(?![\p{L}\p{N}-])/gu

/** What is being typed after an @. */
export interface Fragment { readonly start: number, readonly end: number, readonly words: string }

/** The fragment that ends at the caret; null where none does. */
export function fragmentAt (text: string, caret: number): Fragment | null {
  const found = /(?:^|[\s(])@([^\s@]{0,100})$/u.exec(text.slice(Math.max(0, caret - 102), caret))
  const words = found?.[1]
  return words === undefined ? null : { start: caret - words.length - 1, end: caret, words }
}

/** Who may be meant: by the beginning of a word of their name, or of the words of their key. */
export function peopleFor ({ words }: Pick<Fragment, 'words'>, people: readonly Profile[]): readonly Profile[] {
  const wanted = fold(words)
  const named = ({ name, fingerprint }: Profile): boolean => fingerprint.startsWith(wanted) || fold(name ?? '').split(/\s+/).some((_, i, all) => all.slice(i).join(' ').startsWith(wanted))
  return people.filter(one => one.fingerprint !== wanted && named(one)).slice(0, MAX_OFFERED)
}

/** The text with the fragment completed, and where the caret stands then. */
export function withMention (text: string, { start, end }: Fragment, { fingerprint }: Pick<Profile, 'fingerprint'>): { readonly text: string, readonly caret: number } {
  const rest = text.slice(end)
  const mention = `@${fingerprint}${/^\s/.test(rest) ? '' : ' '}`
  return { text: `${text.slice(0, start)}${mention}${rest}`, caret: start + fingerprint.length + 2 }
}

/** The words of all who are mentioned, each once, as many as a comment may mention. */
export function mentionsIn (text: string): string[] {
  const found = text.matchAll(MENTION)
  return [...new Set([...found].map(([, words = '']) => words))].slice(0, MAX_MENTIONED)
}

/** A text in parts: what is not, and the words of keys that are mentioned, which alternate. */
export function splitMentions (text: string): string[] {
  return text.split(MENTION)
}

function fold (words: string): string {
  return words.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
}
