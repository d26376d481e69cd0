import uPlot from 'uplot'
import type { ChartGroup, Reading, SeriesSource } from './chart-source.ts'
import { type Envelope, envelope, lowerBound, nearest } from './envelope.ts'
import { plotOptions, readColours } from './plot-options.ts'
import { smooth } from './smooth.ts'

/** At most ten drawings a second. */
const EVERY_MS = 100
const NOTHING: uPlot.AlignedData = [[], [], [], [], []]

export interface PlotSettings {
  readonly source: SeriesSource
  /** Name of a colour token, such as `--accent`. */
  readonly colour: string
  /** A sparkline: no axes, no crosshair. */
  readonly compact: boolean
  readonly log: boolean
  /** 0–1, TensorBoard's. */
  readonly smoothing: number
  /** The vertical scale begins at 0. */
  readonly fromZero: boolean
  readonly format: (value: number) => string
  /** Steps that get a mark. */
  readonly marks: readonly number[]
  /** Steps from which on something was changed: a line each. */
  readonly edits: readonly number[]
  /** The last step that the present state is made of, where that is not the last in the chart. */
  readonly here: number | null
  /** Steps before this one were taken by the run that this was forked from: their line is faint. */
  readonly inherited: number
  /** The last step there will be; the horizontal scale then ends there. */
  readonly until?: number
  readonly group?: ChartGroup
  readonly onHover?: (reading: Reading | null) => void
}

/** One chart: owns its canvas, draws when its source or its size changes, and never through React. */
export class Plot {
  private readonly host: HTMLElement
  private readonly ends: (() => void)[] = []
  private settings: PlotSettings
  private plot: uPlot
  private timer: ReturnType<typeof setTimeout> | undefined
  private frame = 0
  private drawnAt = 0
  private lines: Float64Array = new Float64Array(0)
  private x: [number, number] = [0, 1]
  private y: [number, number] = [0, 1]

  constructor(host: HTMLElement, settings: PlotSettings) {
    this.host = host
    this.settings = settings
    this.plot = this.make()
    this.follow()
    const resized = new ResizeObserver(() => this.resize())
    resized.observe(host)
    // The theme is an attribute of the root element.
    const themed = new MutationObserver(() => this.remake())
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
    this.ends.push(
      () => resized.disconnect(),
      () => themed.disconnect(),
    )
    this.draw()
  }

  set(settings: PlotSettings): void {
    const before = this.settings
    this.settings = settings
    if (before.source !== settings.source || before.group !== settings.group) {
      this.unfollow()
      this.follow()
    }
    const looks = ['colour', 'compact', 'log', 'format'] as const
    if (looks.some(key => before[key] !== settings[key])) this.remake()
    else this.draw()
  }

  /** Moves the crosshair by points, from the right end where there is none. */
  moveCursor(by: number): void {
    const series = this.settings.source.read()
    if (!series?.length) return
    const left = this.plot.cursor.left ?? -1
    const at = left >= 0 ? nearest(series.steps, series.length, this.plot.posToVal(left, 'x')) : series.length
    const next = Math.min(series.length - 1, Math.max(0, at + by))
    const x = this.plot.valToPos(series.steps[next]!, 'x')
    this.plot.setCursor({ left: x, top: this.plot.valToPos(this.lines[next]!, 'y') }, true)
  }

  clearCursor(): void {
    this.plot.setCursor({ left: -10, top: -10 }, true)
  }

  destroy(): void {
    this.unfollow()
    for (const end of this.ends) end()
    clearTimeout(this.timer)
    cancelAnimationFrame(this.frame)
    this.plot.destroy()
  }

  private following: (() => void)[] = []

  private follow(): void {
    const soon = () => this.schedule()
    const { source, group } = this.settings
    this.following = [source.subscribe(soon), ...(group ? [group.subscribe(() => this.draw())] : [])]
  }

  private unfollow(): void {
    for (const end of this.following) end()
  }

