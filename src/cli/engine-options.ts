import { type Command, Option } from 'commander'
import { ENGINES } from '../protocol/engine-name.ts'
import { integer } from './arguments.ts'

export const engineOption = (): Option =>
  new Option('--engine <name>', 'what computes').choices(ENGINES).default('xla')

/** A command that says what computes, and where. */
export const computing = (command: Command): Command =>
  command
    .addOption(engineOption())
    .addOption(
      new Option('--platform <name>', 'where XLA runs (default: CUDA where it works)').choices([
        'cpu',
        'cuda',
      ]),
    )
    .option('--devices <n>', 'devices that share each step, its batch split over them', integer(1, 64))
