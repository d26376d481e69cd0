import { Command, Option } from 'commander'
import { BENCHMARK_NAMES } from '../protocol/messages.ts'
import { collect, integer, names, seeds, size } from './arguments.ts'
import { addBundleCommands } from './bundle-commands.ts'
import { addClaimCommands } from './claim-commands.ts'
import { benchCommand } from './commands/bench.ts'
import { cacheListCommand, cachePruneCommand } from './commands/cache.ts'
import { type CheckFlags, checkCommand } from './commands/check.ts'
import { doctorCommand } from './commands/doctor.ts'
import { nodesCommand } from './commands/nodes.ts'
import { type PlanFlags, planCommand } from './commands/plan.ts'
import { printCommand } from './commands/print.ts'
import { type RunFlags, runCommand } from './commands/run.ts'
import { type ServeFlags, serveCommand } from './commands/serve.ts'
import { type SweepFlags, sweepCommand } from './commands/sweep.ts'
import { type ThroughputFlags, throughputCommand } from './commands/throughput.ts'
import { computing, engineOption } from './engine-options.ts'
import type { Io } from './io.ts'

const CACHE_LIMIT = '10GB'

/** The command line. `done` gets the exit code of the command that ran. */
export function buildProgram(version: string, io: Io, done: (code: number) => void): Command {
  const program = new Command('diptych')
    .description('Trains and evaluates vision-language models that are wired as graphs.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show help for a command')
    .exitOverride()
    .showHelpAfterError(false)
    .configureOutput({
      writeOut: text => io.out.sink.write(text),
      writeErr: text => io.err.sink.write(text),
      outputError: (text, write) => write(text.replace(/^error:/, io.err.style.red('error:'))),
    })
    .addHelpText('after', EXAMPLES)
  addRun(program, io, done)
  addSweep(program, io, done)
  addThroughput(program, io, done)
  addClaimCommands(program, io, done)
  addServe(program, version, io, done)
  addOthers(program, io, done)
  addBundleCommands(program, io, done)
  return program
}

const EXAMPLES = `
Examples:
  diptych run graphs/clip-emoji.json                        train CLIP on emoji, show its scores
  diptych run graphs/clip-emoji.json --set train.steps=50   the same, shorter
  diptych check graphs/*.json                               say what is wrong, without running
  diptych nodes encoder.vit                                 what a node does, its parameters and ports

diptych help <command> shows a command's options. The README has the rest.`

function addRun(program: Command, io: Io, done: (code: number) => void): void {
  computing(
    program
      .command('run')
      .description('train and evaluate a graph')
      .usage('<graph> [options]')
      .argument('[graph]', 'graph file')
      .option('--set <node.param=value...>', 'change parameters, before checking (repeatable)', collect, [])
      .option('--out <dir>', 'folder that gets runs/ (default: .diptych beside the graph file)')
      .option('--seed <n>', "seed in place of the graph's", integer(0, 0xffffffff)),
  )
    .option('--resume_from_checkpoint <dir>', "a run's folder (its newest checkpoint) or one checkpoint")
    .addOption(
      new Option(
        '--fork <run@step>',
        "begin with a checkpoint of another run, in a run of its own; also a run's folder (its newest) or one checkpoint",
      ).conflicts('resume_from_checkpoint'),
    )
    .option('--fresh', 'train and evaluate again what the cache already has')
    .option('--json', 'one JSON object a line on standard output; words go to standard error')
    .addHelpText(
      'after',
      `
A value of --set is JSON if it parses as JSON, else text; inner keys are dotted: --set eval.names.dog='["dog","puppy"]'.
Ctrl-C stops at the next step, commits a checkpoint and says how to go on; a second one stops at once.

Exit codes: 0 done, 1 failed or faults in the graph, 2 wrong command line, 130 stopped by Ctrl-C.

Examples:
  diptych run graphs/clip-emoji.json --seed 1 --fresh
  diptych run graphs/clip-emoji.json --set train.steps=50 --set batch.size=64 --json > log.jsonl
  diptych run graphs/clip-emoji.json --resume_from_checkpoint graphs/.diptych/runs/<run>
  diptych run graphs/clip-emoji.json --fork <run>@200 --set schedule.rate=1e-4`,
    )
    .action(async (graph: string | undefined, flags: RunFlags, command: Command) => {
      const given = separate(graph, flags.set)
      if (!given) command.error("error: missing required argument 'graph'")
      else done(await runCommand(given.graph, { ...flags, set: given.set }, io))
    })
}

