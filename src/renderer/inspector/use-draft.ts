import { type KeyboardEvent, useEffect, useLayoutEffect, useReducer, useRef } from 'react'
import { documentStore } from '../state/index.ts'

/** Typing pauses this long before a fault in a text is told. */
const PAUSE_MS = 250
/** A key is an edit after this long, whether typing pauses or not: a crash takes no more than that. */
const EDIT_MS = 250

export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: string }

interface Options<T> {
  /** What is edited, so that a text that can't be read is still there when one comes back to it. */
  readonly id: string
  readonly value: T
  readonly show: (value: T) => string
  readonly read: (text: string) => Reading<T>
  readonly commit: (value: T) => void
}

/** Texts that were typed and mean nothing yet, by document. Nothing typed is ever lost by looking elsewhere. */
const drafts = new Map<string, string>()

const keyOf = (id: string): string => `${documentStore.getState().id} ${id}`

interface Typing {
  text: string | null
  /** Typing has paused: a fault may be told. */
  settled: boolean
  pause: ReturnType<typeof setTimeout> | undefined
  /** Set while there are keys that are no edit yet. */
  edit: ReturnType<typeof setTimeout> | undefined
}

/** A text field for a value: what is typed becomes an edit when it can be read, and stays as it is when it can't. */
export function useDraft<T>(options: Options<T>) {
  const [, render] = useReducer((n: number) => n + 1, 0)
  const typing = useRef<Typing>(undefined)
  typing.current ??= {
    text: drafts.get(keyOf(options.id)) ?? null,
    settled: true,
    pause: undefined,
    edit: undefined,
  }
  const latest = useRef(options)
  useLayoutEffect(() => {
    latest.current = options
  })

  const t = typing.current
  const shown = options.show(options.value)

  /** Makes the edit of what is typed. */
  const flush = () => {
    clearTimeout(t.edit)
    t.edit = undefined
    if (t.text === null) return
    const { read, commit, show, value } = latest.current
    const reading = read(t.text)
    if (reading.ok && show(reading.value) !== show(value)) commit(reading.value)
  }

  /** Typing has paused. */
  const settle = () => {
    clearTimeout(t.pause)
    t.pause = undefined
    t.settled = true
    flush()
  }

  const type = (text: string) => {
    t.text = text
    t.settled = false
    const { id, read } = latest.current
    if (read(text).ok) drafts.delete(keyOf(id))
    else drafts.set(keyOf(id), text)
    t.edit ??= setTimeout(flush, EDIT_MS)
    clearTimeout(t.pause)
    t.pause = setTimeout(() => {
      settle()
      render()
    }, PAUSE_MS)
    render()
  }

  /** Done with this field: a text that was read is shown as the value is written. */
  const leave = () => {
    settle()
    if (t.text !== null && latest.current.read(t.text).ok) t.text = null
    render()
  }

  const forget = () => {
    clearTimeout(t.pause)
    clearTimeout(t.edit)
    t.pause = undefined
    t.edit = undefined
    t.text = null
    drafts.delete(keyOf(latest.current.id))
    render()
  }

  // An edit from elsewhere, such as undo, replaces what is typed.
  const before = useRef(shown)
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new value counts
  useLayoutEffect(() => {
    if (before.current === shown) return
    before.current = shown
    const reading = t.text === null ? undefined : latest.current.read(t.text)
    if (reading && !(reading.ok && latest.current.show(reading.value) === shown) && t.pause === undefined)
      forget()
  }, [shown])

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the field goes
  useEffect(
    () => () => {
      if (t.pause !== undefined) settle()
    },
    [],
  )

  const text = t.text ?? shown
  const reading = t.text !== null && t.settled ? options.read(t.text) : undefined
  return {
    text,
    why: reading && !reading.ok ? reading.why : undefined,
    type,
    leave,
    forget,
    /** Enter makes the edit at once, Escape takes the typing back. */
    keys: (e: KeyboardEvent) => {
      if (e.key === 'Enter' && !e.nativeEvent.isComposing) leave()
      else if (e.key === 'Escape' && t.text !== null) {
        forget()
        e.stopPropagation()
      }
    },
  }
}
