import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { BundleError, readBundle } from '../host/bundle.ts'
import type { GraphSource } from '../protocol/messages.ts'
import { CliError } from './exit.ts'
import { parseOverride } from './overrides.ts'

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder, not a graph file',
  EACCES: 'it may not be read',
}

/** Reads a graph file, with what the command line changes in it. */
export async function readGraph(
  file: string,
  { set = [], seed }: { readonly set?: readonly string[]; readonly seed?: number } = {},
): Promise<GraphSource> {
  const overrides = set.map(parseOverride)
  try {
    return { text: await readText(file), file: resolve(file), overrides, seed }
  } catch (e) {
    if (e instanceof BundleError) throw new CliError(e.message)
    const { code = '', message } = e as NodeJS.ErrnoException
    throw new CliError(`${file}: ${REASONS[code] ?? message}.`)
  }
}

/** A bundle is read as the graph that it holds. */
const readText = async (file: string): Promise<string> =>
  file.endsWith('.dpt') ? (await readBundle(file)).text : readFile(file, 'utf8')
