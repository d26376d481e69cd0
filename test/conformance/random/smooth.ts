import { elementwise, type Operation, partner } from './place.ts'

/** Smooth elementwise functions, which keep to where bf16's rounding does little. */
export const smoothOperations: Readonly<Record<string, Operation>> = {
  tanh: ({ b, x }) => b.tanh(x),
  logistic: ({ b, x }) => b.logistic(x),
  erf: ({ b, x }) => b.erf(x),
  sine: ({ b, x, detail }) => (detail % 2 ? b.sin(x) : b.cos(x)),
  neg: ({ b, x }) => b.neg(x),
  stopGradient: ({ b, x }) => b.stopGradient(x),
  barrier: at => {
    const y = partner(at, () => true) ?? at.x
    return at.b.optimizationBarrier([at.x, y])[at.detail % 2]!
  },
  add: elementwise((b, x, y) => b.mul(b.add(x, y), 0.5)),
  sub: elementwise((b, x, y) => b.sub(x, b.mul(y, 0.5))),
  mul: elementwise((b, x, y) => b.tanh(b.mul(x, y))),
  square: ({ b, x }) => b.tanh(b.pow(x, 2)),
}

/** Only where both float dtypes occur. */
export const mixedOperations: Readonly<Record<string, Operation>> = {
  changeDtype: ({ b, x }) => b.convert(x, x.type.dtype === 'bf16' ? 'f32' : 'bf16'),
}
