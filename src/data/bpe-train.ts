import { compareText } from './hash.ts'
import { breathe, type JobOptions } from './parallel.ts'

export interface BpeTraining extends JobOptions {
  /** Tokens to start from, in the order of their ids: every symbol that a word may hold. */
  readonly alphabet: readonly string[]
  /** The most tokens there may be, alphabet included. */
  readonly size: number
  /** Pairs seen less often are not merged. */
  readonly minFrequency: number
}

export interface BpeModel {
  /** Tokens in the order of their ids. */
  readonly tokens: readonly string[]
  readonly merges: readonly (readonly [string, string])[]
}

/** Ids stay below this, so that two of them make one exact number. */
const PAIR_BASE = 2 ** 24
const MERGES_PER_BREATH = 256

interface Candidate {
  readonly pair: number
  readonly count: number
}

/**
 * Byte-pair encoding (Sennrich, Haddow and Birch 2016): starting from single symbols, merges the most frequent pair of
 * neighbours again and again. Ties go to the lexicographically first pair, so the result depends on the counts alone.
 * Pair counts are kept up to date word by word, and a heap finds the next pair.
 */
export async function trainMerges(
  words: ReadonlyMap<string, number>,
  training: BpeTraining,
): Promise<BpeModel> {
  const { alphabet, size, minFrequency, signal, progress } = training
  const tokens = [...alphabet]
  const ids = new Map(tokens.map((token, id) => [token, id]))
  const counts: number[] = []
  const pieces: number[][] = []
  for (const [word, count] of words) {
    pieces.push(Array.from(word, symbol => ids.get(symbol)!))
    counts.push(count)
  }
  const pairs = new PairTable(tokens)
  for (const [word, piece] of pieces.entries()) pairs.addWord(piece, word, counts[word]!)
  pairs.fillHeap()
  const merges: [string, string][] = []
  while (tokens.length < size) {
    if (merges.length % MERGES_PER_BREATH === 0) {
      await breathe()
      signal?.throwIfAborted()
      progress?.({ done: tokens.length, total: size })
    }
    const best = pairs.takeBest()
    if (!best || best.count < minFrequency) break
    const left = Math.floor(best.pair / PAIR_BASE)
    const right = best.pair % PAIR_BASE
    const text = tokens[left]! + tokens[right]!
    merges.push([tokens[left]!, tokens[right]!])
    // Two different pairs may spell the same token; it keeps its first id.
    const known = ids.get(text)
    const id = known ?? tokens.push(text) - 1
    ids.set(text, id)
    for (const word of pairs.wordsWith(best.pair)) {
      const piece = pieces[word]!
      const merged = mergePair(piece, left, right, id)
      if (merged.length === piece.length) continue
      pairs.removeWord(piece, counts[word]!)
      pairs.addWord(merged, word, counts[word]!)
      pieces[word] = merged
    }
    pairs.settle(best.pair)
  }
  return { tokens, merges }
}

function mergePair(piece: readonly number[], left: number, right: number, id: number): number[] {
  const merged: number[] = []
  for (let i = 0; i < piece.length; i++) {
    if (piece[i] === left && piece[i + 1] === right) {
      merged.push(id)
      i++
    } else {
      merged.push(piece[i]!)
    }
  }
  return merged
}

/** How often each pair of neighbours occurs, where, and which occurs most. */
class PairTable {
  readonly #tokens: readonly string[]
  readonly #counts = new Map<number, number>()
  readonly #places = new Map<number, Set<number>>()
  readonly #changed = new Set<number>()
  /** A binary heap whose entries may be out of date: one counts only if its count is still the pair's. */
  readonly #heap: Candidate[] = []

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens
  }

  addWord(piece: readonly number[], word: number, count: number): void {
    for (const pair of pairsOf(piece)) {
      this.#add(pair, count)
      const places = this.#places.get(pair)
      if (places) places.add(word)
      else this.#places.set(pair, new Set([word]))
    }
  }

  removeWord(piece: readonly number[], count: number): void {
    for (const pair of pairsOf(piece)) this.#add(pair, -count)
  }

  /** Words that hold the pair now or did before. */
  wordsWith(pair: number): readonly number[] {
    return [...(this.#places.get(pair) ?? [])]
  }

  fillHeap(): void {
    for (const pair of this.#changed) this.#push({ pair, count: this.#counts.get(pair)! })
    this.#changed.clear()
  }

  /** After a merge: its pair is gone, and pairs whose count changed are entered anew. */
  settle(pair: number): void {
    this.#counts.delete(pair)
    this.#places.delete(pair)
    this.#changed.delete(pair)
    for (const changed of this.#changed) {
      const count = this.#counts.get(changed)!
      if (count > 0) this.#push({ pair: changed, count })
    }
    this.#changed.clear()
  }

  takeBest(): Candidate | undefined {
    for (;;) {
      const best = this.#pop()
      if (!best || this.#counts.get(best.pair) === best.count) return best
    }
  }

  #add(pair: number, count: number): void {
    this.#counts.set(pair, (this.#counts.get(pair) ?? 0) + count)
    this.#changed.add(pair)
  }

  #before(a: Candidate, b: Candidate): boolean {
    if (a.count !== b.count) return a.count > b.count
    if (a.pair === b.pair) return false
    const text = (id: number) => this.#tokens[id]!
    const left = compareText(text(Math.floor(a.pair / PAIR_BASE)), text(Math.floor(b.pair / PAIR_BASE)))
    return (left !== 0 ? left : compareText(text(a.pair % PAIR_BASE), text(b.pair % PAIR_BASE))) < 0
  }

  #push(candidate: Candidate): void {
    const heap = this.#heap
    let at = heap.push(candidate) - 1
    while (at > 0) {
      const up = (at - 1) >> 1
      if (!this.#before(candidate, heap[up]!)) break
      heap[at] = heap[up]!
      at = up
    }
    heap[at] = candidate
  }

  #pop(): Candidate | undefined {
    const heap = this.#heap
    const top = heap[0]
    const moved = heap.pop()
    if (!top || !moved || heap.length === 0) return top
    let at = 0
    for (;;) {
      let down = 2 * at + 1
      if (down >= heap.length) break
      if (down + 1 < heap.length && this.#before(heap[down + 1]!, heap[down]!)) down++
      if (!this.#before(heap[down]!, moved)) break
      heap[at] = heap[down]!
      at = down
    }
    heap[at] = moved
    return top
  }
}

function pairsOf(piece: readonly number[]): number[] {
  const pairs: number[] = []
  for (let i = 1; i < piece.length; i++) pairs.push(piece[i - 1]! * PAIR_BASE + piece[i]!)
  return pairs
}
