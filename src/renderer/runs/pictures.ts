import { useEffect, useState } from 'react'
import { hostClient } from '../state/index.ts'

/** More pictures than this that nobody shows are let go. */
const KEPT = 256

interface Held {
  url: string | null
  failed: boolean
  users: number
  readonly done: Promise<void>
}

/** By run and name, the least recently used first. */
const held = new Map<string, Held>()

function take(run: string, name: string): Held {
  const key = `${run}\n${name}`
  const known = held.get(key)
  // Moves to the end; one that failed is tried again.
  if (known && !(known.failed && known.users === 0)) {
    held.delete(key)
    held.set(key, known)
    known.users++
    return known
  }
  const made: Held = {
    url: null,
    failed: false,
    users: 1,
    done: hostClient.requestBytes('picture.read', { run, name }).then(
      ({ result, bytes }) => {
        // The bytes are a view of the message: a copy lets the message go.
        made.url = URL.createObjectURL(new Blob([bytes.slice()], { type: result.mime }))
      },
      () => {
        made.failed = true
      },
    ),
  }
  held.set(key, made)
  return made
}

function letGo(picture: Held): void {
  picture.users--
  if (held.size <= KEPT) return
  for (const [key, old] of held) {
    if (held.size <= KEPT) return
    if (old.users > 0) continue
    held.delete(key)
    void old.done.then(() => {
      if (old.url) URL.revokeObjectURL(old.url)
    })
  }
}

/** A picture of a run as an address for `<img>`; null while it comes, `failed` when there is none. */
export function usePicture(run: string, name: string | undefined): string | 'failed' | null {
  const [shown, setShown] = useState<string | 'failed' | null>(null)
  useEffect(() => {
    if (name === undefined) return
    const picture = take(run, name)
    let here = true
    const show = () => {
      if (here) setShown(picture.failed ? 'failed' : picture.url)
    }
    show()
    void picture.done.then(show)
    return () => {
      here = false
      letGo(picture)
    }
  }, [run, name])
  return name === undefined ? 'failed' : shown
}
