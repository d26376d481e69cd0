import type uPlot from 'uplot'
import { short, whole } from '../ui/format.ts'
import type { PlotSettings } from './plot.ts'

export interface Colours {
  readonly line: string
  readonly grid: string
  readonly ink: string
  readonly mark: string
  readonly panel: string
  readonly edit: string
}

/** A canvas knows no CSS variables: the colours of the theme as they are now. */
export function readColours(host: HTMLElement, line: string): Colours {
  const style = getComputedStyle(host)
  const token = (name: string) => style.getPropertyValue(name).trim() || '#888888'
  return {
    line: token(line),
    grid: token('--line'),
    ink: token('--ink-3'),
    mark: token('--line-strong'),
    panel: token('--panel'),
    edit: token('--warn'),
  }
}

interface Making {
  readonly width: number
  readonly height: number
  readonly settings: () => PlotSettings
  readonly colours: Colours
  readonly x: () => [number, number]
  readonly y: () => [number, number]
  readonly hover: (step: number | null) => void
}

const LINE = 3
const BEFORE = 4
const FONT = '11px "Inter Variable", system-ui, sans-serif'

/** Least, greatest, the line, and the line before a fork; all but the line are faint, the first two filled between. */
export function plotOptions(m: Making): uPlot.Options {
  const { compact, log } = m.settings()
  const { line } = m.colours
  const faint: uPlot.Series = { stroke: alpha(line, 0.32), width: 1, points: { show: false } }
  const main: uPlot.Series = {
    stroke: line,
    width: compact ? 1.5 : 1.75,
    // One number alone makes no line.
    points: { show: u => u.data[0].length === 1, size: 5, fill: line },
    fill: compact ? u => fade(u, line) : undefined,
  }
  return {
    width: m.width,
    height: m.height,
    padding: compact ? [3, 2, 1, 2] : [6, 12, 0, 4],
    legend: { show: false },
    scales: { x: { time: false, range: () => m.x() }, y: { distr: log ? 3 : 1, range: () => m.y() } },
    series: [{}, faint, faint, main, { ...faint, stroke: alpha(line, 0.5), width: 1.5 }],
    bands: [{ series: [2, 1], fill: alpha(line, 0.14) }],
    axes: compact ? [{ show: false }, { show: false }] : axes(m),
    cursor: compact ? { show: false } : cursor(m),
    hooks: {
      draw: [
        u => drawMarks(u, m.settings().marks, m.colours),
        u => drawEdits(u, m.settings().edits, m.colours),
        u => drawHere(u, m.settings().here, m.colours),
        ...(compact ? [] : [nameSteps(m.colours)]),
      ],
      setCursor: compact
        ? []
        : [u => m.hover((u.cursor.left ?? -1) < 0 ? null : u.posToVal(u.cursor.left!, 'x'))],
      setSelect: compact ? [] : [u => zoomTo(u, m.settings())],
    },
  }
}

function axes({ colours }: Making): uPlot.Axis[] {
  const common = {
    stroke: colours.ink,
    font: FONT,
    grid: { stroke: colours.grid, width: 1 },
    ticks: { show: false },
  }
  return [
    {
      ...common,
      grid: { show: false },
      space: 56,
      size: 22,
      gap: 5,
      incrs: STEP_INCREMENTS,
      values: (_, splits) => splits.map(stepText),
    },
    {
      ...common,
      space: 26,
      gap: 6,
      values: (_, splits) => axisTexts(splits),
      size: (u, values) => {
        if (!values?.length) return 36
        u.ctx.font = FONT
        return Math.max(36, Math.ceil(Math.max(...values.map(v => u.ctx.measureText(v ?? '').width))) + 12)
      },
    },
  ]
}

/** Steps are whole: 1, 2, 5, 10 … */
const STEP_INCREMENTS = Array.from({ length: 24 }, (_, i) => [1, 2, 5][i % 3]! * 10 ** Math.floor(i / 3))

const stepText = (step: number): string => {
  if (step >= 1e6) return `${short(step / 1e6)} M`
  return step >= 1e4 ? `${short(step / 1e3)} k` : whole(step)
}

/** All in powers of ten where all are small; empty where uPlot leaves one out. */
function axisTexts(splits: readonly (number | null)[]): string[] {
  const small = Math.max(...splits.map(v => Math.abs(v ?? 0))) < 0.01
  return splits.map(v => {
    if (v === null) return ''
    if (small && v !== 0) return powerText(v)
    return short(v)
  })
}

/** `7.5e-4`. */
function powerText(v: number): string {
  const power = Math.floor(Math.log10(Math.abs(v)) + 1e-9)
  return `${Number((v / 10 ** power).toPrecision(3))}e${power}`
}

