import { median } from '../../nodes/evaluation/retrieval.ts'
import type { Measured } from './contender.ts'

export interface BenchResult {
  readonly text: string
  readonly json: {
    readonly bench: 'clip'
    /** Median milliseconds of a step. */
    readonly ms: Readonly<Record<string, number>>
    /** Diptych's time over each peer's. */
    readonly ratio: Readonly<Record<string, number>>
    /** Share of a step that is not spent in the XLA call, at most. */
    readonly outside_xla: number
    /** Why a peer is not there. */
    readonly missing: Readonly<Record<string, string>>
    readonly versions: Readonly<Record<string, Readonly<Record<string, string>>>>
  }
}

export interface Outcome {
  readonly own: Measured
  readonly peers: ReadonlyMap<string, readonly number[]>
  readonly missing: Readonly<Record<string, string>>
  readonly versions: BenchResult['json']['versions']
}

const list = (versions: Readonly<Record<string, string>> = {}): string =>
  Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')

const row = (name: string, ms: string, ratio: string, rest: string): string =>
  `${name.padEnd(16)}${ms.padStart(7)}   ${ratio.padEnd(14)}   ${rest}`.trimEnd()

/** The table for people and the object for `--json`. */
export function present({ own, peers, missing, versions }: Outcome): BenchResult {
  const mine = median(own.ms)
  const theirs = [...peers].map(([name, times]) => ({ name, ms: median(times), ratio: mine / median(times) }))
  const lines = [
    row('', 'ms/step', 'diptych takes', ''),
    row('diptych', mine.toFixed(0), '', list(versions.diptych)),
    ...theirs.map(t =>
      row(t.name, t.ms.toFixed(0), `${t.ratio.toFixed(2)} × as long`, list(versions[t.name])),
    ),
    ...Object.entries(missing).map(([name, why]) => row(name, '–', '', why)),
    `outside the XLA call: ${(own.outside * 100).toFixed(2)} % of a step`,
  ]
  return {
    text: lines.join('\n'),
    json: {
      bench: 'clip',
      ms: Object.fromEntries([['diptych', mine], ...theirs.map(t => [t.name, t.ms] as const)]),
      ratio: Object.fromEntries(theirs.map(t => [t.name, t.ratio])),
      outside_xla: own.outside,
      missing,
      versions,
    },
  }
}
