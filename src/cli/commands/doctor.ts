import { createRequire } from 'node:module'
import { availableParallelism, totalmem } from 'node:os'
import { cacheFolder } from '../../host/cache-folder.ts'
import { readCache } from '../../host/cache-store.ts'
import { type EngineProbe, nvidiaDriver, probeEngines } from '../../host/engine-probes.ts'
import { freeSpace, type PythonState, pythonState } from '../../host/machine.ts'
import { EXIT } from '../exit.ts'
import type { Io } from '../io.ts'
import { fileSize } from '../render/format.ts'
import { jsonLine } from '../render/json.ts'
import { padEnd } from '../render/text.ts'

const NAME_WIDTH = 13

export interface DoctorFlags {
  readonly json?: boolean
}

type Mark = 'good' | 'bad' | 'note'
interface Finding {
  readonly name: string
  readonly mark: Mark
  readonly text: string
  /** How to get what is missing. */
  readonly advice?: string
}

/** Says which engines this machine has, why others are missing, and how to get them. */
export async function doctorCommand(flags: DoctorFlags, io: Io): Promise<number> {
  const cache = cacheFolder()
  const system = `${process.platform}-${process.arch}`
  const driver = await nvidiaDriver()
  const engines = await probeEngines({ cache, env: process.env, system, driver, resolve: resolvePackage })
  const [python, space] = await Promise.all([pythonState(), spaceOf(cache)])
  const machine = { system, cores: availableParallelism(), memoryBytes: totalmem(), nvidiaDriver: driver }
  if (flags.json) {
    const node = { version: process.version, path: process.execPath }
    io.out.line(jsonLine({ node, machine, engines, python, cache: { path: cache, ...space } }))
    return EXIT.ok
  }
  const card = driver ? `, NVIDIA driver ${driver}` : ''
  const findings: Finding[] = [
    { name: 'Node', mark: 'good', text: `${process.version} (${process.execPath})` },
    {
      name: 'machine',
      mark: 'note',
      text: `${system}, ${machine.cores} cores, ${fileSize(machine.memoryBytes)} memory${card}`,
    },
    ...engines.map(engineFinding),
    pythonFinding(python),
    cacheFinding(cache, space),
  ]
  const { style } = io.out
  const marks: Record<Mark, string> = { good: style.green(style.tick), bad: style.red('!'), note: ' ' }
  for (const f of findings) {
    io.out.line(`${marks[f.mark]} ${padEnd(f.name, NAME_WIDTH)}  ${f.text}`)
    if (f.advice) io.out.line(`${' '.repeat(NAME_WIDTH + 4)}${f.advice}`)
  }
  return EXIT.ok
}

function engineFinding({ name, state, what, why, get, path }: EngineProbe): Finding {
  if (state === 'ready') return { name, mark: 'good', text: path ? `${what}: ${path}` : what }
  // One engine is enough: only a damaged one asks for something.
  const mark = state === 'damaged' ? 'bad' : 'note'
  return { name, mark, text: `${what} is ${state}: ${why}`, ...(get && { advice: `To get it: ${get}` }) }
}

/** A file of a package beside the program. */
function resolvePackage(file: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(file)
  } catch {
    return undefined
  }
}

function pythonFinding({ version, pip }: PythonState): Finding {
  const name = 'Python'
  if (!version)
    return {
      name,
      mark: 'bad',
      text: 'not found',
      advice: 'It is needed once, to fetch the XLA plugin with pip. Install Python 3 with pip.',
    }
  if (!pip)
    return {
      name,
      mark: 'bad',
      text: `${version}, without pip`,
      advice: 'Install pip (Debian: python3-pip).',
    }
  return { name, mark: 'good', text: `${version}, ${pip}` }
}

interface Space {
  readonly bytes: number
  /** Without where the system doesn't say. */
  readonly freeBytes?: number
}

async function spaceOf(cache: string): Promise<Space> {
  const sections = await readCache(cache)
  return { bytes: sections.reduce((sum, s) => sum + s.bytes, 0), freeBytes: await freeSpace(cache) }
}

function cacheFinding(cache: string, { bytes, freeBytes }: Space): Finding {
  const free = freeBytes === undefined ? '' : `, ${fileSize(freeBytes)} free on its disk`
  return { name: 'cache', mark: 'note', text: `${cache}: ${fileSize(bytes)}${free}` }
}
