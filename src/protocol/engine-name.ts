/**
 * What can compute a run: XLA, the default; TensorFlow.js, wherever XLA has no plugin; and the slow oracle in
 * TypeScript, for toys.
 */
export const ENGINES = ['xla', 'tfjs', 'reference'] as const

export type EngineName = (typeof ENGINES)[number]

/** The engine that a backend's fingerprint belongs to. */
export const engineOfFingerprint = (fingerprint: string): EngineName =>
  ENGINES.find(name => fingerprint.split('-', 1)[0] === name) ?? 'xla'