function addSweep(program: Command, io: Io, done: (code: number) => void): void {
  program
    .command('sweep')
    .description('run a graph over a grid or a random search, and seeds')
    .usage('<graph> [options]')
    .argument('<graph>', 'graph file')
    .option('--grid <node.param=a,b,c>', 'every value, in every combination (repeatable)', collect, [])
    .option('--zip', 'the --grid parameters step together: their first values, then their second …')
    .option(
      '--random <node.param=low..high>',
      'drawn for each trial; low..high:log for rates (repeatable)',
      collect,
      [],
    )
    .option('--trials <n>', 'trials of the random search (default: 8)', integer(1, 10_000))
    .option('--seeds <n,n,…>', 'seeds of each point', seeds)
    .option('--set <node.param=value>', 'change a parameter in every arm (repeatable)', collect, [])
    .option('--metric <evaluator.metric>', 'a column of the table (repeatable)', collect, [])
    .addOption(engineOption())
    .option('--out <dir>', 'folder that gets runs/ and sweeps/ (default: .diptych beside the graph file)')
    .option('--fresh', 'train and evaluate again what the cache already has')
    .option('--json', 'one JSON object an arm on standard output; words go to standard error')
    .addHelpText(
      'after',
      `
All arms are checked before the first runs. A sweep that was stopped goes on where it was when it is started again:
arms that are done come from the cache.

Exit codes: 0 all arms ran, 1 some failed, 2 wrong command line.

Examples:
  diptych sweep graphs/clip-emoji.json --grid batch.size=32,64,128 --seeds 0,1,2
  diptych sweep graphs/clip-emoji.json --random schedule.rate=1e-4..1e-2:log --trials 12 --metric retrieval.image_to_text_recall@10`,
    )
    .action(async (graph: string, flags: SweepFlags) => done(await sweepCommand(graph, flags, io)))
}

function addThroughput(program: Command, io: Io, done: (code: number) => void): void {
  computing(
    program
      .command('throughput')
      .description('time the training steps of two graphs in turn, in one process')
      .argument('<a>', 'graph file, or file.json:train where it has several Trains')
      .argument('<b>', 'what it is compared with; may be another Train of the same file')
      .option('--rounds <n>', 'rounds, in which each takes its turn', integer(2, 1000), 10)
      .option(
        '--steps <n>',
        'steps of each in a round, on batches in memory and again with data',
        integer(1, 1000),
        3,
      )
      .option('--warm-up <n>', 'steps of each before the first round', integer(1, 1000), 3),
  )
    .option('--json', 'as one JSON object')
    .addHelpText(
      'after',
      `
Steps start from fresh weights; nothing is kept of them. The node evaluation.throughput does the same within a graph.

Examples:
  diptych throughput graphs/contrastive/flip.json:train graphs/contrastive/clip.json
  diptych throughput graphs/contrastive/flip.json:train graphs/contrastive/flip.json:tuning --rounds 20 --json`,
    )
    .action(async (a: string, b: string, flags: ThroughputFlags) =>
      done(await throughputCommand([a, b], flags, io)),
    )
}

function addServe(program: Command, version: string, io: Io, done: (code: number) => void): void {
  program
    .command('serve')
    .description('open the workbench in a browser on this machine')
    .argument('[graph]', 'graph file to begin with')
    .option('--port <n>', 'port to listen on; 0 takes one that is free', integer(0, 65_535), 0)
    .option('--open', 'open the browser, too')
    .addOption(
      new Option('--when-closed <what>', 'what becomes of a run when the last window is closed')
        .choices(['go-on', 'stop'])
        .default('go-on'),
    )
    .addOption(
      new Option('--grace <ms>', 'how long the last window may be away before it counts as closed')
        .argParser(integer(0, 3_600_000))
        .hideHelp(),
    )
    .addHelpText(
      'after',
      `
It answers only to this machine, and each printed address opens one window.
Ctrl-C ends it; a run commits a checkpoint first. With --when-closed stop, closing the last window does the same.

Examples:
  diptych serve
  diptych serve graphs/clip-emoji.json --port 8080 --open`,
    )
    .action(async (graph: string | undefined, flags: ServeFlags) =>
      done(await serveCommand(graph, flags, version, io)),
    )
}

