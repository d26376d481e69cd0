import { z } from 'zod'
import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import type { Precision, Scope } from '../nn/scope.ts'
import type { EvaluationContext, HostContext, HostInputs, HostValue, Report } from './host.ts'
import type { DatasetSchema } from './schema.ts'
import type { Timing, TimingPlan } from './timing.ts'
import type { DevicePort, PortType, PortTypes } from './types.ts'

z.config({ jitless: true })

/** A staged value: one tensor, or the tensors of a record by field. */
export type DeviceValue = Var | { readonly [field: string]: Var }
export type DeviceValues = Readonly<Record<string, DeviceValue>>

/** What an input takes. The checker compares it with the wire and says both where they differ. */
export type Accept =
  | {
      readonly kind: 'host'
      readonly of: 'dataset' | 'tokenizer' | 'weights' | 'optimizer' | 'schedule' | 'text' | 'report'
    }
  | { readonly kind: 'record'; readonly record: 'tok' | 'feat' | 'pairs' | 'loss' }
  /** Any device wire. */
  | { readonly kind: 'device' }
  /**
   * `dims`: the trailing axes by name (`*` is any name). `leading`: any further axes may stand before
   * them; without it the rank must be exact.
   */
  | {
      readonly kind: 'tensor'
      readonly dtype: 'float' | 'int' | 'bool'
      readonly dims: readonly string[]
      readonly leading?: boolean
    }

export interface InputSpec {
  readonly accepts: Accept
  readonly doc: string
  readonly optional?: boolean
  /** Takes an ordered list of wires. */
  readonly list?: boolean
  /**
   * What goes with a list of wires position by position: list parameters, and other list inputs of the same length.
   * Where a muted node takes a wire out of the list, its partners go too.
   */
  readonly along?: readonly string[]
  /** Its axes are its own: they need not have the sizes of other inputs' axes of the same name. */
  readonly apart?: boolean
}

export type Category =
  | 'data'
  | 'text'
  | 'encoder'
  | 'layer'
  | 'pair'
  | 'objective'
  | 'optimizer'
  | 'train'
  | 'evaluation'
  | 'note'

/** The wires that came in: one type a port, or a list of types for a list port. */
export type InputTypes = Readonly<Record<string, PortType | readonly PortType[] | undefined>>

type ParamSchema = z.ZodObject<z.ZodRawShape>

interface NodeBase<S extends ParamSchema> {
  /** `category.name`, forever. */
  readonly type: string
  readonly version: number
  readonly title: string
  readonly category: Category
  /** Markdown: what it does, the formula and its source. */
  readonly doc: string
  readonly params: S
  readonly inputs: Readonly<Record<string, InputSpec>>
  /** Pure steps from the parameters of version k to those of k + 1. */
  readonly migrations?: Readonly<Record<number, (params: Record<string, unknown>) => Record<string, unknown>>>
  /** The types of the outputs. Throws `GraphFault` where the inputs or settings don't fit. */
  readonly types: (params: z.infer<S>, inputs: InputTypes) => PortTypes
  /** Why an output that a wire names isn't there, where the node can tell; the checker then says it as the hint. */
  readonly absent?: (params: z.infer<S>, inputs: InputTypes, port: string) => string | undefined
}

/** Builds IR; never holds a number while a person edits. */
export interface DeviceNode<S extends ParamSchema = ParamSchema> extends NodeBase<S> {
  readonly kind: 'device'
  readonly build: (
    scope: Scope,
    params: z.infer<S>,
    inputs: Readonly<Record<string, DeviceValue>>,
    types: { readonly inputs: InputTypes; readonly outputs: PortTypes },
  ) => DeviceValues
  /**
   * For a node that compares every row of one input with every row of another: which inputs those are.
   * Evaluators cut there and fill the two sides from tables of different length.
   */
  readonly pairs?: { readonly rows: string; readonly columns: string }
  /** Computes in float32 whatever the stage's precision: losses, similarities, norms. */
  readonly precise?: boolean
  /**
   * For a node that closes a wire over weights: its inputs of both. The stage then builds that wire with the given
   * weights, in eval mode, and passes it to `build`.
   */
  readonly binds?: { readonly wire: string; readonly weights: string }
}

/** How a Batch field comes from a dataset: what an evaluator replays on its own dataset. */
export type Derivation =
  | { readonly kind: 'image'; readonly column: string; readonly size: number; readonly fit: ImageFit }
  | {
      readonly kind: 'frames'
      readonly column: string
      readonly frames: number
      readonly size: number
      readonly fit: ImageFit
    }
  | { readonly kind: 'text'; readonly column: string; readonly length: number }
  | { readonly kind: 'category' | 'int' | 'float'; readonly column: string }

/** How a picture is brought to a square: squashed, centre-cropped, or padded with the background. */
export type ImageFit = 'squash' | 'crop' | 'pad'

