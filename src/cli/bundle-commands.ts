import { type Command, Option } from 'commander'
import { ENGINES } from '../protocol/engine-name.ts'
import { packCommand } from './commands/pack.ts'
import { verifyCommand } from './commands/verify.ts'
import type { Io } from './io.ts'

/** What is done with `.dpt` files. */
export function addBundleCommands(program: Command, io: Io, done: (code: number) => void): void {
  program
    .command('pack')
    .description('write a graph with the results of a run as one .dpt file')
    .argument('<graph>', 'graph file')
    .option('--run <dir>', "a run's folder (default: the newest beside the graph file)")
    .option('-o, --output <file>', 'the file to write (default: <graph>.dpt beside the graph file)')
    .option('--weights', 'also the trained weights')
    .option('--json', 'as one JSON object')
    .addHelpText(
      'after',
      `
A bundle holds the graph as it ran, reports with their pictures, reduced metrics, who made the data, and the losses
of the first steps, so that others can replay them (diptych verify). "diptych run" and "check" take it as a graph.

Example:
  diptych pack graphs/clip-emoji.json -o clip-emoji.dpt`,
    )
    .action(async (graph: string, flags) => done(await packCommand(graph, flags, io)))

  program
    .command('verify')
    .description("replay a bundle's first steps and say whether they match")
    .argument('<bundle>', '.dpt file')
    .addOption(new Option('--engine <name>', 'what computes').choices(ENGINES))
    .option('--json', 'as one JSON object')
    .addHelpText('after', '\nExit codes: 0 match, 1 mismatch or failed, 2 wrong command line.')
    .action(async (bundle: string, flags) => done(await verifyCommand(bundle, flags, io)))
}
