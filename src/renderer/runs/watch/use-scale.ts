import { watchName } from '../../../graph/watches.ts'
import { useWatches } from '../../state/index.ts'
import type { ScaleKind } from './scale.ts'

/** The colour scale of a watch, which its file keeps, and a way to change it. */
export function useScale(name: string): readonly [kind: ScaleKind, pick: (kind: ScaleKind) => void] {
  const kind = useWatches(state => state.list.find(w => watchName(w) === name)?.scale ?? 'linear')
  const change = useWatches(state => state.change)
  return [kind, picked => change(name, { scale: picked === 'linear' ? undefined : picked })]
}
