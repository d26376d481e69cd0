import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setUp } from './all.mjs'
import { projectRoot } from './paths.mjs'
import { say } from './progress.mjs'

/** Commands that compute nothing on a device, and so neither wait for the plugin nor miss it. `serve` is open before it has come. */
const WITHOUT_DEVICE = new Set([
  'check',
  'nodes',
  'print',
  'export',
  'cache',
  'serve',
  'help',
  '--help',
  '-h',
  '--version',
  '-V',
])

/**
 * Sets up what is missing, then runs the command line in this very process, so that Ctrl-C, the exit code and
 * the terminal are its own.
 *
 * @param {string[]} args as after `diptych`
 */
export async function runCommand(args) {
  try {
    await setUp({
      page: args[0] === 'serve' && !args.includes('--help') && !args.includes('-h'),
      plugin: args.length > 0 && !WITHOUT_DEVICE.has(args[0]),
    })
  } catch (error) {
    say(error.message)
    process.exit(1)
  }
  process.argv = [process.execPath, join(projectRoot, 'bin', 'diptych'), ...args]
  await import(pathToFileURL(join(projectRoot, 'out', 'cli.mjs')).href)
}
