import type { ComponentProps, ReactNode } from 'react'
import styles from './Button.module.css'
import { classes } from './classes.ts'
import { Tooltip } from './Tooltip.tsx'

export interface ButtonProps extends Omit<ComponentProps<'button'>, 'title' | 'disabled'> {
  readonly kind?: 'plain' | 'primary' | 'quiet' | 'danger'
  readonly small?: boolean
  /** Left of the text. */
  readonly icon?: ReactNode
  /** Shown when it is pointed at or focused. */
  readonly hint?: string
  readonly shortcut?: string
  /**
   * Why it can't be used now. It stays reachable, so that the reason can be read; an empty text disables
   * without one.
   */
  readonly disabled?: string | false
  /** In a dialog: gets the focus when it opens. */
  readonly 'data-first-focus'?: boolean
}

export function Button({
  kind = 'plain',
  small,
  icon,
  hint,
  shortcut,
  disabled = false,
  className,
  onClick,
  children,
  ...rest
}: ButtonProps) {
  const off = disabled !== false
  const button = (
    <button
      type="button"
      {...rest}
      aria-disabled={off || undefined}
      className={classes(styles.button, kind !== 'plain' && styles[kind], small && styles.small, className)}
      onClick={event => {
        if (off) event.preventDefault()
        else onClick?.(event)
      }}
    >
      {icon}
      {children}
    </button>
  )
  const text = (off && disabled) || hint
  if (!text && !shortcut) return button
  return (
    <Tooltip text={text ?? ''} shortcut={off ? undefined : shortcut}>
      {button}
    </Tooltip>
  )
}

export interface IconButtonProps extends Omit<ButtonProps, 'icon' | 'children' | 'hint'> {
  /** What it does: its name for a screen reader, and its tooltip. */
  readonly label: string
  readonly icon: ReactNode
}

/** A button that is only a picture. */
export function IconButton({
  label,
  icon,
  kind = 'quiet',
  className,
  disabled = false,
  ...rest
}: IconButtonProps) {
  return (
    <Button
      {...rest}
      kind={kind}
      disabled={disabled}
      hint={label}
      aria-label={label}
      className={classes(styles.icon, className)}
    >
      {icon}
    </Button>
  )
}
