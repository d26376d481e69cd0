import { ensureBuild } from '../build.mjs'
import { ensureWindow } from '../build-window.mjs'
import { ensureElectron } from './electron.mjs'
import { ensurePackages } from './packages.mjs'
import { projectRoot } from './paths.mjs'
import { ensurePlugin } from './plugin.mjs'
import { say } from './progress.mjs'

/**
 * Makes sure that everything is in place: packages, the XLA plugin, Electron's binary, the build. Says nothing
 * and asks nobody when it is. A plugin or a window that can't be had is a line; the rest is needed.
 * The engine finds the reason for a missing plugin in `DIPTYCH_XLA_PROBLEM`, to repeat it where it matters.
 *
 * @param {{window?: boolean, page?: boolean, plugin?: boolean, build?: boolean, log?: (line: string) => void}} wanted
 * `window`: Electron's binary; `page`: the built window, for it and for browsers
 * @throws {Error} with a message for a person
 */
export async function setUp({ window = false, page = window, plugin = true, build = true, log = say } = {}) {
  await ensurePackages(projectRoot, { log })
  // A plugin that a person names is theirs to care for.
  if (plugin && !process.env.DIPTYCH_PJRT_PLUGIN) {
    const { problem } = await ensurePlugin({ log })
    if (problem) {
      log(problem)
      process.env.DIPTYCH_XLA_PROBLEM = problem
    }
  }
  if (window) {
    const { problem } = await ensureElectron(projectRoot, { log })
    if (problem) log(problem)
  }
  if (build) await ensureBuild(projectRoot, { log })
  if (page && build) await ensureWindow(projectRoot, { log })
}