/** The bridge from a dataset to one device wire per field. */
export interface BatchNode<S extends ParamSchema = ParamSchema> extends NodeBase<S> {
  readonly kind: 'batch'
  /** `rows`: as the consumer stages it; in training the node's own `size`. */
  readonly types: (params: z.infer<S>, inputs: InputTypes, rows?: number) => PortTypes
  readonly rows: (params: z.infer<S>) => number
  /** By output port. */
  readonly derivations: (params: z.infer<S>, inputs: InputTypes) => Readonly<Record<string, Derivation>>
  /** From what the engine uploads (see `rawFields`) to the wire; augmentation happens here, in train mode. */
  readonly build: (
    scope: Scope,
    params: z.infer<S>,
    port: string,
    raw: Readonly<Record<string, Var>>,
  ) => DeviceValue
}

/** Runs on the host when something upstream changed; its result is cached. */
export interface HostNode<S extends ParamSchema = ParamSchema> extends NodeBase<S> {
  readonly kind: 'host'
  /** Services it calls; their code belongs to its cache key. */
  readonly uses: readonly string[]
  /** For sources: the schema by a cheap look at the data, made by the engine; `types` then gets it as `schema`. */
  readonly peek?: (context: HostContext, params: z.infer<S>) => Promise<DatasetSchema>
  readonly types: (params: z.infer<S>, inputs: InputTypes, schema?: DatasetSchema) => PortTypes
  /**
   * The files and folders that it reads, relative to the graph file and with braces as in `{000..009}`: a change in
   * them makes a kept result stale. Default: its parameter `path`.
   */
  readonly files?: (params: z.infer<S>, outputs: PortTypes) => readonly string[]
  readonly run: (
    context: HostContext,
    params: z.infer<S>,
    inputs: HostInputs,
  ) => Promise<Readonly<Record<string, HostValue>>>
}

/** Weights to weights: what the engine trains. */
export interface TrainNode<S extends ParamSchema = ParamSchema> extends NodeBase<S> {
  readonly kind: 'train'
  readonly settings: (params: z.infer<S>) => TrainSettings
}

export interface TrainSettings {
  readonly steps: number
  readonly seed?: number
  readonly checkpointEvery: number
  /** Global-norm limit of the gradients; 0 for none. */
  readonly clipNorm: number
  /** What device nodes compute in; weights and optimizer state are float32. */
  readonly precision: Precision
  /** Whether the inner values of blocks are computed again in reverse mode instead of kept. */
  readonly gradientCheckpointing: boolean
  /** Decay of the moving average of the weights that change; 0 for none. */
  readonly ema: number
  /** For each wired loss, in order; a missing one is all defaults. */
  readonly objectives: readonly ObjectiveSettings[]
  /** Whether all objectives read the step's starting weights, or each those that the one before it made. */
  readonly order: 'together' | 'in sequence'
  /** Of these, the first whose pattern matches a weight applies to it. */
  readonly groups: readonly ParameterGroup[]
  /** Parameters of nodes that have other values in this stage. */
  readonly overrides: readonly ParamOverride[]
  /** Parts that a batch is split into, one after another; 1 for none. */
  readonly accumulate: number
  /** What to do under accumulation with a loss that compares rows with each other. */
  readonly nonSeparable: 'two passes' | 'refuse'
  /** The Train whose data order, random keys and seed this one takes; its own where there is none. */
  readonly pairedWith?: string
}

/** One loss of a Train: it acts on the steps t ≥ start with (t - start) % every = 0. */
export interface ObjectiveSettings {
  /** Pattern of the weights that it trains. */
  readonly trainable: string
  readonly every: number
  readonly start: number
}

export interface ParameterGroup {
  readonly pattern: string
  /** Factor of the learning rate. */
  readonly rate: number
  /** Whether weight decay applies; undefined leaves it to the weight's own rule. */
  readonly weightDecay?: boolean
}

export interface ParamOverride {
  readonly $node: string
  readonly params: Readonly<Record<string, unknown>>
}

/**
 * How an evaluator fills a side of a pairs wire: from the dataset's columns, from its pictures alone (which may then
 * stand in other columns, or be replaced by their mean), or from texts that it names.
 */
export type Filling = 'dataset' | 'pictures' | 'texts'

/** What an evaluator will bind. */
export interface EvaluatorNeeds {
  /** A `pairs` input, cut at its two operands, and how each is filled. */
  readonly pairs?: { readonly port: string; readonly rows: Filling; readonly columns: Filling }
  /** Inputs whose device wires it computes over the rows of each of its datasets. */
  readonly wires?: readonly string[]
  /** Further columns it reads in each of its datasets, with the kind they must have. */
  readonly fields: Readonly<Record<string, 'category' | 'text' | 'image'>>
}

