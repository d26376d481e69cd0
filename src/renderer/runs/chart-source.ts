import type { Series } from '../state/types.ts'

/** Where a chart reads its numbers: outside React, as often as it draws. */
export interface SeriesSource {
  read(): Series | undefined
  /** Calls back after each change; returns what ends that. */
  subscribe(changed: () => void): () => void
}

/** The part of the steps that a person drags out, shared by all charts of a run. */
export class ChartGroup {
  private readonly listeners = new Set<() => void>()
  private readonly pointers = new Set<() => void>()
  private at: number | null = null
  private range: readonly [number, number] | null = null
  /** Charts with one key show their crosshair at the same step. */
  readonly key: string

  constructor(key: string) {
    this.key = key
  }

  get zoom(): readonly [number, number] | null {
    return this.range
  }

  /** The step that is pointed at, in any of the charts; null when none is. */
  get pointed(): number | null {
    return this.at
  }

  point(step: number | null): void {
    if (step === this.at) return
    this.at = step
    for (const listener of this.pointers) listener()
  }

  readonly subscribePointer = (changed: () => void): (() => void) => {
    this.pointers.add(changed)
    return () => this.pointers.delete(changed)
  }

  setZoom(range: readonly [number, number] | null): void {
    if (range === this.range) return
    this.range = range
    for (const listener of this.listeners) listener()
  }

  readonly subscribe = (changed: () => void): (() => void) => {
    this.listeners.add(changed)
    return () => this.listeners.delete(changed)
  }
}

/** A value under the crosshair. */
export interface Reading {
  readonly step: number
  readonly value: number
  /** What the line shows there. */
  readonly smoothed: number
}
