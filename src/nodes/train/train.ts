import { GraphFault } from '../../graph/diagnostic.ts'
import { defineTrain, z } from '../../graph/kit.ts'

export const train = defineTrain({
  type: 'train',
  version: 1,
  title: 'Train',
  category: 'train',
  doc: `Turns weights into better weights. Each wired loss is an objective: its gradient with respect to the weights
that its pattern names goes to the optimizer of the same place (the first, if there is only one). All
objectives read the weights that the step started from.

With a norm limit $c$ the gradient $g$ of an objective is first clipped, $g \\leftarrow g \\cdot \\min(1,\\, c / \\lVert g \\rVert_2)$,
the norm taken over all its weights.

Patterns are matched with weight names (\`vision/…\`); \`*\` stands for any text. A node's own \`trainable\`
setting rules weights out altogether.

Source: clipping: Pascanu et al. 2013 (arXiv 1211.5063), Algorithm 1; torch.nn.utils.clip_grad_norm_.`,
  params: z.strictObject({
    steps: z.int().min(1).max(10_000_000).default(300).describe('Optimizer steps.'),
    seed: z.int().min(0).max(0xffffffff).optional().describe('Seed of this stage; otherwise the graph’s.'),
    checkpointEvery: z
      .int()
      .min(0)
      .default(100)
      .describe('Steps between checkpoints; 0 for the last step only.'),
    clipNorm: z.number().min(0).default(1).describe('Largest global norm of the gradients; 0 for no limit.'),
    trainable: z
      .array(z.string())
      .default([])
      .describe('For each loss, the weights it trains; all by default.'),
  }),
  inputs: {
    loss: { accepts: { kind: 'record', record: 'loss' }, list: true, doc: 'One objective or several.' },
    optimizer: {
      accepts: { kind: 'host', of: 'optimizer' },
      list: true,
      doc: 'One for all, or one for each loss.',
    },
    weights: {
      accepts: { kind: 'host', of: 'weights' },
      optional: true,
      doc: 'Where to start; weights not in it are initialised.',
    },
  },
  types: (p, inputs) => {
    const count = (name: string) => (inputs[name] as readonly unknown[] | undefined)?.length ?? 0
    const losses = count('loss') === 1 ? '1 loss' : `${count('loss')} losses`
    if (count('optimizer') > 1 && count('optimizer') !== count('loss'))
      throw new GraphFault('DT052', `${losses} and ${count('optimizer')} optimizers`, {
        port: 'optimizer',
        hint: 'Wire one optimizer, or one for each loss.',
      })
    if (p.trainable.length > count('loss'))
      throw new GraphFault('DT052', `${p.trainable.length} patterns for ${losses}`, {
        field: 'params.trainable',
        hint: 'Give at most one pattern for each loss.',
      })
    return { weights: { kind: 'weights' } }
  },
  settings: p => ({
    steps: p.steps,
    seed: p.seed,
    checkpointEvery: p.checkpointEvery,
    clipNorm: p.clipNorm,
    trainable: p.trainable,
  }),
})
