import { useMemo } from 'react'
import { runsStore } from '../state/index.ts'
import type { RunsState, Series } from '../state/types.ts'
import type { SeriesSource } from './chart-source.ts'

/** A metric of a training as the store has it, for charts that draw outside React. */
export function seriesSource(run: string | null, node: string, metric: string): SeriesSource {
  const trainOf = (state: RunsState) => (run === null ? undefined : state.views.get(run)?.trains.get(node))
  return {
    read: (): Series | undefined => trainOf(runsStore.getState())?.series.get(metric),
    subscribe: changed =>
      runsStore.subscribe((now, before) => {
        if (trainOf(now) !== trainOf(before)) changed()
      }),
  }
}

export const useSeries = (run: string | null, node: string, metric: string): SeriesSource =>
  useMemo(() => seriesSource(run, node, metric), [run, node, metric])
