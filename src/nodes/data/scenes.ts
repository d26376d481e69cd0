import { GraphFault } from '../../graph/diagnostic.ts'
import { defineHost, z } from '../../graph/kit.ts'
import { SCENE_NEGATIVES, SCENE_ROWS, SCENE_SPLITS } from '../../graph/scenes.ts'

export const scenes = defineHost({
  type: 'data.scenes',
  version: 1,
  title: 'Scenes',
  category: 'data',
  doc: `Drawn pictures whose truth is known: one to five objects of ten shapes, eleven colours, three sizes and three
textures on eight backgrounds. A scene is a pure function of (seed, index), so there are as many as you like, and a
claim about a model is tested in minutes.

What a row is: a scene with its true captions, terse to dense, and hard negatives (\`captions\`); one hard pair, a true
sentence and a false one with the same slots (\`pairs\`); two pictures with two captions of the same words, in which two
things have changed colours or places (\`quads\`); a question with its answer (\`questions\`); an object with its
box (\`regions\`); one object at one of four places, the factors in a grid as in PUG (\`positions\`).

Columns: \`image\`; \`caption\`, \`negative\`, \`kind\`; or \`image_b\`, \`caption_b\`; or \`question\`, \`answer\`, \`options\`;
\`box_left\` …; always the factors \`shape\`, \`colour\`, \`size\`, \`texture\`, \`place\` of the first object,
\`background\`, the number of \`objects\`, and the whole \`scene\` as JSON.

Splits: train and test never share a scene. \`pairs\` holds a fifth of the combinations of colour and shape out of
training, and each test scene has one of them; \`relations\` holds out "left of" for every other shape.

Source: in the spirit of CLEVR, Johnson et al. 2017 (arXiv 1612.06890), and PUG, Bordes et al. 2023 (arXiv
2308.03977); hard negatives by the kinds of ARO, Yuksekgonul et al. 2023 (arXiv 2210.01936), and SugarCrepe, Hsieh
et al. 2023 (arXiv 2306.14610); quads as in Winoground, Thrush et al. 2022 (arXiv 2204.03162).`,
  params: z.strictObject({
    rows: z.enum(SCENE_ROWS).default('captions').describe('What a row is.'),
    count: z.int().min(1).max(5_000_000).default(20_000).describe('Number of scenes.'),
    split: z.enum(['train', 'test']).default('train').describe('Which side of the split.'),
    splitBy: z
      .enum(SCENE_SPLITS)
      .default('random')
      .describe('What test scenes hold that training never saw.'),
    fewest: z.int().min(1).max(5).default(1).describe('Fewest objects in a scene.'),
    most: z.int().min(1).max(5).default(4).describe('Most objects in a scene.'),
    overlap: z.boolean().default(false).describe('Objects may cover parts of others.'),
    negatives: z
      .array(z.enum(SCENE_NEGATIVES))
      .min(1)
      .default([...SCENE_NEGATIVES])
      .describe('Kinds of hard negatives.'),
    placed: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .describe('For positions: share of the training captions that say where the object is.'),
    sceneSeed: z.int().min(0).default(0).describe('Seed of the scenes.'),
  }),
  inputs: {},
  uses: ['scenes'],
  peek: ({ services }, p) => services.peekScenes({ form: p.rows, count: p.count }),
  types: (p, _, schema) => {
    if (p.fewest > p.most)
      throw new GraphFault('DT052', `at least ${p.fewest} and at most ${p.most} objects`, {
        field: 'params.fewest',
        hint: `Set fewest to at most ${p.most}.`,
      })
    return { dataset: schema ? { kind: 'dataset', schema } : { kind: 'unknown' } }
  },
  run: async ({ services }, p) => ({
    dataset: await services.scenes({
      form: p.rows,
      count: p.count,
      seed: p.sceneSeed,
      side: p.split,
      splitBy: p.splitBy,
      objects: [p.fewest, p.most],
      overlap: p.overlap,
      negatives: p.negatives,
      placed: p.placed,
    }),
  }),
})
