import { defineHost, z } from '../../graph/kit.ts'
import { CLIP_EVENTS, CLIP_ROWS } from '../../graph/scenes.ts'

export const sceneClips = defineHost({
  type: 'data.sceneClips',
  version: 1,
  title: 'Scene clips',
  category: 'data',
  doc: `Drawn clips whose truth is known. \`events\`: a thing falls, one slides into another, goes behind a wall, or is
covered by a box that moves on; every other clip ends as it can't: the thing stops in the air, passes through, is gone,
or stays behind. A possible and an impossible clip come as twins, equal up to the moment that breaks; only who follows
what happens can tell them. \`sweeps\`: a still scene seen by a camera that moves, turns and zooms.

Columns: \`frames\`, pictures in the order of time, float[batch, frame, height, width, channel] on the device;
\`caption\`, what happens; for events \`negative\`, the same sentence with the other ending, of as many words, \`event\` and
\`possible\`; \`shape\` and \`colour\` of the thing that the caption is about, \`background\`; and \`scene\`, JSON with each
frame's objects and their boxes [left, top, right, bottom] in shares of the side, and the frame that breaks.

Clips are a pure function of (seed, index); train and test share none.

Source: the violation-of-expectation tests of IntPhys, Riochet et al. 2018 (arXiv 1803.07616).`,
  params: z.strictObject({
    rows: z.enum(CLIP_ROWS).default('events').describe('What a row is.'),
    count: z.int().min(1).max(1_000_000).default(4000).describe('Number of clips.'),
    frames: z.int().min(2).max(64).default(8).describe('Frames of a clip.'),
    split: z.enum(['train', 'test']).default('train').describe('Which side of the split.'),
    events: z
      .array(z.enum(CLIP_EVENTS))
      .min(1)
      .default([...CLIP_EVENTS])
      .describe('What happens, by turns.'),
    sceneSeed: z.int().min(0).default(0).describe('Seed of the clips.'),
  }),
  inputs: {},
  uses: ['sceneClips'],
  peek: ({ services }, p) => services.peekSceneClips({ form: p.rows, count: p.count, frames: p.frames }),
  types: (_, __, schema) => ({ dataset: schema ? { kind: 'dataset', schema } : { kind: 'unknown' } }),
  run: async ({ services }, p) => ({
    dataset: await services.sceneClips({
      form: p.rows,
      count: p.count,
      frames: p.frames,
      side: p.split,
      events: p.events,
      seed: p.sceneSeed,
    }),
  }),
})
