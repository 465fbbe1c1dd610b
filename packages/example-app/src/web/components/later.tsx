import { lazy, type ComponentType, type LazyExoticComponent, type ReactNode } from 'react'
import { Notice } from './notice.tsx'

/**
 * A part of the app that comes when it is first shown. If it cannot be had, offline before all files are kept or after an
 * update took them away, it says so in its place and leaves the rest as it is.
 */
export function later<Props> (load: () => Promise<ComponentType<Props>>): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => ({ default: await load().catch((): ComponentType<Props> => Missing) }))
}

/** React asks for a part once; another try takes another start. */
function Missing (): ReactNode {
  return (
    <Notice icon='warning' kind='failed' title='This part of the app could not be loaded'>
      <p>Are you offline, or is there a newer version? Nothing is lost.</p>
      <p><button type='button' className='button' onClick={() => { location.reload() }}>Reload</button></p>
    </Notice>
  )
}
