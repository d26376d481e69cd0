import { GraphFault } from '../../graph/diagnostic.ts'
import { type Derivation, defineBatch, type InputTypes, type PortTypes, port, z } from '../../graph/kit.ts'
import { own } from '../../graph/own.ts'
import { dim, type PortType, tensorPort } from '../../graph/types.ts'
import { toFloatImage } from '../../nn/augment.ts'
import { augment, augmentParams } from './augmentation.ts'

const params = z.strictObject({
  size: z.int().min(1).max(65_536).default(128).describe('Rows in a batch.'),
  imageSize: z.int().min(4).max(2048).default(64).describe('Side of the pictures, in pixels.'),
  fit: z.enum(['squash', 'crop', 'pad']).default('crop').describe('How a picture is brought to a square.'),
  textLength: z.int().min(3).max(8192).default(32).describe('Tokens a text, start and end included.'),
  ...augmentParams,
})
type P = z.infer<typeof params>

/** One field for each column; text columns need the tokenizer. */
function derivations(p: P, inputs: InputTypes): Record<string, Derivation> {
  const { schema } = port(inputs, 'dataset', 'dataset')
  const out: Record<string, Derivation> = {}
  for (const [column, field] of Object.entries(schema.fields)) {
    if (field.kind === 'image') out[column] = { kind: 'image', column, size: p.imageSize, fit: p.fit }
    else if (field.kind === 'frames')
      out[column] = { kind: 'frames', column, frames: field.frames, size: p.imageSize, fit: p.fit }
    else if (field.kind === 'text') {
      if (inputs.tokenizer) out[column] = { kind: 'text', column, length: p.textLength }
    } else out[column] = { kind: field.kind, column }
  }
  return out
}

function types(p: P, inputs: InputTypes, rows = p.size): PortTypes {
  const { schema } = port(inputs, 'dataset', 'dataset')
  if (schema.rows !== undefined && schema.rows < p.size && rows === p.size)
    throw new GraphFault('DT052', `a batch of ${p.size} from a dataset of ${schema.rows} rows`, {
      field: 'params.size',
      hint: `Set size to at most ${schema.rows}.`,
    })
  const batch = dim('batch', rows)
  const portOf = (d: Derivation): PortType => {
    switch (d.kind) {
      case 'image':
        return tensorPort('float', batch, dim('height', d.size), dim('width', d.size), dim('channel', 3))
      case 'frames':
        return tensorPort(
          'float',
          batch,
          dim('frame', d.frames),
          dim('height', d.size),
          dim('width', d.size),
          dim('channel', 3),
        )
      case 'text': {
        const length = dim('length', d.length)
        const { vocabSize } = port(inputs, 'tokenizer', 'tokenizer')
        return {
          kind: 'record',
          record: 'tok',
          vocab: vocabSize,
          fields: {
            ids: tensorPort('int', batch, length),
            valid: tensorPort('bool', batch, length),
            eot: tensorPort('int', batch),
          },
        }
      }
      case 'float':
        return tensorPort('float', batch)
      default:
        return tensorPort('int', batch)
    }
  }
  return Object.fromEntries(Object.entries(derivations(p, inputs)).map(([name, d]) => [name, portOf(d)]))
}

export const batch = defineBatch({
  type: 'data.batch',
  version: 1,
  title: 'Batch',
  category: 'data',
  doc: `The bridge from a dataset to the device: one wire for each column. Pictures come as float[batch, height,
width, channel] in 0–1, clips as float[batch, frame, height, width, channel]; texts, through the tokenizer, as token ids with the place of the end-of-text token.

Order: every epoch is a fresh permutation, a pure function of (seed, Train, Batch, step); the ragged tail of
an epoch is dropped. Of several captions a row has, each epoch takes one.

While training, each picture is cropped, flipped and colour-jittered inside the compiled step, all frames of a clip
alike; evaluations see it unchanged. A crop keeps the share $a \\sim U(\\mathrm{cropScale}, 1)$ of the area at an aspect ratio whose
logarithm is uniform within $\\pm\\ln \\mathrm{cropRatio}$. Brightness, contrast and saturation each blend the
picture $x$ with black, its mean grey and its own greys $y$: $f x + (1 - f) y$, $f \\sim U(1 - s, 1 + s)$ for the
strength $s$.

Source: random resized crop: Szegedy et al. 2015 (arXiv 1409.4842), section 6; both as in torchvision's
RandomResizedCrop and ColorJitter.`,
  params,
  inputs: {
    dataset: { accepts: { kind: 'host', of: 'dataset' }, doc: 'The rows.' },
    tokenizer: {
      accepts: { kind: 'host', of: 'tokenizer' },
      optional: true,
      doc: 'Turns texts into ids; without it there are no text fields.',
    },
  },
  types,
  absent: (_, inputs, name) => {
    const { schema } = port(inputs, 'dataset', 'dataset')
    if (own(schema.fields, name)?.kind !== 'text') return undefined
    return `It is a text column: wire a tokenizer to this Batch.`
  },
  rows: p => p.size,
  derivations,
  build: (s, p, name, raw) => {
    const { b } = s
    if (raw.ids) {
      const ids = raw.ids
      const eot = raw.eot!
      const [rows, length] = ids.type.shape as [number, number]
      const position = b.iota('s32', [rows, length], 1)
      const valid = b.compare('LE', position, b.reshape(eot, [rows, 1]))
      return { ids, valid, eot }
    }
    if (!raw.pixels) return raw.values!
    const image = toFloatImage(b, raw.pixels)
    if (s.mode === 'eval') return image
    return augment(s, image, p, p.imageSize, `${name}/`)
  },
})
