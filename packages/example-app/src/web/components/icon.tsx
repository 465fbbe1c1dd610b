import type { ReactNode } from 'react'

/** Outlines on a grid of 24, drawn with the text's colour. */
const PATHS = {
  up: 'M12 5l7 8h-4v6H9v-6H5z',
  down: 'M12 19l-7-8h4V5h6v6h4z',
  comment: 'M4 5h16v11H9l-5 4z',
  sprout: 'M12 21v-8m0 0c0-4-3-6-8-6 0 4 3 6 8 6zm0-2c0-4 3-7 8-7 0 5-3 7-8 7z',
  home: 'M4 11l8-7 8 7v9h-6v-6h-4v6H4z',
  groups: 'M4 6h7v5H4zm9 0h7v5h-7zM4 13h7v5H4zm9 0h7v5h-7z',
  find: 'M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zm5-1.500L20 20',
  plus: 'M12 5v14M5 12h14',
  network: 'M12 4v5m0 6v5M5 12h4m6 0h4M9 9h6v6H9z',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7 8c1-4 4-5 7-5s6 1 7 5',
  bookmark: 'M6 4h12v16l-6-4-6 4z',
  inbox: 'M4 13l3-8h10l3 8v6H4zm0 0h5l1 2h4l1-2h5',
  flag: 'M6 21V4h11l-2 4 2 4H6',
  check: 'M5 13l4 4L19 7',
  warning: 'M12 4l9 16H3zm0 6v4m0 3v.1',
  close: 'M6 6l12 12M18 6L6 18',
  offline: 'M4 4l16 16M8 16a6 6 0 0 1 8 0M5 12a10 10 0 0 1 4-2.500M19 12a10 10 0 0 0-6-3M12 20v.1',
  copy: 'M8 8h11v12H8zM8 16H5V4h11v4',
  more: 'M6 12v.1M12 12v.1M18 12v.1',
  fold: 'M5 12h14',
  unfold: 'M12 5v14M5 12h14'
} as const

export type IconName = keyof typeof PATHS

/** Decoration only: what it means is said in text beside it or in a label. */
export function Icon ({ name, filled = false }: { readonly name: IconName, readonly filled?: boolean }): ReactNode {
  return (
    <svg className='icon' viewBox='0 0 24 24' width='20' height='20' aria-hidden='true' focusable='false' fill={filled ? 'currentColor' : 'none'} stroke='currentColor' strokeWidth='1.8' strokeLinecap='round' strokeLinejoin='round'>
      <path d={PATHS[name]} />
    </svg>
  )
}
