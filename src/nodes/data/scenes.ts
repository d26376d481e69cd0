import { GraphFault } from '../../graph/diagnostic.ts'
import { defineHost, z } from '../../graph/kit.ts'
import {
  SCENE_BACKGROUNDS,
  SCENE_COLOURS,
  SCENE_LETTERINGS,
  SCENE_NEGATIVES,
  SCENE_ROWS,
  SCENE_SHAPES,
  SCENE_SIZES,
  SCENE_SPLITS,
  SCENE_STYLES,
  SCENE_TEXTURES,
  type ScenesForm,
} from '../../graph/scenes.ts'

/** What the things of a scene may be; at least so many of each. */
const choice = <T extends string>(all: readonly T[], least: number, doc: string) =>
  z
    .array(z.enum(all as readonly [T, ...T[]]))
    .min(least)
    .default([...all])
    .describe(doc)

export const scenes = defineHost({
  type: 'data.scenes',
  version: 1,
  title: 'Scenes',
  category: 'data',
  doc: `Drawn pictures whose truth is known: one to five objects of ten shapes, eleven colours, three sizes and three
textures on eight backgrounds. A scene is a pure function of (seed, index), so there are as many as you like, and a
claim about a model is tested in minutes.

What a row is: a scene with its true captions, terse to dense, and hard negatives (\`captions\`); one hard pair, a true
sentence and a false one with the same slots (\`pairs\`); one of these two, drawn by lot, with its label
(\`statements\`, as in NLVR); two pictures with two captions of the same words, in which two things have changed
colours or places (\`quads\`); a question with its answer (\`questions\`); an object with its box (\`regions\`); one
object at one of four places, the factors in a grid as in PUG (\`positions\`).

How captions speak (\`styles\`, the first one first): \`summary\`, how two things stand and on what ground, in the
plainest words; \`terse\`, "red circle, blue square"; \`relations\`, how two things stand in several wordings;
\`things\`, one thing each; \`list\`, all things with sizes and textures; \`dense\`, all there is to say. Where a
training row is one of those that don't say where things are (\`placed\`), they are the same sentences without that:
"a red circle and a blue square".

Words in pictures (\`lettering\`): \`word\`, one that has nothing to do with the scene, for reading; \`thing\`, the name of
a thing that is there; \`decoy\`, the name of one that is not, as in another scene's caption. The columns \`written\` and
\`written_left\` … then say what is written and where.

Columns: \`image\`; \`caption\`, \`negative\`, \`kind\`; or \`label\`; or \`image_b\`, \`caption_b\`; or \`question\`,
\`answer\`, \`options\`; \`box_left\` …; always the factors \`shape\`, \`colour\`, \`size\`, \`texture\`, \`place\` of the first object,
\`background\`, the number of \`objects\`, and the whole \`scene\` as JSON.

Splits: train and test never share a scene. \`pairs\` holds a fifth of the combinations of colour and shape out of
training, and each test scene has one of them; \`relations\` holds out "left of" for every other shape.

Source: in the spirit of CLEVR, Johnson et al. 2017 (arXiv 1612.06890), and PUG, Bordes et al. 2023 (arXiv
2308.03977); hard negatives by the kinds of ARO, Yuksekgonul et al. 2023 (arXiv 2210.01936), and SugarCrepe, Hsieh
et al. 2023 (arXiv 2306.14610); statements as in NLVR, Suhr et al. 2017 (ACL P17-2034); quads as in Winoground, Thrush et al. 2022 (arXiv 2204.03162).`,
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
    shapes: choice(SCENE_SHAPES, 2, 'Shapes that objects have.'),
    colours: choice(SCENE_COLOURS, 2, 'Colours that objects have.'),
    sizes: choice(SCENE_SIZES, 1, 'Sizes that objects have; those of positions are large.'),
    textures: choice(SCENE_TEXTURES, 1, 'Textures that objects have; those of positions are plain.'),
    backgrounds: choice(SCENE_BACKGROUNDS, 1, 'What scenes stand on.'),
    styles: choice(SCENE_STYLES, 1, 'For captions: how they speak of a scene.'),
    negatives: choice(SCENE_NEGATIVES, 1, 'Kinds of hard negatives.'),
    placed: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .describe(
        'For captions and positions: share of the training rows whose captions say where things are.',
      ),
    lettering: z
      .enum(SCENE_LETTERINGS)
      .default('none')
      .describe('What is written in pictures, on a plate; not in positions.'),
    lettered: z.number().min(0).max(1).default(1).describe('Share of the scenes in which it is written.'),
    reads: z.boolean().default(false).describe('For captions: they say what is written.'),
    sceneSeed: z.int().min(0).default(0).describe('Seed of the scenes.'),
  }),
  inputs: {},
  uses: ['scenes'],
  peek: ({ services }, p) => services.peekScenes(formOf(p)),
  types: (p, _, schema) => {
    if (p.fewest > p.most)
      throw new GraphFault('DT052', `at least ${p.fewest} and at most ${p.most} objects`, {
        field: 'params.fewest',
        hint: `Set fewest to at most ${p.most}.`,
      })
    const combinations = new Set(p.shapes).size * new Set(p.colours).size
    if (p.rows !== 'positions' && combinations <= p.most)
      throw new GraphFault(
        'DT052',
        `${combinations} combinations of colour and shape for ${p.most} objects`,
        {
          field: 'params.shapes',
          hint: 'Allow more shapes or colours, or fewer objects.',
        },
      )
    return { dataset: schema ? { kind: 'dataset', schema } : { kind: 'unknown' } }
  },
  run: async ({ services }, p) => ({
    dataset: await services.scenes({
      ...formOf(p),
      seed: p.sceneSeed,
      side: p.split,
      splitBy: p.splitBy,
      objects: [p.fewest, p.most],
      overlap: p.overlap,
      styles: p.styles,
      negatives: p.negatives,
      placed: p.placed,
      lettered: p.lettered,
      reads: p.reads,
    }),
  }),
})

/** The chosen ones in the order of all: the order in which a person ticked them says nothing. */
const inOrder = <T>(all: readonly T[], some: readonly T[]): T[] => all.filter(one => some.includes(one))

const formOf = (p: Omit<ScenesForm, 'form'> & { readonly rows: ScenesForm['form'] }): ScenesForm => ({
  form: p.rows,
  count: p.count,
  shapes: inOrder(SCENE_SHAPES, p.shapes),
  colours: inOrder(SCENE_COLOURS, p.colours),
  sizes: inOrder(SCENE_SIZES, p.sizes),
  textures: inOrder(SCENE_TEXTURES, p.textures),
  backgrounds: inOrder(SCENE_BACKGROUNDS, p.backgrounds),
  lettering: p.lettering,
})