  private schedule(): void {
    if (this.timer !== undefined) return
    const wait = Math.max(0, this.drawnAt + EVERY_MS - performance.now())
    this.timer = setTimeout(() => {
      this.frame = requestAnimationFrame(() => {
        this.timer = undefined
        this.draw()
      })
    }, wait)
  }

  private make(): uPlot {
    const { width, height } = sizeOf(this.host)
    const options = plotOptions({
      width,
      height,
      settings: () => this.settings,
      colours: readColours(this.host, this.settings.colour),
      x: () => this.x,
      y: () => this.y,
      hover: step => this.hover(step),
    })
    return new uPlot(options, NOTHING, this.host)
  }

  private remake(): void {
    this.plot.destroy()
    this.plot = this.make()
    this.draw()
  }

  private resize(): void {
    const size = sizeOf(this.host)
    if (size.width === this.plot.width && size.height === this.plot.height) return
    this.plot.setSize(size)
    this.draw()
  }

  private draw(): void {
    this.drawnAt = performance.now()
    const { source, smoothing, group, until } = this.settings
    const series = source.read()
    if (!series?.length) {
      this.x = [0, until ?? 1]
      this.y = [0, 1]
      this.plot.setData(NOTHING, true)
      return
    }
    const { steps, values, length } = series
    const ends = [steps[0]!, until ?? steps[length - 1]!] as const
    const [from, to] = group?.zoom ?? ends
    this.x = [from, Math.max(to, from + 1)]
    this.lines = smoothing > 0 ? smooth(values, length, smoothing) : values.subarray(0, length)
    // The plotting area is a little narrower; asking the page for its size would cost a layout.
    const columns = Math.max(64, this.plot.width)
    const shown = envelope({ steps, values, line: this.lines, length }, from, this.x[1], columns)
    this.y = this.scale(shown.low, shown.high)
    // Raw values stand behind the line only where they differ from it.
    const behind = smoothing > 0 || shown.reduced
    const none = behind ? undefined : shown.x.map(() => null)
    const [own, before] = this.split(shown)
    this.plot.setData([shown.x, none ?? shown.low, none ?? shown.high, own, before], true)
  }

  /** The line of the run's own steps, and that of the steps before it was forked; they meet in its first step. */
  private split({ x, line }: Envelope): readonly [(number | null)[], (number | null)[]] {
    const { inherited } = this.settings
    const at = inherited > 0 ? lowerBound(x, x.length, inherited) : 0
    return [line.map((y, i) => (i < at ? null : y)), line.map((y, i) => (i > at || at === 0 ? null : y))]
  }

  /** The vertical scale: what is seen, with a little air. */
  private scale(low: readonly (number | null)[], high: readonly (number | null)[]): [number, number] {
    const { log, fromZero } = this.settings
    let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (const v of low) if (v !== null && v < min && (!log || v > 0)) min = v
    for (const v of high) if (v !== null && v > max) max = v
    if (!(min <= max)) return log ? [0.1, 1] : [0, 1]
    if (log) return uPlot.rangeLog(min, Math.max(max, min * 1.01), 10, false) as [number, number]
    if (fromZero) min = Math.min(0, min)
    const air = (max - min || Math.abs(max) || 1) * 0.06
    return [fromZero && min === 0 ? 0 : min - air, max + air]
  }

  private hover(step: number | null): void {
    const { onHover, source, group } = this.settings
    if (!onHover) return
    const series = step === null ? undefined : source.read()
    const i = series ? nearest(series.steps, series.length, step!) : -1
    group?.point(i < 0 ? null : series!.steps[i]!)
    if (!series || i < 0 || i >= this.lines.length) onHover(null)
    else onHover({ step: series.steps[i]!, value: series.values[i]!, smoothed: this.lines[i]! })
  }
}

const sizeOf = (host: HTMLElement): { width: number; height: number } => ({
  width: Math.max(40, host.clientWidth),
  height: Math.max(16, host.clientHeight),
})
