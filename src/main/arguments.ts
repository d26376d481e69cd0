import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** A graph named on a command line, in full; flags and the shell's own script are none. */
export function graphOf(args: readonly string[], folder: string): string | undefined {
  return args
    .slice(1)
    .filter(arg => !arg.startsWith('-') && /\.(json|dpt)$/.test(arg))
    .map(arg => resolve(folder, arg))
    .findLast(existsSync)
}
