import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from './fault.ts'

/** As the engine names a report's pictures. */
const NAME = /^[0-9a-f]{8,64}\.webp$/

export interface Picture {
  readonly mime: string
  readonly bytes: Uint8Array
}

/** A picture of a run's report. */
export async function readPicture(run: string, name: string): Promise<Picture> {
  if (!NAME.test(name)) throw new Fault('bad-request', `${name.slice(0, 80)} is not a picture's name.`)
  return { mime: 'image/webp', bytes: await readFile(join(run, 'pictures', name)) }
}
