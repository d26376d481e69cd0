const GAP = 6
const EDGE = 8

export interface Placing {
  readonly side: 'below' | 'above'
  readonly align: 'start' | 'centre' | 'end'
}

/** Puts something fixed beside its anchor, on the other side where there is no room, and inside the window. */
export function place(floating: HTMLElement, anchor: Element, { side, align }: Placing): void {
  const a = anchor.getBoundingClientRect()
  const { offsetWidth: width, offsetHeight: height } = floating
  const below = a.bottom + GAP
  const above = a.top - GAP - height
  const fitsBelow = below + height <= innerHeight - EDGE
  const y = side === 'below' ? (fitsBelow || above < EDGE ? below : above) : above >= EDGE ? above : below
  const x = align === 'start' ? a.left : align === 'end' ? a.right - width : a.left + (a.width - width) / 2
  floating.style.left = `${Math.max(EDGE, Math.min(x, innerWidth - width - EDGE))}px`
  floating.style.top = `${Math.max(EDGE, Math.min(y, innerHeight - height - EDGE))}px`
}