/** `--set a.b=1 graph.json` takes the graph for another assignment; undefined where there is no graph at all. */
function separate(
  graph: string | undefined,
  set: readonly string[],
): { readonly graph: string; readonly set: readonly string[] } | undefined {
  if (graph !== undefined) return { graph, set }
  const files = set.filter(word => !word.includes('='))
  return files.length === 1 ? { graph: files[0]!, set: set.filter(word => word !== files[0]) } : undefined
}

function addOthers(program: Command, io: Io, done: (code: number) => void): void {
  program
    .command('check')
    .description('check graph files and print what is wrong, with lines')
    .argument('<graph...>', 'graph files')
    .option('--json', 'one JSON object a file')
    .option('--outside', 'look at data outside the folder of the graph, too')
    .addHelpText('after', '\nExit codes: 0 no errors, 1 errors, 2 wrong command line.')
    .action(async (files: string[], flags: CheckFlags) => done(await checkCommand(files, flags, io)))

  computing(
    program
      .command('plan')
      .description('say what a run would do, node by node, and why; nothing runs')
      .argument('<graph>', 'graph file')
      .option('--set <node.param=value>', 'change a parameter, before checking (repeatable)', collect, [])
      .option('--out <dir>', 'folder that holds runs/ (default: .diptych beside the graph file)')
      .option('--seed <n>', "seed in place of the graph's", integer(0, 0xffffffff)),
  )
    .option('--fresh', 'as if run with --fresh')
    .option(
      '--memory',
      'compile the step of each Train and say what memory it needs, and what to do if it is too much',
    )
    .option('--json', 'as one JSON object; with --memory another')
    .action(async (graph: string, flags: PlanFlags) => done(await planCommand(graph, flags, io)))

  program
    .command('print')
    .description('print the programs that a graph compiles to')
    .argument('<graph>', 'graph file')
    .addOption(
      new Option('--ir', "Diptych's own tensor programs (the default)").conflicts(['stablehlo', 'jax']),
    )
    .addOption(new Option('--stablehlo', 'StableHLO, as XLA gets it').conflicts(['ir', 'jax']))
    .addOption(new Option('--jax', 'readable Python of JAX').conflicts(['ir', 'stablehlo']))
    .option('--node <id>', 'only the programs of one Train or evaluator')
    .action(async (graph: string, flags) => done(await printCommand(graph, flags, io)))

  program
    .command('nodes')
    .description('list the node types, or show one: what it does, parameters, ports')
    .argument('[type]', 'node type, such as encoder.vit')
    .option('--json', 'as JSON')
    .action(async (type: string | undefined, flags) => done(await nodesCommand(type, flags, io)))

  program
    .command('bench')
    .description('time fixed models against JAX and PyTorch')
    .argument('[names...]', `benchmarks, all by default: ${BENCHMARK_NAMES.join(', ')}`)
    .option('--steps <n>', 'steps (or what else is timed) a round', integer(1, 100_000))
    .option('--rounds <n>', 'rounds, in which every peer takes its turn', integer(1, 1000), 5)
    .option('--peers <names>', 'only these peers, such as jax,torch_eager', names)
    .option('--no-peers', 'Diptych alone')
    .option('--json', 'as one JSON object a benchmark, a line each')
    .addHelpText(
      'after',
      '\nnode bench/setup_peers.mjs installs the peers. Example:\n  diptych bench clip decode --rounds 3 --json',
    )
    .action(async (names: string[], flags) => done(await benchCommand(names, flags, io)))

  const cache = program.command('cache').description('what is kept on disk between runs')
  cache
    .command('ls')
    .description('list what the cache holds')
    .option('--json', 'as one JSON object')
    .action(async flags => done(await cacheListCommand(flags, io)))
  cache
    .command('prune')
    .description('remove the least recently used, down to a size')
    .option('--max-size <size>', 'largest size of the cache, such as 5GB', size, size(CACHE_LIMIT))
    .option('--all', 'plugins and benchmark peers may go too')
    .option('--dry-run', 'only say what would go')
    .addHelpText('after', '\nExample:\n  diptych cache prune --max-size 5GB --dry-run')
    .action(async flags => done(await cachePruneCommand(flags, io)))

  program
    .command('doctor')
    .description('say which engines this machine has, and how to get what is missing')
    .option('--json', 'print JSON')
    .action(async flags => done(await doctorCommand(flags, io)))
}
