import { Check } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'
import styles from './Menu.module.css'
import { type Placing, place } from './place.ts'

export type MenuItem =
  | 'line'
  | {
      readonly text: string
      readonly icon?: ReactNode
      readonly shortcut?: string
      /** Why it can't be chosen now. */
      readonly disabled?: string | false
      /** One of several of which one holds. */
      readonly checked?: boolean
      readonly run: () => void
    }

export interface MenuProps {
  readonly label: string
  readonly items: readonly MenuItem[]
  readonly align?: Placing['align']
  /** The button that opens it. */
  readonly trigger: (props: {
    readonly 'aria-haspopup': 'menu'
    readonly 'aria-expanded': boolean
    readonly onClick: () => void
  }) => ReactNode
}

/** A button with a list of things to do; arrows, Home, End and first letters move in it. */
export function Menu({ label, items, align = 'end', trigger }: MenuProps) {
  const [open, setOpen] = useState(false)
  const anchor = useRef<HTMLSpanElement>(null)
  return (
    <span ref={anchor} style={{ display: 'inline-flex' }}>
      {trigger({ 'aria-haspopup': 'menu', 'aria-expanded': open, onClick: () => setOpen(!open) })}
      {open && (
        <MenuList
          label={label}
          items={items}
          align={align}
          anchor={anchor.current!}
          onClose={() => setOpen(false)}
        />
      )}
    </span>
  )
}

interface ListProps extends Pick<MenuProps, 'label' | 'items'> {
  readonly align: Placing['align']
  readonly anchor: HTMLElement
  readonly onClose: () => void
}

function MenuList({ label, items, align, anchor, onClose }: ListProps) {
  const list = useRef<HTMLDivElement>(null)
  const id = useId()
  useEffect(() => {
    const element = list.current!
    const before = document.activeElement
    element.showPopover()
    place(element, anchor, { side: 'below', align })
    entries(element)[0]?.focus()
    const away = (event: PointerEvent) => {
      if (!(event.target instanceof Node) || element.contains(event.target) || anchor.contains(event.target))
        return
      onClose()
    }
    addEventListener('pointerdown', away, true)
    return () => {
      removeEventListener('pointerdown', away, true)
      if (before instanceof HTMLElement) before.focus()
    }
  }, [anchor, align, onClose])

  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation()
    const all = entries(list.current!)
    const at = all.indexOf(document.activeElement as HTMLElement)
    const go = (to: number) => {
      event.preventDefault()
      all[(to + all.length) % all.length]?.focus()
    }
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault()
      onClose()
    } else if (event.key === 'ArrowDown') go(at + 1)
    else if (event.key === 'ArrowUp') go(at - 1)
    else if (event.key === 'Home') go(0)
    else if (event.key === 'End') go(-1)
    else if (event.key.length === 1 && event.key !== ' ') {
      const letter = event.key.toLowerCase()
      const next = [...all.slice(at + 1), ...all].find(e =>
        e.textContent?.trim().toLowerCase().startsWith(letter),
      )
      next?.focus()
    }
  }
  return (
    <div
      ref={list}
      id={id}
      role="menu"
      aria-label={label}
      popover="manual"
      tabIndex={-1}
      className={styles.menu}
      onKeyDown={onKeyDown}
    >
      {items.map((item, i) =>
        item === 'line' ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no name, and items keep their places
          <hr key={i} className={styles.line} />
        ) : (
          <button
            key={item.text}
            type="button"
            {...(item.checked === undefined
              ? { role: 'menuitem' }
              : { role: 'menuitemradio', 'aria-checked': item.checked })}
            aria-disabled={item.disabled ? true : undefined}
            title={item.disabled || undefined}
            tabIndex={-1}
            className={styles.item}
            onPointerMove={event => event.currentTarget.focus()}
            onClick={() => {
              if (item.disabled) return
              onClose()
              item.run()
            }}
          >
            {item.checked === undefined ? item.icon : <Check size={15} opacity={item.checked ? 1 : 0} />}
            <span className={styles.text}>{item.text}</span>
            {item.shortcut && <span className={styles.shortcut}>{item.shortcut}</span>}
          </button>
        ),
      )}
    </div>
  )
}

const entries = (list: HTMLElement) => [...list.querySelectorAll<HTMLElement>('[role^="menuitem"]')]
