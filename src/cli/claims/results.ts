import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../../host/disk.ts'
import { CliError } from '../exit.ts'

/** A line a graph: no graph file itself, and a change of one graph is a change of one line. */
const FILE = 'bars.jsonl'

const barResult = z.strictObject({
  claim: z.string(),
  met: z.boolean(),
  /** The numbers in words. */
  sentence: z.string(),
  metric: z.string(),
  a: z.number().optional(),
  /** What the figure was compared with, in words, and its value. */
  control: z.string(),
  b: z.number().optional(),
  difference: z.number().optional(),
  low: z.number().optional(),
  high: z.number().optional(),
  /** The difference under each seed. */
  bySeed: z.array(z.number()),
  n: z.int(),
  chance: z.number().optional(),
})

const graphResult = z.strictObject({
  title: z.string(),
  /** Hash of what was run. */
  graph: z.string(),
  seeds: z.array(z.int()),
  /** Of each arm, by the id of its last Train: what its Trains took under each seed; null where that is not known. */
  seconds: z.record(z.string(), z.array(z.number().nullable())),
  /** By node id. */
  bars: z.record(z.string(), barResult),
  /** Why the graph did not run to its end under every seed. */
  failure: z.string().optional(),
})

/** `name`: the path below the folder of graphs, without `.json`. */
const line = graphResult.extend({ name: z.string() })

export type BarResult = Readonly<z.infer<typeof barResult>>
export type GraphResult = Readonly<z.infer<typeof graphResult>>
/** What was last measured of each graph that holds bars, by its path below the folder of graphs, without `.json`. */
export type Results = Readonly<Record<string, GraphResult>>

/** The results that a folder of graphs keeps; none where it has no file of them yet. */
export async function readResults(folder: string): Promise<Results> {
  const text = await readFile(join(folder, FILE), 'utf8').catch(() => undefined)
  if (text === undefined) return {}
  try {
    const lines = text.split('\n').filter(Boolean)
    return Object.fromEntries(
      lines.map(one => {
        const { name, ...result } = line.parse(JSON.parse(one))
        return [name, result]
      }),
    )
  } catch {
    throw new CliError(`${join(folder, FILE)} can’t be read. Remove it to measure everything anew.`)
  }
}

export async function writeResults(folder: string, results: Results): Promise<void> {
  const lines = Object.entries(results)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, result]) => `${JSON.stringify({ name, ...result }, rounded)}\n`)
  await writeFileAtomic(join(folder, FILE), lines.join(''))
}

/** More digits would only make differences between machines. */
const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value
