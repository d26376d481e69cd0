import { existsSync } from 'node:fs'
import { basename, delimiter, dirname, isAbsolute, join, relative } from 'node:path'

export interface RunArguments {
  readonly graph: string
  readonly set: readonly string[]
  readonly seed?: number
  readonly engine: string
  readonly platform?: string
  readonly devices?: number
  readonly out?: string
}

/** The command that goes on with a run, as a person can paste it into the shell they are in. */
export function resumeCommand(run: string, given: RunArguments): string {
  const words = [
    programName(),
    'run',
    given.graph,
    '--resume_from_checkpoint',
    shortPath(run),
    ...(given.engine === 'xla' ? [] : ['--engine', given.engine]),
    ...(given.platform === undefined ? [] : ['--platform', given.platform]),
    ...(given.devices === undefined ? [] : ['--devices', String(given.devices)]),
    ...(given.seed === undefined ? [] : ['--seed', String(given.seed)]),
    ...(given.out === undefined ? [] : ['--out', given.out]),
    ...given.set.flatMap(assignment => ['--set', assignment]),
  ]
  return words.map(quote).join(' ')
}

/** The folder of the run that a committed checkpoint (`…/checkpoints/<train>/step-N`) belongs to. */
export const runOfCheckpoint = (path: string): string => dirname(dirname(dirname(path)))

/** Relative to where the person is, unless that only climbs. */
export function shortPath(path: string, cwd = process.cwd()): string {
  const short = relative(cwd, path)
  return short === '' ? '.' : short.startsWith('..') || isAbsolute(short) ? path : short
}

/** `diptych` where the shell would find it; else the path of the script that was started. */
function programName(): string {
  const script = process.argv[1] ?? ''
  const folders = (process.env.PATH ?? '').split(delimiter)
  if (basename(script) !== 'diptych' || folders.some(folder => existsSync(join(folder, 'diptych'))))
    return 'diptych'
  return shortPath(script)
}

/** As a POSIX shell reads it back; plain words stay as they are. */
const quote = (word: string): string =>
  /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
