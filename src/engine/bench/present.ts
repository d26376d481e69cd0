import { median } from '../../nodes/evaluation/retrieval.ts'
import type { Benchmark, Fact } from './contender.ts'

export interface BenchResult {
  readonly text: string
  readonly json: {
    readonly bench: string
    /** Median milliseconds of a call. */
    readonly ms: Readonly<Record<string, number>>
    /** Diptych's time over each other's. */
    readonly ratio: Readonly<Record<string, number>>
    /** What else was measured, such as `outside_xla`: the share of a step that is not spent in the XLA call, at most. */
    readonly facts: Readonly<Record<string, number>>
    /** Why a peer is not there. */
    readonly missing: Readonly<Record<string, string>>
    readonly versions: Readonly<Record<string, Readonly<Record<string, string>>>>
  }
}

export interface Outcome {
  /** Times of each that took part; Diptych's own come first. */
  readonly ms: ReadonlyMap<string, readonly number[]>
  readonly facts: readonly Fact[]
  readonly missing: Readonly<Record<string, string>>
  readonly versions: BenchResult['json']['versions']
}

const list = (versions: Readonly<Record<string, string>> = {}): string =>
  Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')

const row = (name: string, ms: string, ratio: string, rest: string): string =>
  `${name.padEnd(16)}${ms.padStart(13)}   ${ratio.padEnd(14)}   ${rest}`.trimEnd()

/** The table for people and the object for `--json`. */
export function present(
  { name, about, unit }: Benchmark,
  { ms, facts, missing, versions }: Outcome,
): BenchResult {
  const [[own, mine], ...theirs] = [...ms].map(([who, times]) => [who, median(times)] as const) as [
    readonly [string, number],
    ...(readonly [string, number])[],
  ]
  const lines = [
    `${name}: ${about}`,
    row('', `ms/${unit}`, 'diptych takes', ''),
    row(own, mine.toFixed(0), '', list(versions[own])),
    ...theirs.map(([who, time]) =>
      row(who, time.toFixed(0), `${(mine / time).toFixed(2)} × as long`, list(versions[who])),
    ),
    ...Object.entries(missing).map(([who, why]) => row(who, '–', '', why)),
    ...facts.map(fact => fact.text),
  ]
  return {
    text: lines.join('\n'),
    json: {
      bench: name,
      ms: Object.fromEntries([[own, mine], ...theirs]),
      ratio: Object.fromEntries(theirs.map(([who, time]) => [who, mine / time])),
      facts: Object.fromEntries(facts.map(f => [f.name, f.value])),
      missing,
      versions,
    },
  }
}
