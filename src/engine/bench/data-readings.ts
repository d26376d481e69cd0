import { createHash } from 'node:crypto'
import type { OpenStage } from '../train.ts'

/** Batches that are read twice and compared: more than two epochs of the benchmark's pictures. */
export const COMPARED = 40

/** SHA-256 of each of the first batches. */
async function batchHashes({ feed, step }: OpenStage): Promise<string[]> {
  const hashes: string[] = []
  for (let at = 0; at < COMPARED; at++) {
    const hash = createHash('sha256')
    for (const { bytes } of await feed.batch(at, step.batch)) hash.update(bytes)
    hashes.push(hash.digest('hex'))
  }
  return hashes
}

/** Throws unless two readings of one seed are the same bytes, and those of another seed are not. */
export async function compareReadings(one: OpenStage, again: OpenStage, other: OpenStage): Promise<void> {
  const [first, second, third] = await Promise.all([one, again, other].map(batchHashes))
  if (first!.some((hash, i) => hash !== second![i])) throw new Error('two readings of one seed differ')
  if (first!.every((hash, i) => hash === third![i])) throw new Error('the seed does not change the batches')
}
