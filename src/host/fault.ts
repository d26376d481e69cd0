import type { Diagnostic } from '../graph/diagnostic.ts'
import type { HostFault } from '../protocol/workbench.ts'
import { EngineGone, EngineMissing } from './engine-process.ts'

/** A refusal that a window is told as it is. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly tag: HostFault['tag']
  readonly diagnostics: readonly Diagnostic[] | undefined

  constructor(tag: HostFault['tag'], message: string, diagnostics?: readonly Diagnostic[]) {
    super(message)
    this.tag = tag
    this.diagnostics = diagnostics
  }
}

const SYSTEM: Readonly<Record<string, readonly [HostFault['tag'], string]>> = {
  ENOENT: ['not-found', 'There is no such file or folder'],
  ENOTDIR: ['not-found', 'There is no such file or folder'],
  EISDIR: ['bad-request', 'It is a folder'],
  EEXIST: ['conflict', 'It exists already'],
  EACCES: ['forbidden', 'It may not be read or written'],
  EPERM: ['forbidden', 'It may not be read or written'],
  EROFS: ['disk', 'The disk is read-only'],
  ENOSPC: ['disk', 'The disk is full'],
  EDQUOT: ['disk', 'The disk quota is used up'],
  EIO: ['disk', 'The disk failed'],
}

export const systemCode = (e: unknown): string | undefined =>
  e instanceof Error ? (e as NodeJS.ErrnoException).code : undefined

/** Any error as a window is told of it. What nobody expected is also logged, with its trace. */
export function asFault(e: unknown): HostFault {
  if (e instanceof Fault) return { tag: e.tag, message: e.message, diagnostics: e.diagnostics }
  if (e instanceof EngineGone || e instanceof EngineMissing) return { tag: 'engine', message: e.message }
  const known = SYSTEM[systemCode(e) ?? '']
  if (known) {
    const { path } = e as NodeJS.ErrnoException
    return { tag: known[0], message: path ? `${known[1]}: ${path}` : known[1] }
  }
  console.error(e)
  return { tag: 'internal', message: `unexpected: ${e instanceof Error ? e.message : String(e)}` }
}

/** For work that goes on beside a request: what it throws is logged and ends there. */
export function logFault(e: unknown): void {
  console.error(e)
}
