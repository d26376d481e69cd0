import type { BarSpec, Relation } from '../../graph/host.ts'
import { chanceLevel } from '../../graph/report-metrics.ts'
import { sameItems } from '../../nodes/evaluation/figures.ts'
import { judgeSeeds, type SeedArms, show } from '../../nodes/evaluation/judge.ts'
import { type FinishedRun, figureOfRun, openRun, parseFigure } from '../claims/runs.ts'
import { CliError, EXIT } from '../exit.ts'
import type { Io } from '../io.ts'
import { jsonLine } from '../render/json.ts'

export interface CompareFlags {
  readonly metric: string
  readonly with?: readonly string[]
  readonly against?: string
  readonly relation: Relation
  readonly margin: number
  readonly value?: number
  readonly json?: boolean
}

/** Judges a claim on the reports of finished runs; nothing runs. */
export async function compareCommand(paths: readonly string[], flags: CompareFlags, io: Io): Promise<number> {
  const sides = sidesOf(paths, flags)
  const [first, second] = await Promise.all([
    Promise.all(sides.a.map(openRun)),
    sides.b && Promise.all(sides.b.map(openRun)),
  ])
  const arms = await Promise.all(first.map((run, i) => armsOf(run, second?.[i], flags)))
  const { verdict, interval, n } = judgeSeeds('', arms as [SeedArms, ...SeedArms[]])
  if (flags.json) io.out.line(jsonLine({ type: 'compared', n, ...verdict, bySeed: interval?.bySeed ?? [] }))
  else {
    const { style } = io.out
    for (const warning of unlike(first, second)) io.out.line(`${style.yellow('!')} ${warning}`)
    io.out.line(verdict.met ? style.green(`${style.tick} holds`) : style.red(`${style.cross} does not hold`))
    io.out.line(`  ${verdict.sentence}`)
    if (first.length > 1)
      io.out.line(
        `  by seed: ${first.map(({ seed }, i) => `${seed ?? '?'}: ${show(interval?.bySeed[i] ?? Number.NaN)}`).join(', ')}`,
      )
  }
  return verdict.met ? EXIT.ok : EXIT.failed
}

/** Which runs stand against which. Two runs without `--with` are one against the other. */
function sidesOf(
  paths: readonly string[],
  { with: others, value, relation, against }: CompareFlags,
): { readonly a: readonly string[]; readonly b?: readonly string[] } {
  const usage = (message: string) => new CliError(message, EXIT.usage)
  const alone = value !== undefined || relation === 'chance' || relation === 'atLeast'
  if (alone) {
    if (others || against !== undefined)
      throw usage('a comparison with a number has one side: leave out --with and --against.')
    return { a: paths }
  }
  if (others) {
    if (others.length !== paths.length)
      throw usage(`the sides have ${paths.length} and ${others.length} runs: give one for each seed on both.`)
    return { a: paths, b: others }
  }
  if (against !== undefined && paths.length === 1) return { a: paths, b: paths }
  if (paths.length !== 2)
    throw usage(
      `there are ${paths.length} runs and no --with: give two runs, several with as many others (--with), or a --value.`,
    )
  return { a: [paths[0]!], b: [paths[1]!] }
}

async function armsOf(
  run: FinishedRun,
  other: FinishedRun | undefined,
  { metric, against = metric, relation, margin, value }: CompareFlags,
): Promise<SeedArms> {
  const a = await figureOfRun(run, parseFigure(metric))
  const b = other && (await figureOfRun(other, parseFigure(against)))
  const number = b ? undefined : (value ?? chanceLevel(a.report, parseFigure(metric).figure))
  if (!b && number === undefined)
    throw new CliError(`no chance level is known of "${metric}": give --value.`, EXIT.usage)
  const bar: BarSpec = {
    relation,
    metric,
    ...(b && { against }),
    ...(number !== undefined && { value: number }),
    margin,
    paired: b !== undefined && sameItems(a, b),
  }
  return { bar, a, ...(b && { b }) }
}

/** What makes a comparison say less than it seems to. */
function unlike(a: readonly FinishedRun[], b: readonly FinishedRun[] = []): string[] {
  return b.flatMap((other, i) => {
    const [mine, theirs] = [a[i]!.seed, other.seed]
    return mine === theirs
      ? []
      : [
          `the runs of place ${i + 1} have the seeds ${mine ?? '?'} and ${theirs ?? '?'}: a difference may be theirs.`,
        ]
  })
}
