import { type Command, Option } from 'commander'
import { RELATIONS } from '../graph/host.ts'
import { finite, seeds } from './arguments.ts'
import { type CompareFlags, compareCommand } from './commands/compare.ts'
import { type VerifyGraphsFlags, verifyGraphsCommand } from './commands/verify-graphs.ts'
import { engineOption } from './engine-options.ts'
import type { Io } from './io.ts'

/** What judges claims: those that graphs make, and those made of runs. */
export function addClaimCommands(program: Command, io: Io, done: (code: number) => void): void {
  program
    .command('verify-graphs')
    .description('run the graphs that make claims under several seeds, and judge the claims')
    .argument('[names...]', 'graphs by file name, such as clip; all that hold bars by default')
    .option('--seeds <n,n,…>', 'seeds of each graph', seeds, [0, 1, 2])
    .option('--graphs <dir>', 'folder of the graphs', 'graphs')
    .addOption(engineOption())
    .option('--out <dir>', 'folder that gets runs/ (default: .diptych beside each graph file)')
    .option('--fresh', 'train and evaluate again what the cache already has')
    .option('--no-table', 'leave bars.jsonl and README.md of the folder as they are')
    .option('--json', 'one JSON object a graph on standard output; words go to standard error')
    .addHelpText(
      'after',
      `
A bar ("diptych nodes evaluation.bar") is judged on all seeds together: the mean over seeds, items drawn anew. What each
graph came to goes to <graphs>/bars.jsonl and into the table between <!-- bars --> and <!-- /bars --> of
<graphs>/README.md; rows of graphs that are not named stay. What ran before comes from the cache, so a verification
that was stopped goes on where it was.

Exit codes: 0 every bar green, 1 a bar red or a run failed, 2 wrong command line.

Examples:
  diptych verify-graphs
  diptych verify-graphs clip siglip --seeds 0,1`,
    )
    .action(async (given: string[], flags: VerifyGraphsFlags) =>
      done(await verifyGraphsCommand(given, flags, io)),
    )

  program
    .command('compare')
    .description('compare finished runs by a figure, item by item')
    .usage('<run...> --metric <node.figure> [options]')
    .argument('<run...>', "runs' folders, or one of their files: two, or one side of several seeds")
    .requiredOption('--metric <node.figure>', 'such as retrieval.image_to_text_recall@1')
    .option('--with <run...>', 'the other side, in the order of the first')
    .option('--against <node.figure>', 'the figure of the other side (default: the same)')
    .addOption(
      new Option('--relation <name>', 'what the first side must be').choices(RELATIONS).default('greater'),
    )
    .option('--margin <x>', 'with noWorse: how much worse is still no worse', finite, 0.02)
    .option('--value <x>', 'compare with this number instead of another side', finite)
    .option('--json', 'as one JSON object')
    .addHelpText(
      'after',
      `
Both sides are compared by a bootstrap over the items that their reports keep: in pairs where the items are the same,
else drawn apart. Runs of several seeds are judged together.

Exit codes: 0 the relation holds, 1 it does not, 2 wrong command line.

Examples:
  diptych compare <run> <other run> --metric retrieval.image_to_text_recall@1
  diptych compare siglip-0 siglip-1 --with clip-0 clip-1 --metric choice.accuracy --relation noWorse --margin 0.02`,
    )
    .action(async (runs: string[], flags: CompareFlags) => done(await compareCommand(runs, flags, io)))
}