function cursor({ settings, colours }: Making): uPlot.Cursor {
  const { group } = settings()
  return {
    y: false,
    drag: { x: true, y: false, setScale: false, dist: 4 },
    points: {
      size: (_, series) => (series === LINE || series === BEFORE ? 8 : 0),
      width: 2,
      fill: colours.line,
      stroke: colours.panel,
    },
    sync: group && {
      key: group.key,
      scales: ['x', null],
      // Others follow the crosshair; dragging out a part is told to them by the group.
      filters: { pub: type => type === 'mousemove' || type === 'mouseleave' },
    },
    bind: {
      dblclick: () => () => {
        settings().group?.setZoom(null)
        return null
      },
    },
  }
}

function zoomTo(u: uPlot, { group }: PlotSettings): void {
  const { left, width } = u.select
  if (width < 4) return
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
  const [from, to] = [Math.floor(u.posToVal(left, 'x')), Math.ceil(u.posToVal(left + width, 'x'))]
  if (to - from >= 2) group?.setZoom([from, to])
}

/** What the horizontal axis counts, in the corner that both axes leave free. */
const nameSteps =
  ({ ink }: Colours) =>
  ({ ctx, bbox }: uPlot): void => {
    const unit = devicePixelRatio
    ctx.save()
    ctx.font = FONT.replace('11px', `${10 * unit}px`)
    ctx.fillStyle = ink
    ctx.textAlign = 'left'
    ctx.textBaseline = 'top'
    ctx.fillText('step', 4 * unit, bbox.top + bbox.height + 6 * unit)
    ctx.restore()
  }

/** Lines nearer to each other than this would be a fence before the curve. */
const APART = 28

/** A small flag for each checkpoint, and a dashed line where there are few. */
function drawMarks(u: uPlot, marks: readonly number[], colours: Colours): void {
  const { ctx, bbox } = u
  const [from, to] = [u.scales.x!.min ?? 0, u.scales.x!.max ?? 0]
  const unit = devicePixelRatio
  ctx.save()
  ctx.strokeStyle = colours.mark
  ctx.fillStyle = colours.mark
  ctx.lineWidth = unit
  ctx.setLineDash([2 * unit, 3 * unit])
  const places = marks
    .filter(step => step >= from && step <= to)
    .map(step => Math.round(u.valToPos(step, 'x', true)))
  const few = bbox.width >= places.length * APART * unit
  for (const x of places) {
    if (few) {
      ctx.beginPath()
      ctx.moveTo(x, bbox.top)
      ctx.lineTo(x, bbox.top + bbox.height)
      ctx.stroke()
    }
    ctx.beginPath()
    ctx.moveTo(x - 3.5 * unit, bbox.top)
    ctx.lineTo(x + 3.5 * unit, bbox.top)
    ctx.lineTo(x, bbox.top + 5 * unit)
    ctx.fill()
  }
  ctx.restore()
}

/** A line with a diamond where something was changed. */
function drawEdits(u: uPlot, edits: readonly number[], { edit }: Colours): void {
  const { ctx, bbox } = u
  const [from, to] = [u.scales.x!.min ?? 0, u.scales.x!.max ?? 0]
  const unit = devicePixelRatio
  ctx.save()
  ctx.strokeStyle = edit
  ctx.fillStyle = edit
  ctx.lineWidth = unit
  for (const step of edits) {
    if (step < from || step > to) continue
    const x = Math.round(u.valToPos(step, 'x', true))
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.beginPath()
    for (const [dx, dy] of [
      [0, 0],
      [4, 4],
      [0, 8],
      [-4, 4],
    ] as const)
      ctx.lineTo(x + dx * unit, bbox.top + dy * unit)
    ctx.fill()
  }
  ctx.restore()
}

/** A line where the run stands; what lies beyond was taken, and is as it was when the run comes there again. */
function drawHere(u: uPlot, here: number | null, { line }: Colours): void {
  const { ctx, bbox } = u
  if (here === null || here < (u.scales.x!.min ?? 0) || here > (u.scales.x!.max ?? 0)) return
  const x = Math.round(u.valToPos(here, 'x', true))
  ctx.save()
  ctx.fillStyle = alpha(line, 0.1)
  ctx.fillRect(x, bbox.top, bbox.left + bbox.width - x, bbox.height)
  ctx.fillStyle = line
  ctx.fillRect(x, bbox.top, Math.max(1, devicePixelRatio), bbox.height)
  ctx.restore()
}

/** `#rrggbb` with an opacity. */
export const alpha = (hex: string, opacity: number): string =>
  `${hex.slice(0, 7)}${Math.round(opacity * 255)
    .toString(16)
    .padStart(2, '0')}`

function fade(u: uPlot, colour: string): CanvasGradient | string {
  const { top, height } = u.bbox
  if (!Number.isFinite(top + height) || height <= 0) return 'transparent'
  const gradient = u.ctx.createLinearGradient(0, top, 0, top + height)
  gradient.addColorStop(0, alpha(colour, 0.22))
  gradient.addColorStop(1, alpha(colour, 0))
  return gradient
}
