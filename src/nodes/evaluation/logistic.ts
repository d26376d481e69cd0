import type { LabelledRows } from './frozen.ts'

/** A fitted classifier: the scores of all classes for a row of features. */
export interface Logistic {
  readonly scores: (features: ArrayLike<number>) => Float64Array
  readonly iterations: number
  /** Largest entry of the gradient of the mean loss at the end. */
  readonly gradient: number
}

const TOLERANCE = 1e-8
const MOST_STEPS = 200
/** Share of the promised decrease that a step must bring (Armijo). */
const DECREASE = 1e-4

/**
 * Multinomial logistic regression with decay, in float64: the minimum over W and b of
 * Σ_i −log softmax(W x_i + b)[y_i] + |W|² / (2 C), to which the problem of two classes adds the same decay again, as
 * scikit-learn's binary form has it. Newton steps, each by conjugate gradients without forming the Hessian, with a
 * backtracking line search.
 *
 * Source: Nocedal & Wright 2006, Numerical Optimization, algorithm 7.1 (line search Newton-CG).
 */
export function fitLogistic(x: LabelledRows, classes: number, c: number): Logistic {
  const { rows, width, values, labels } = x
  const wide = width + 1
  const decay = (classes === 2 ? 2 : 1) / c
  const probabilities = new Float64Array(rows * classes)

  /** Scores of all rows: W x + b; the last of each class's weights is its bias. */
  const project = (w: Float64Array, out: Float64Array) => {
    for (let r = 0; r < rows; r++)
      for (let k = 0; k < classes; k++) {
        let sum = w[k * wide + width]!
        for (let j = 0; j < width; j++) sum += w[k * wide + j]! * values[r * width + j]!
        out[r * classes + k] = sum
      }
  }
  /** The weighted sum of the rows' features for each class, and the decay of `w`: a gradient, or a Hessian's product. */
  const collect = (weights: Float64Array, w: Float64Array): Float64Array => {
    const out = new Float64Array(classes * wide)
    for (let k = 0; k < classes; k++)
      for (let j = 0; j < width; j++) out[k * wide + j] = decay * w[k * wide + j]!
    for (let r = 0; r < rows; r++)
      for (let k = 0; k < classes; k++) {
        const weight = weights[r * classes + k]!
        for (let j = 0; j < width; j++) out[k * wide + j]! += weight * values[r * width + j]!
        out[k * wide + width]! += weight
      }
    return out
  }
  /** The loss at w; leaves the probabilities. */
  const loss = (w: Float64Array): number => {
    project(w, probabilities)
    let total = 0
    for (let r = 0; r < rows; r++) {
      const row = probabilities.subarray(r * classes, (r + 1) * classes)
      const most = row.reduce((a, b) => Math.max(a, b))
      const own = row[labels[r]!]!
      let sum = 0
      for (let k = 0; k < classes; k++) sum += row[k] = Math.exp(row[k]! - most)
      for (let k = 0; k < classes; k++) row[k]! /= sum
      total += Math.log(sum) + most - own
    }
    for (let k = 0; k < classes; k++)
      for (let j = 0; j < width; j++) total += (decay / 2) * w[k * wide + j]! ** 2
    return total
  }
  const gradientAt = (w: Float64Array) => {
    const residual = Float64Array.from(probabilities)
    labels.forEach((label, r) => {
      residual[r * classes + label]! -= 1
    })
    return collect(residual, w)
  }
  const products = new Float64Array(rows * classes)
  const curvature = (v: Float64Array) => {
    project(v, products)
    for (let r = 0; r < rows; r++) {
      let mean = 0
      for (let k = 0; k < classes; k++) mean += probabilities[r * classes + k]! * products[r * classes + k]!
      for (let k = 0; k < classes; k++)
        products[r * classes + k] = probabilities[r * classes + k]! * (products[r * classes + k]! - mean)
    }
    return collect(products, v)
  }

  const w = new Float64Array(classes * wide)
  let value = loss(w)
  let gradient = gradientAt(w)
  let iterations = 0
  while (largest(gradient) > TOLERANCE * rows && iterations < MOST_STEPS) {
    const step = conjugateGradient(curvature, gradient)
    const slope = dot(step, gradient)
    const start = Float64Array.from(w)
    let size = 1
    let next = value
    for (; size > 1e-10; size /= 2) {
      for (let i = 0; i < w.length; i++) w[i] = start[i]! + size * step[i]!
      next = loss(w)
      if (next <= value + DECREASE * size * slope) break
    }
    iterations++
    if (!(next < value)) {
      w.set(start)
      break
    }
    value = next
    gradient = gradientAt(w)
  }
  return {
    scores: features =>
      Float64Array.from({ length: classes }, (_, k) => {
        let sum = w[k * wide + width]!
        for (let j = 0; j < width; j++) sum += w[k * wide + j]! * features[j]!
        return sum
      }),
    iterations,
    gradient: largest(gradient) / rows,
  }
}

/** About −H⁻¹ g, the more exactly the smaller g is. */
function conjugateGradient(curvature: (v: Float64Array) => Float64Array, g: Float64Array): Float64Array {
  const step = new Float64Array(g.length)
  const residual = Float64Array.from(g)
  const direction = residual.map(r => -r)
  let square = dot(residual, residual)
  const enough = (Math.min(0.5, Math.sqrt(Math.sqrt(square))) * Math.sqrt(square)) ** 2
  for (let i = 0; i < g.length && square > enough; i++) {
    const h = curvature(direction)
    const bend = dot(direction, h)
    if (!(bend > 0)) break
    const size = square / bend
    for (let j = 0; j < g.length; j++) {
      step[j]! += size * direction[j]!
      residual[j]! += size * h[j]!
    }
    const next = dot(residual, residual)
    for (let j = 0; j < g.length; j++) direction[j] = -residual[j]! + (next / square) * direction[j]!
    square = next
  }
  return step.some(x => x !== 0) ? step : g.map(x => -x)
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
const largest = (a: Float64Array): number => a.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
