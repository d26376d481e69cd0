export type Panel = 'palette' | 'inspector' | 'runs'

interface PanelState {
  readonly open: boolean
  /** Width, or height of the run panel. */
  readonly size: number
}

export type Layout = Readonly<Record<Panel, PanelState>>

export const LIMITS: Readonly<
  Record<Panel, { readonly min: number; readonly max: number; readonly first: number }>
> = {
  palette: { min: 184, max: 400, first: 232 },
  inspector: { min: 280, max: 640, first: 344 },
  runs: { min: 140, max: 620, first: 232 },
}

const PANELS = Object.keys(LIMITS) as Panel[]

/** What was kept, as far as it makes sense. */
export function readLayout(text: string | null): Layout {
  const kept = parse(text)
  const panel = (name: Panel): PanelState => {
    const { min, max, first } = LIMITS[name]
    const { open, size } = (kept[name] ?? {}) as Partial<PanelState>
    const fits = typeof size === 'number' && size >= min && size <= max
    return { open: typeof open === 'boolean' ? open : true, size: fits ? size : first }
  }
  return Object.fromEntries(PANELS.map(name => [name, panel(name)])) as unknown as Layout
}

function parse(text: string | null): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
