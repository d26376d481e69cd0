import { availableParallelism, totalmem } from 'node:os'
import { cacheFolder } from '../../host/cache-folder.ts'
import { readCache } from '../../host/cache-store.ts'
import { freeSpace, pluginState, pythonState } from '../../host/machine.ts'
import { EXIT } from '../exit.ts'
import type { Io } from '../io.ts'
import { fileSize } from '../render/format.ts'
import { padEnd } from '../render/text.ts'

/** Systems that the XLA plugin's wheel exists for. */
const WHEELS = new Set(['linux-x64', 'linux-arm64'])
const NAME_WIDTH = 10

type Mark = 'good' | 'bad' | 'note'
interface Finding {
  readonly name: string
  readonly mark: Mark
  readonly text: string
  /** How to get what is missing. */
  readonly advice?: string
}

/** Says which engines this machine has, and how to get what is missing. */
export async function doctorCommand(io: Io): Promise<number> {
  const { style } = io.out
  const marks: Record<Mark, string> = { good: style.green(style.tick), bad: style.red('!'), note: ' ' }
  for (const f of await findings()) {
    io.out.line(`${marks[f.mark]} ${padEnd(f.name, NAME_WIDTH)}  ${f.text}`)
    if (f.advice) io.out.line(`${' '.repeat(NAME_WIDTH + 4)}${f.advice}`)
  }
  return EXIT.ok
}

async function findings(): Promise<Finding[]> {
  const cache = cacheFolder()
  const system = `${process.platform}-${process.arch}`
  const [xla, python] = await Promise.all([xlaFinding(cache, system), pythonFinding()])
  return [
    { name: 'Node', mark: 'good', text: `${process.version} (${process.execPath})` },
    {
      name: 'machine',
      mark: 'note',
      text: `${system}, ${availableParallelism()} cores, ${fileSize(totalmem())} memory`,
    },
    xla,
    { name: 'reference', mark: 'good', text: 'always there; in TypeScript, for graphs of toy size only' },
    python,
    await cacheFinding(cache),
  ]
}

async function xlaFinding(cache: string, system: string): Promise<Finding> {
  const name = 'xla'
  const named = process.env.DIPTYCH_PJRT_PLUGIN
  if (named) return { name, mark: 'note', text: `the plugin that DIPTYCH_PJRT_PLUGIN names: ${named}` }
  const plugin = await pluginState(cache)
  if (plugin.state === 'ready')
    return { name, mark: 'good', text: `CPU plugin, ${fileSize(plugin.bytes)}: ${plugin.path}` }
  if (!WHEELS.has(system))
    return {
      name,
      mark: 'bad',
      text: `there is no plugin for ${system}`,
      advice: 'It exists for Linux on x64 and arm64. Elsewhere only --engine reference runs so far.',
    }
  return {
    name,
    mark: 'bad',
    text: `the CPU plugin is ${plugin.state}: ${plugin.path}`,
    advice: process.env.DIPTYCH_XLA_PROBLEM ?? 'Run "npm run setup" to fetch it (Python with pip is needed).',
  }
}

async function pythonFinding(): Promise<Finding> {
  const name = 'Python'
  const { version, pip } = await pythonState()
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

async function cacheFinding(cache: string): Promise<Finding> {
  const sections = await readCache(cache)
  const bytes = sections.reduce((sum, s) => sum + s.bytes, 0)
  const free = await freeSpace(cache)
  const space = free === undefined ? '' : `, ${fileSize(free)} free on its disk`
  return { name: 'cache', mark: 'note', text: `${cache}: ${fileSize(bytes)}${space}` }
}
