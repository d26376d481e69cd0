import { createInterface } from 'node:readline/promises'
import { say } from './progress.mjs'

/**
 * Asks before something large is fetched. `--yes` answers for scripts; without a terminal nobody can answer, and
 * then nothing is fetched.
 *
 * @param {string} what what will happen and how much it takes, for a person
 * @param {{yes: boolean, log?: (line: string) => void, input?: NodeJS.ReadStream, output?: NodeJS.WriteStream}} options
 * @returns {Promise<boolean>}
 */
export async function agrees(what, { yes, log = say, input = process.stdin, output = process.stderr }) {
  log(what)
  if (yes) return true
  if (!input.isTTY) {
    log('nothing was fetched: add --yes to agree where nobody can be asked')
    return false
  }
  const asker = createInterface({ input, output })
  try {
    return /^y(es)?$/i.test((await asker.question('Go on? [y/N] ')).trim())
  } finally {
    asker.close()
  }
}
