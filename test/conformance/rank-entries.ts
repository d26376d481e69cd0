import { smooth } from './entries.ts'
import type { Entry } from './table.ts'

const X = 'f32[2,2,3,2,3,2,2]'
const STRETCHED = 'f32[2,1,3,2,1,2,2]'

/** Arrays of seven axes, more than some kernels take: those of WebAssembly give garbage for them, and no error. */
export const rankEntries: readonly Entry[] = [
  smooth('seven axes: elementwise', [X, X], (b, [x, y]) =>
    b.select(b.compare('GT', x!, y!), b.tanh(x!), b.mul(b.max(x!, y!), y!)),
  ),
  smooth('seven axes: some stretch', [STRETCHED, X], (b, [x, y]) => b.sub(b.exp(x!), b.exp(y!))),
  smooth('seven axes: reductions', [X], (b, [x]) => {
    const y = b.mul(x!, x!)
    return b.mul(b.sum(y, [1, 3, 6]), b.reduceMax(y, [1, 3, 6]))
  }),
  smooth('seven axes: moved', [X], (b, [x]) => {
    const moved = b.transpose(b.exp(x!), [6, 0, 2, 1, 5, 3, 4])
    return b.reverse(b.slice(moved, [0, 0, 1, 0, 0, 0, 0], [2, 2, 3, 2, 1, 2, 3]), [1, 6])
  }),
  smooth('seven axes: padded and joined', [X], (b, [x]) => {
    const y = b.exp(x!)
    const padded = b.pad(y, [0, 1, 0, 0, 0, 0, 1], [1, 0, 0, 0, 2, 0, 0])
    return b.concatenate([padded, b.mul(padded, 2)], 4)
  }),
]
