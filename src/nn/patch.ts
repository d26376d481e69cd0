import { BuildError, type Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { elementCount, showType } from '../ir/types.ts'
import { affine } from './linear.ts'
import type { Scope } from './scope.ts'

/**
 * Cuts `x` [..., H, W, C] into squares of `patch` × `patch` pixels: [..., N, patch · patch · C], N = (H/P)(W/P).
 * Patches come row by row; within a patch the values run over its rows, then columns, then channels.
 */
export function patchify(b: Builder, x: Var, patch: number): Var {
  const lead = x.type.shape.slice(0, -3)
  const [height, width, channels] = x.type.shape.slice(-3) as [number, number, number]
  if (height % patch || width % patch)
    throw new BuildError(`patches of ${patch} don't divide the picture ${showType(x.type)}`, b.currentOrigin)
  const [rows, columns] = [height / patch, width / patch]
  const grid = b.reshape(x, [elementCount(lead), rows, patch, columns, patch, channels]) // [B, h, P, w, P, C]
  const patches = b.transpose(grid, [0, 1, 3, 2, 4, 5]) // [B, h, w, P, P, C]
  return b.reshape(patches, [...lead, rows * columns, patch * patch * channels]) // [..., N, P·P·C]
}

/**
 * A convolution without bias whose stride is its size, as a matrix product: `image` [..., H, W, C] → [..., N, D].
 * Weight `weight` [D, C, P, P], torch.nn.Conv2d's layout, so checkpoints load as they are; it is put into the
 * order of `patchify` here, which costs nothing beside the product. Starts uniform within (C P P)^-½, as Conv2d.
 */
export function patchEmbedding(
  s: Scope,
  image: Var,
  options: { readonly patch: number; readonly width: number },
): Var {
  const { b } = s
  const { patch, width } = options
  const channels = image.type.shape.at(-1)!
  const fanIn = channels * patch * patch
  const kernel = s.weight('weight', [width, channels, patch, patch], {
    kind: 'uniform',
    bound: fanIn ** -0.5,
  })
  const weight = b.reshape(b.transpose(kernel, [0, 2, 3, 1]), [width, fanIn]) // [D, P·P·C]
  return affine(b, patchify(b, image, patch), weight) // [..., N, D]
}
