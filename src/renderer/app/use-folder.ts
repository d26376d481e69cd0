import { useEffect, useState } from 'react'
import type { FolderListing } from '../../protocol/workbench.ts'
import { isFault, messageOf } from '../host/fault.ts'
import { hostClient } from '../state/index.ts'

const KEY = 'diptych.folder'

export interface Folder {
  readonly listing: FolderListing | null
  readonly error: string | null
  readonly go: (folder: string) => void
}

/** A folder as the host sees it; where it was left the last time, else where the document is. */
export function useFolder(first?: string): Folder {
  const [folder, go] = useState<string | undefined>(() => first ?? sessionStorage.getItem(KEY) ?? undefined)
  const [listing, setListing] = useState<FolderListing | null>(null)
  const [error, setError] = useState<string | null>(null)
  useEffect(() => {
    const mine = new AbortController()
    const { signal } = mine
    hostClient.request('files.list', folder === undefined ? {} : { folder }, { signal }).then(
      found => {
        setListing(found)
        setError(null)
        sessionStorage.setItem(KEY, found.folder)
      },
      problem => {
        if (!isFault(problem, 'cancelled')) setError(messageOf(problem))
      },
    )
    return () => mine.abort()
  }, [folder])
  return { listing, error, go }
}
