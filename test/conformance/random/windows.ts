import type { Builder } from '../../../src/ir/builder.ts'
import { windowCount } from '../../../src/ir/ops/windows.ts'
import type { Var } from '../../../src/ir/program.ts'
import { elementCount } from '../../../src/ir/types.ts'
import { allAxes, keysOfAll, type Operation, type Place, partner } from './place.ts'

/** Numbers from a detail, each below its limit. */
function digits(detail: number, ...limits: readonly number[]): number[] {
  let rest = detail
  return limits.map(limit => {
    const digit = rest % limit
    rest = Math.floor(rest / limit)
    return digit
  })
}

/** A value of so many elements made of y's, cut or filled up. */
function sized(b: Builder, y: Var, count: number): Var {
  const n = elementCount(y.type.shape)
  const flat = b.reshape(y, [n])
  return n >= count ? b.sliceAxis(flat, 0, 0, count) : b.pad(flat, [0], [count - n], 0.25)
}

/** x as [N, spatial…, C], a convolution's kernel made of another value. */
function convolution(at: Place): Var | null {
  const { b, x, detail } = at
  if (x.type.shape.length < 2) return null
  const picture = x.type.shape.length === 2 ? b.reshape(x, [1, ...x.type.shape]) : x
  const channels = picture.type.shape.at(-1)!
  const [stride, low, high, apart, reach, side, group, features] = digits(detail, 3, 3, 3, 2, 2, 3, 3, 2)
  const groups = group === 0 ? 1 : group === 1 && channels % 2 === 0 ? 2 : channels
  const each = <T>(value: T): T[] => picture.type.shape.slice(1, -1).map(() => value)
  const window = each(1).map((_, i) => 1 + ((side! + i) % 3))
  const shape = [...window, channels / groups, groups * (1 + features!)]
  const y = partner(at, () => true) ?? x
  const kernel = b.reshape(b.tanh(sized(b, y, elementCount(shape))), shape)
  const out = b.convolution(picture, kernel, {
    strides: each(1 + (stride! % 2)),
    low: each(low! - 1),
    high: each(high! - 1),
    inputDilation: each(1 + apart!),
    kernelDilation: each(1 + reach!),
    groups,
  })
  return elementCount(out.type.shape) === 0 ? null : b.tanh(b.mul(out, 0.3))
}

/** Windows along the last two axes. */
function pooled({ b, x, detail }: Place, kind: 'max' | 'sum', from: Var): Var | null {
  const rank = x.type.shape.length
  if (rank === 0) return null
  const [size, stride, low, high] = digits(detail, 3, 2, 2, 2)
  const each = (there: number, elsewhere: number) => allAxes(x).map(i => (i >= rank - 2 ? there : elsewhere))
  const dims = {
    window: each(1 + size!, 1),
    strides: each(1 + stride!, 1),
    low: each(Math.min(low!, size!), 0),
    high: each(Math.min(high!, size!), 0),
  }
  const fits = x.type.shape.every(
    (n, i) => windowCount(n + dims.low[i]! + dims.high[i]!, dims.window[i]!, 1) > 0,
  )
  return fits ? b.tanh(b.reduceWindow(kind, from, dims)) : null
}

export const smoothWindows: Readonly<Record<string, Operation>> = {
  convolution,
  poolSum: at => pooled(at, 'sum', at.x),
}

export const kinkedWindows: Readonly<Record<string, Operation>> = {
  poolMax: at => pooled(at, 'max', keysOfAll(at.b, at.x, at.detail)),
}
