import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { lossNames } from '../protocol/losses.ts'
import type { StepEvent } from '../protocol/messages.ts'

/** Points that a reduced metric has at most. */
export const MOST_POINTS = 2000
/** Steps whose losses are kept exactly, for verification. */
export const FIRST_STEPS = 20

export interface Points {
  readonly steps: number[]
  readonly values: number[]
}

export interface MetricsSummary {
  /** Steps taken. */
  readonly taken: number
  readonly metrics: Readonly<Record<string, Points>>
  readonly first: readonly { readonly step: number; readonly loss: number; readonly bits: string }[]
}

/** Reads `metrics.<train>.jsonl` and reduces it: per metric the least and the largest of each stretch of steps. */
export async function summarizeMetrics(path: string): Promise<MetricsSummary> {
  const whole = new Map<string, Points>()
  const first: MetricsSummary['first'][number][] = []
  let taken = 0
  for await (const line of createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    const step = stepOf(line)
    if (!step) continue
    taken = Math.max(taken, step.step + 1)
    const loss = firstLoss(step)
    if (first.length < FIRST_STEPS && loss !== undefined && Number.isFinite(loss))
      first.push({ step: step.step, loss, bits: bitsOf(loss) })
    for (const [name, value] of Object.entries(step)) {
      if (!name.startsWith('train/') || typeof value !== 'number') continue
      let points = whole.get(name)
      if (!points) {
        points = { steps: [], values: [] }
        whole.set(name, points)
      }
      points.steps.push(step.step)
      points.values.push(value)
    }
  }
  const metrics = Object.fromEntries([...whole].map(([name, points]) => [name, envelope(points)]))
  return { taken, metrics, first }
}

/** The loss of a step; of several objectives, that of the first which acted. */
export function firstLoss(step: StepEvent | undefined): number | undefined {
  const [name] = lossNames(Object.keys(step ?? {}))
  return name === undefined ? undefined : step![name as `train/${string}`]
}

function stepOf(line: string): StepEvent | undefined {
  try {
    const step = JSON.parse(line) as StepEvent
    return step && typeof step.step === 'number' ? step : undefined
  } catch {
    // An empty or a torn last line.
    return undefined
  }
}

/**
 * The bits of a number in hex: 8 digits where it is a 32-bit float, as losses are, else 16. Two numbers have the
 * same bits exactly when they are the same.
 */
export function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8))
  if (Math.fround(value) === value) {
    view.setFloat32(0, value)
    return view.getUint32(0).toString(16).padStart(8, '0')
  }
  view.setFloat64(0, value)
  return view.getBigUint64(0).toString(16).padStart(16, '0')
}

/**
 * At most `most` points that look the same when drawn: the first, the last, and of each stretch between them the
 * least and the largest value, each at its own step. Never random, so a chart never changes by itself.
 */
export function envelope(points: Points, most = MOST_POINTS): Points {
  const n = points.steps.length
  if (n <= most) return points
  const kept = [0]
  const stretches = Math.floor((most - 2) / 2)
  for (let s = 0; s < stretches; s++) {
    const from = 1 + Math.floor((s * (n - 2)) / stretches)
    const until = 1 + Math.floor(((s + 1) * (n - 2)) / stretches)
    let [least, largest] = [from, from]
    for (let i = from; i < until; i++) {
      if (points.values[i]! < points.values[least]!) least = i
      if (points.values[i]! > points.values[largest]!) largest = i
    }
    kept.push(...new Set([Math.min(least, largest), Math.max(least, largest)]))
  }
  kept.push(n - 1)
  return { steps: kept.map(i => points.steps[i]!), values: kept.map(i => points.values[i]!) }
}
