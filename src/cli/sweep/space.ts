import { CliError, EXIT } from '../exit.ts'
import { type Override, parseOverride } from '../overrides.ts'

/** A parameter and the values that a sweep gives it. */
export interface Axis {
  readonly node: string
  readonly param: string
  readonly values: readonly unknown[]
}

/** A parameter that each trial of a random search draws anew, uniformly or in its logarithm. */
export interface Draw {
  readonly node: string
  readonly param: string
  readonly low: number
  readonly high: number
  readonly log: boolean
}

/** What one arm of a sweep changes. */
export interface Arm {
  readonly overrides: readonly Override[]
  readonly seed: number | undefined
}

/** `node.param=a,b,c`; commas within brackets and quotes belong to a value. */
export function parseAxis(text: string): Axis {
  const equals = text.indexOf('=')
  const values = equals < 0 ? [] : splitValues(text.slice(equals + 1))
  if (values.length === 0 || values.some(v => v.trim() === ''))
    throw new CliError(
      `--grid ${text}: there are no values. Write --grid node.param=a,b,c, such as batch.size=8,32,128.`,
      EXIT.usage,
    )
  const parsed = values.map(v => parseOverride(`${text.slice(0, equals)}=${v}`))
  const { node, param } = parsed[0]!
  return { node, param, values: parsed.map(p => p.value) }
}

/** `node.param=low..high`, with `:log` for a draw that is uniform in the logarithm. */
export function parseDraw(text: string): Draw {
  const refuse = (why: string) =>
    new CliError(
      `--random ${text}: ${why}. Write --random node.param=low..high, or low..high:log, such as schedule.rate=1e-4..1e-2:log.`,
      EXIT.usage,
    )
  const found = /^([^=]+)=([^:]+?)\.\.([^:]+)(:log)?$/.exec(text)
  if (!found) throw refuse('it is no range')
  const [low, high] = [Number(found[2]), Number(found[3])]
  if (!Number.isFinite(low) || !Number.isFinite(high)) throw refuse('its ends are not numbers')
  if (low >= high) throw refuse(`${low} is not below ${high}`)
  const log = found[4] !== undefined
  if (log && low <= 0) throw refuse('a logarithm needs ends above 0')
  const { node, param } = parseOverride(`${found[1]}=0`)
  return { node, param, low, high, log }
}

function splitValues(text: string): string[] {
  const values: string[] = []
  let [depth, quoted, from] = [0, false, 0]
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!
    if (quoted) {
      if (c === '\\') i++
      else if (c === '"') quoted = false
    } else if (c === '"') quoted = true
    else if (c === '[' || c === '{') depth++
    else if (c === ']' || c === '}') depth--
    else if (c === ',' && depth === 0) {
      values.push(text.slice(from, i))
      from = i + 1
    }
  }
  return [...values, text.slice(from)]
}

export interface Space {
  readonly axes: readonly Axis[]
  /** Whether the axes step together, each to its next value, instead of making every combination. */
  readonly zip?: boolean
  readonly draws: readonly Draw[]
  /** Trials of a random search; 1 where nothing is drawn. */
  readonly trials: number
  /** Seeds of each point; the graph's own where there is none. */
  readonly seeds: readonly number[]
}

/**
 * The points of a sweep, each with its seeds: every combination of the axes' values, the last axis running fastest, or
 * their first values, then their second; and for each as many draws as there are trials. The draws of a trial depend on
 * its number alone, so more trials keep the first ones.
 */
export function pointsOf({ axes, zip = false, draws, trials }: Omit<Space, 'seeds'>): Override[][] {
  return (zip ? zipped(axes) : combined(axes)).flatMap(point =>
    Array.from({ length: trials }, (_, trial) => [
      ...point,
      ...draws.map((d, k) => ({ node: d.node, param: d.param, value: drawn(d, trial, k) })),
    ]),
  )
}

const combined = (axes: readonly Axis[]): Override[][] =>
  axes.reduce<Override[][]>(
    (points, { node, param, values }) =>
      points.flatMap(point => values.map(value => [...point, { node, param, value }])),
    [[]],
  )

function zipped(axes: readonly Axis[]): Override[][] {
  const [first] = axes
  if (!first) return [[]]
  const other = axes.find(a => a.values.length !== first.values.length)
  if (other)
    throw new CliError(
      `--zip takes as many values of each --grid; ${countOf(first)} and ${countOf(other)}.`,
      EXIT.usage,
    )
  return first.values.map((_, i) =>
    axes.map(({ node, param, values }) => ({ node, param, value: values[i] })),
  )
}

const countOf = ({ node, param, values }: Axis): string => `"${node}.${param}" has ${values.length}`

/** Three significant digits, so that a table can say exactly what was run. */
function drawn({ low, high, log }: Draw, trial: number, place: number): number {
  const u = uniform(trial, place)
  const value = log ? low * (high / low) ** u : low + u * (high - low)
  return Number(value.toPrecision(3))
}

/** In [0, 1): the fraction of a bijective hash of both numbers (the `lowbias32` constants of C. Wellons). */
function uniform(trial: number, place: number): number {
  let x = (Math.imul(trial + 1, 0x9e3779b9) ^ Math.imul(place + 1, 0x85ebca6b)) >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32
}

/** `batch.size=8 schedule.rate=0.001`. */
export const showPoint = (point: readonly Override[]): string =>
  point.map(o => `${o.node}.${o.param}=${showValue(o.value)}`).join(' ')

const showValue = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
