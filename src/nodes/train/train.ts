import { actingSets, objectivesOf } from '../../graph/acting.ts'
import { GraphFault } from '../../graph/diagnostic.ts'
import { defineTrain, nodeRef, type PortTypes, z } from '../../graph/kit.ts'

const objective = z.strictObject({
  trainable: z
    .string()
    .min(1)
    .default('*')
    .describe('Pattern of the weights that this loss trains; all by default.'),
  every: z.int().min(1).max(1_000_000).default(1).describe('Acts on every so many steps.'),
  start: z.int().min(0).max(10_000_000).default(0).describe('The first step on which it acts.'),
})

const group = z.strictObject({
  pattern: z.string().min(1).describe('Pattern of the weights that it is for.'),
  rate: z.number().min(0).default(1).describe('Factor of the learning rate.'),
  weightDecay: z
    .boolean()
    .optional()
    .describe('Whether weight decay applies; otherwise each weight’s own rule.'),
})

const override = z.strictObject({
  $node: z.string().describe('The node that has other parameters in this stage.'),
  params: z.record(z.string(), z.unknown()).default({}).describe('Its parameters, by name.'),
})

export const train = defineTrain({
  type: 'train',
  version: 2,
  title: 'Train',
  category: 'train',
  doc: `Turns weights into better weights. Each wired loss is an objective: its gradient with respect to the weights
that its pattern names goes to the optimizer of the same place (the first, if there is only one). A weight that an
objective’s loss does not depend on is left alone by it.

An objective acts on the steps $t \\ge \\mathrm{start}$ with $(t - \\mathrm{start}) \\bmod \\mathrm{every} = 0$; on other
steps its weights and its optimizer’s memory stay as they are. \`together\`, all objectives read the weights that the
step started from; \`in sequence\`, each is computed anew on the weights that the one before it has just made, as a
GAN’s discriminator and generator often are. An optimizer counts its own objective’s updates; the learning rate
follows the Train’s steps.

With a norm limit $c$ the gradient $g$ of an objective is first clipped, $g \\leftarrow g \\cdot \\min(1,\\, c / \\lVert g \\rVert_2)$,
the norm taken over all its weights.

A parameter group changes the learning rate and the weight decay of the weights that its pattern names; of several
that match, the first counts.

With \`accumulate\` $= n$ each batch, whose size stays the effective one, is split into $n$ parts of which only one is
in memory at a time. The step is the one that the whole batch makes: losses are (sum, count), and sums, counts and
gradients of sums are added up. A loss that compares rows with each other, such as a contrastive one, can’t be added
up; it runs in \`two passes\`: what its encoders give is computed part by part, the loss and its gradient with respect
to that on the whole batch, then each part is computed again and given its share of the gradient. Random
augmentation and dropout draw other numbers in each part.

With a decay \`ema\` of $d$ it also keeps a moving average $\\bar\\theta$ of the weights, from the weights that it started
with, which often measures better than the weights themselves:

$$\\bar\\theta \\leftarrow d_t\\,\\bar\\theta + (1 - d_t)\\,\\theta,\\qquad d_t = \\min\\Big(d,\\ \\frac{2 + t}{11 + t}\\Big)$$

with $t$ the updates of that weight before this one. The output \`ema\` carries it; weights that do not change are as in
\`weights\`. Training never reads it.

Overrides give nodes other parameters in this stage alone, such as no patch dropout in the last one; evaluations use
the node’s own.

With the precision \`bf16\` matrix products, convolutions and what lies between them are computed in bfloat16 (8
significant bits, the range of float32). Weights, their gradients and optimizer state stay float32, and so do norms,
softmax, similarities, losses and the sums in them; a node’s own \`precision\` goes first. Evaluators compute as the
Train whose weights they are wired to. It pays where the device multiplies bf16 faster, as GPUs do, not on CPUs.

With \`gradientCheckpointing\` the gradient computes the inside of each transformer or convolution block a second
time, from the block’s input, instead of keeping what it needs of the first: far less memory in deep networks, for
about a third more computation. Losses and gradients are the same up to rounding.

The output \`curve\` is the record of its steps: loss, norm of the gradients and learning rate, step by step.

\`pairedWith\` names another Train and takes its order of the data, its random numbers and its seed, so that two arms of
an experiment see the same batches with the same augmentation and dropout, and differ only in what is wired or set
differently. Two Trains that are not paired draw apart, each by its own id.

Patterns are matched with weight names (\`vision/…\`); \`*\` stands for any text. A node’s own \`trainable\`
setting rules weights out altogether.

Source: clipping: Pascanu et al. 2013 (arXiv 1211.5063), Algorithm 1; torch.nn.utils.clip_grad_norm_; two passes: Gao
et al. 2021 (arXiv 2101.06983), section 3.2; moving average: Polyak & Juditsky 1992, "Acceleration of stochastic
approximation by averaging", with the decay of tf.train.ExponentialMovingAverage; mixed precision: Micikevicius et
al. 2017 (arXiv 1710.03740), sections 3.1 and 3.3, with the operations of torch.autocast; checkpointing: Chen et al.
2016 (arXiv 1604.06174), section 3.`,
  params: z.strictObject({
    steps: z.int().min(1).max(10_000_000).default(300).describe('Optimizer steps.'),
    seed: z.int().min(0).max(0xffffffff).optional().describe('Seed of this stage; otherwise the graph’s.'),
    checkpointEvery: z
      .int()
      .min(0)
      .default(100)
      .describe('Steps between checkpoints; 0 for the last step only.'),
    clipNorm: z.number().min(0).default(1).describe('Largest global norm of the gradients; 0 for no limit.'),
    ema: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .describe('Decay of the moving average of the weights; 0 for no average.'),
    precision: z
      .enum(['f32', 'bf16'])
      .default('f32')
      .describe('What nodes compute in; weights and optimizer are float32 in both.'),
    gradientCheckpointing: z
      .boolean()
      .default(false)
      .describe('Compute the inside of blocks again for the gradient instead of keeping it: less memory.'),
    objectives: z
      .array(objective)
      .default([])
      .describe('For each loss in order: what it trains and when it acts.'),
    order: z
      .enum(['together', 'in sequence'])
      .default('together')
      .describe('Whether all objectives read the step’s starting weights, or each those of the one before.'),
    groups: z.array(group).default([]).describe('Learning rate and weight decay by pattern.'),
    accumulate: z
      .int()
      .min(1)
      .max(65_536)
      .default(1)
      .describe('Parts that each batch is split into, to save memory; they make one step.'),
    nonSeparable: z
      .enum(['two passes', 'refuse'])
      .default('two passes')
      .describe('With accumulation: what to do with a loss that compares rows with each other.'),
    overrides: z.array(override).default([]).describe('Parameters of nodes that differ in this stage.'),
    pairedWith: nodeRef()
      .optional()
      .describe('Take the data order, random numbers and seed of another Train, as its control does.'),
  }),
  migrations: {
    1: ({ trainable, ...rest }) =>
      trainable === undefined
        ? rest
        : { objectives: (trainable as string[]).map(pattern => ({ trainable: pattern })), ...rest },
  },
  inputs: {
    loss: {
      accepts: { kind: 'record', record: 'loss' },
      list: true,
      along: ['objectives', 'optimizer'],
      doc: 'One objective or several.',
    },
    optimizer: {
      accepts: { kind: 'host', of: 'optimizer' },
      list: true,
      along: ['objectives', 'loss'],
      doc: 'One for all, or one for each loss.',
    },
    weights: {
      accepts: { kind: 'host', of: 'weights' },
      optional: true,
      doc: 'Where to start; weights not in it are initialised.',
    },
  },
  types: (p, inputs): PortTypes => {
    const count = (name: string) => (inputs[name] as readonly unknown[] | undefined)?.length ?? 0
    const losses = count('loss') === 1 ? '1 loss' : `${count('loss')} losses`
    if (count('optimizer') > 1 && count('optimizer') !== count('loss'))
      throw new GraphFault('DT052', `${losses} and ${count('optimizer')} optimizers`, {
        port: 'optimizer',
        hint: 'Wire one optimizer, or one for each loss.',
      })
    if (p.objectives.length > count('loss'))
      throw new GraphFault('DT052', `${p.objectives.length} objectives for ${losses}`, {
        field: 'params.objectives',
        hint: 'Give at most one for each loss.',
      })
    if (p.pairedWith && p.seed !== undefined)
      throw new GraphFault(
        'DT052',
        `it takes the seed of "${p.pairedWith.$node}", and it has one of its own`,
        {
          field: 'params.seed',
          hint: 'Keep one of "seed" and "pairedWith".',
        },
      )
    actingSets(objectivesOf(p.objectives, count('loss')), p.steps)
    const weights = { kind: 'weights' } as const
    return { weights, ...(p.ema > 0 && { ema: weights }), curve: { kind: 'report', steps: p.steps } }
  },
  absent: (p, _, name) =>
    name === 'ema' && p.ema === 0
      ? 'Set ema above 0, such as 0.999, to keep a moving average of the weights.'
      : undefined,
  settings: p => ({
    steps: p.steps,
    seed: p.seed,
    checkpointEvery: p.checkpointEvery,
    clipNorm: p.clipNorm,
    precision: p.precision,
    gradientCheckpointing: p.gradientCheckpointing,
    ema: p.ema,
    objectives: p.objectives,
    order: p.order,
    groups: p.groups,
    overrides: p.overrides,
    accumulate: p.accumulate,
    nonSeparable: p.nonSeparable,
    pairedWith: p.pairedWith?.$node,
  }),
})
