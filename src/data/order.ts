import { createHash } from 'node:crypto'
import { DataError } from './error.ts'
import { mix } from './mix.ts'

const ROUNDS = 12

/** A step's rows, and the epoch they belong to (from 0). */
export interface StepRows {
  readonly rows: Int32Array
  readonly epoch: number
}

export interface StepOf {
  /** Rows in the dataset. */
  readonly rows: number
  readonly batchSize: number
  readonly seed: number
  readonly trainId: string
  readonly batchId: string
  /** The optimizer step, from 0. */
  readonly step: number
}

/** Whole batches in one epoch: the ragged tail is dropped, and which rows fall into it changes with the epoch. */
export function stepsPerEpoch(rows: number, batchSize: number): number {
  checkCount('rows', rows, 1)
  checkCount('batch size', batchSize, 1)
  if (rows < batchSize) {
    throw new DataError(
      `The dataset has ${rows} rows, fewer than one batch of ${batchSize}. ` +
        `Set the batch size to ${rows} or less, or use more data.`,
    )
  }
  return Math.floor(rows / batchSize)
}

/**
 * The rows of one training step: a pure function of its arguments, so a run can resume or step back anywhere.
 *
 * Each epoch visits the rows in a fresh pseudo-random permutation of 0 … rows−1, keyed by SHA-256 of
 * (seed, trainId, batchId, epoch). The permutation is a balanced Feistel network over the smallest 4^k ≥ rows,
 * walked until it lands inside the range (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002): any
 * place of it costs the same, with no table in memory, however many rows there are.
 */
export function rowsOfStep(of: StepOf): StepRows {
  checkCount('step', of.step, 0)
  const perEpoch = stepsPerEpoch(of.rows, of.batchSize)
  const epoch = Math.floor(of.step / perEpoch)
  const start = (of.step % perEpoch) * of.batchSize
  const permute = permutation(of.rows, [of.seed, of.trainId, of.batchId, epoch])
  const rows = new Int32Array(of.batchSize)
  for (let i = 0; i < rows.length; i++) rows[i] = permute(start + i)
  return { rows, epoch }
}

/** Which of a row's texts is used in an epoch: seeded, uniform over 0 … count−1, independent of the row's place. */
export function variantOf(seed: number, epoch: number, rowId: string, count: number): number {
  checkCount('variants', count, 1)
  if (count === 1) return 0
  let word = mix(foldSeed(seed) ^ 0x85ebca6b)
  word = mix(word ^ epoch)
  for (let i = 0; i < rowId.length; i++) word = mix(word ^ rowId.charCodeAt(i))
  return Math.floor((word / 2 ** 32) * count)
}

/** A keyed pseudo-random permutation of 0 … size−1. Equal keys give the same one, on every machine. */
export function permutation(size: number, key: readonly (string | number)[]): (place: number) => number {
  checkCount('size', size, 1)
  if (size > 2 ** 30)
    throw new DataError(`A dataset of ${size} rows is more than the 2^30 that an order covers.`)
  const half = Math.max(1, Math.ceil(Math.log2(size) / 2))
  const mask = 2 ** half - 1
  const keys = roundKeys(key)
  return place => {
    let at = place
    do {
      let left = at >>> half
      let right = at & mask
      for (let round = 0; round < ROUNDS; round++) {
        const next = left ^ (mix(right ^ keys[round]!) & mask)
        left = right
        right = next
      }
      at = (left << half) | right
    } while (at >= size)
    return at
  }
}

function roundKeys(key: readonly (string | number)[]): Uint32Array {
  const keys = new Uint32Array(ROUNDS)
  for (let block = 0; block * 8 < ROUNDS; block++) {
    const digest = createHash('sha256')
      .update(JSON.stringify(['diptych-order-1', block, ...key]))
      .digest()
    for (let i = 0; i < 8 && block * 8 + i < ROUNDS; i++) keys[block * 8 + i] = digest.readUInt32LE(i * 4)
  }
  return keys
}

/** Seeds are whole numbers up to 2^53; both halves count. */
function foldSeed(seed: number): number {
  return mix(Math.floor(seed / 2 ** 32)) ^ (seed >>> 0)
}

function checkCount(what: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new DataError(`The ${what} must be a whole number of at least ${least}, not ${value}.`)
  }
}