/** Device wires, its own datasets and weights to a report. */
export interface EvaluatorNode<S extends ParamSchema = ParamSchema> extends NodeBase<S> {
  readonly kind: 'evaluator'
  /** So that the checker can say on the wire what is missing before anything runs. */
  readonly needs: (params: z.infer<S>) => EvaluatorNeeds
  readonly evaluate: (context: EvaluationContext, params: z.infer<S>) => Promise<Report>
}

/**
 * Measures how fast two Trains are, not what they have learned: the engine takes steps of the Trains that its inputs
 * `a` and `b` come from, in turn, and keeps nothing of what those steps make.
 */
export interface TimingNode<S extends ParamSchema = ParamSchema> extends NodeBase<S> {
  readonly kind: 'timing'
  readonly plan: (params: z.infer<S>) => TimingPlan
  readonly report: (timing: Timing, params: z.infer<S>) => Report
}

/** Says something to people; computes nothing. */
export interface NoteNode<S extends ParamSchema = ParamSchema> extends NodeBase<S> {
  readonly kind: 'note'
}

export type NodeDef = DeviceNode | BatchNode | HostNode | TrainNode | EvaluatorNode | TimingNode | NoteNode
export type Registry = ReadonlyMap<string, NodeDef>

// Each `define…` checks the node against its own parameter type, then forgets it for the registry.
const widen = <D>(def: object): D => Object.freeze(def) as D

export const defineDevice = <S extends ParamSchema>(d: Omit<DeviceNode<S>, 'kind'>): DeviceNode =>
  widen({ ...d, kind: 'device' })
export const defineBatch = <S extends ParamSchema>(d: Omit<BatchNode<S>, 'kind'>): BatchNode =>
  widen({ ...d, kind: 'batch' })
export const defineHost = <S extends ParamSchema>(d: Omit<HostNode<S>, 'kind'>): HostNode =>
  widen({ ...d, kind: 'host' })
export const defineTrain = <S extends ParamSchema>(d: Omit<TrainNode<S>, 'kind'>): TrainNode =>
  widen({ ...d, kind: 'train' })
export const defineEvaluator = <S extends ParamSchema>(d: Omit<EvaluatorNode<S>, 'kind'>): EvaluatorNode =>
  widen({ ...d, kind: 'evaluator' })
export const defineTiming = <S extends ParamSchema>(d: Omit<TimingNode<S>, 'kind'>): TimingNode =>
  widen({ ...d, kind: 'timing' })
export const defineNote = <S extends ParamSchema>(d: Omit<NoteNode<S>, 'kind'>): NoteNode =>
  widen({ ...d, kind: 'note' })

/** A parameter that names another node of the graph. */
export const nodeRef = () => z.strictObject({ $node: z.string() }, { error: 'a reference { "$node": "id" }' })

/** Settings of every node that holds weights; a Train may override what they say for its stage. */
export const weightParams = {
  trainable: z.boolean().default(true).describe('Whether Train changes these weights.'),
  constWeights: z
    .boolean()
    .default(false)
    .describe('Use the weights as they are, with no gradient to them from here and no update of state.'),
  sharedWith: nodeRef().optional().describe('Use the weights of another node of this type.'),
  sharePattern: z
    .string()
    .min(1)
    .default('*')
    .describe('Which weights are shared, by their names within the node; * stands for any text.'),
  averageOf: nodeRef()
    .optional()
    .describe('The weights are a moving average of those of another node of this type.'),
  averageDecay: z
    .number()
    .min(0)
    .max(1)
    .default(0.999)
    .describe('Share of the moving average that an optimizer step keeps.'),
}

/** Setting of nodes that follow a Train's precision; not of those that are precise anyway. */
export const precisionParam = {
  precision: z
    .enum(['f32', 'bf16'])
    .optional()
    .describe('What this node computes in; otherwise what its Train says.'),
}

/** The parameters among these as a node's schema has read them; a node without weights has none. */
export type WeightParams = Partial<z.infer<z.ZodObject<typeof weightParams>>>

// Reading inputs in a type rule, after the checker has matched them with what the node accepts.

/** The wire at a port that the checker has already matched. */
export function port<K extends PortType['kind']>(
  inputs: InputTypes,
  name: string,
  kind: K,
): Extract<PortType, { kind: K }> {
  const t = inputs[name]
  if (!t || Array.isArray(t) || (t as PortType).kind !== kind)
    throw new Error(`input "${name}" is not a ${kind}`)
  return t as Extract<PortType, { kind: K }>
}

/** A staged value that is one tensor. */
export function asVar(v: DeviceValue | undefined, name: string): Var {
  if (!v || !('id' in v && 'type' in v)) throw new Error(`input "${name}" is not one tensor`)
  return v as Var
}

/** A field of a staged record. */
export function asField(v: DeviceValue | undefined, name: string, field: string): Var {
  const x = v && !('id' in v && 'type' in v) ? (v as Record<string, Var>)[field] : undefined
  if (!x) throw new Error(`input "${name}" has no field "${field}"`)
  return x
}

export type { Builder, DevicePort, PortTypes, Scope, Var }
export { z }
