import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './process.mjs'

const ASK_MS = 30_000

/** Ways to call pip, the likeliest first. The last two bring a pip of their own. */
const WAYS = [
  ['python3', '-m', 'pip'],
  ['python', '-m', 'pip'],
  ['pip3'],
  ['pip'],
  ['uv', 'tool', 'run', 'pip'],
  ['pipx', 'run', 'pip'],
]

/**
 * Finds a pip that works. A Python without pip gets one in a virtual environment under `scratch`, where it can.
 *
 * @param {{env: NodeJS.ProcessEnv, scratch: string}} options
 * @returns {Promise<{pip?: string[], python?: string}>} the command, or only the Python that lacks it, or nothing
 */
export async function findPip({ env, scratch }) {
  let python
  for (const way of WAYS) {
    const asked = await run(way[0], [...way.slice(1), '--version'], { env, timeoutMs: ASK_MS })
    if (asked.code === 0 && asked.output.startsWith('pip ')) return { pip: way }
    if (!python && way[1] === '-m' && !asked.missing) {
      const works = await run(way[0], ['-c', 'import sys; assert sys.version_info >= (3, 7)'], {
        env,
        timeoutMs: ASK_MS,
      })
      if (works.code === 0) python = way[0]
    }
  }
  if (!python) return {}

  const folder = join(scratch, 'venv')
  const made = await run(python, ['-m', 'venv', folder], { env, timeoutMs: 4 * ASK_MS })
  const inside = join(folder, 'bin', 'python')
  if (made.code === 0 && existsSync(inside)) return { pip: [inside, '-m', 'pip'], python }
  return { python }
}

/** How this system's people get pip. */
function installHint() {
  let release = ''
  try {
    release = readFileSync('/etc/os-release', 'utf8')
  } catch {
    return 'install Python 3 with pip'
  }
  const ids = [...release.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)/gm)].flatMap(m => m[1].split(' '))
  const has = (...names) => names.some(name => ids.includes(name))
  if (has('debian', 'ubuntu')) return 'sudo apt install python3-pip'
  if (has('fedora', 'rhel', 'centos')) return 'sudo dnf install python3-pip'
  if (has('arch')) return 'sudo pacman -S python-pip'
  if (has('suse', 'opensuse')) return 'sudo zypper install python3-pip'
  return 'install Python 3 with pip'
}

/** What is missing and how to get it, for a person. */
export const missingPip = ({ python }) =>
  python
    ? `it is fetched with pip, and ${python} here has none (${installHint()})`
    : `it is fetched with Python's pip, and there is no Python here (${installHint()})`
