import { test } from 'vitest'
import { gelu, geluTanh } from '../../src/nn/activations.ts'
import { multiHeadAttention } from '../../src/nn/attention.ts'
import { embedding } from '../../src/nn/embedding.ts'
import { layerNorm } from '../../src/nn/layer-norm.ts'
import { linear } from '../../src/nn/linear.ts'
import { describeGolden, type GoldenArray } from './golden.ts'
import { compareLayer, type GoldenLayer } from './golden-layer.ts'

interface Golden {
  readonly linear: GoldenLayer
  readonly layer_norm: GoldenLayer & { readonly eps: number }
  readonly embedding: GoldenLayer & { readonly ids: GoldenArray }
  readonly gelu: GoldenLayer
  readonly gelu_tanh: GoldenLayer
  readonly attention: GoldenLayer & { readonly heads: number; readonly valid: GoldenArray }
}

describeGolden<Golden>('basics', golden => {
  test('linear is torch.nn.Linear', () => {
    compareLayer(golden.linear, (m, { x }) => linear(m.s, x!, 3))
  })

  test('layer norm is torch.nn.LayerNorm', () => {
    const { eps } = golden.layer_norm
    compareLayer(golden.layer_norm, (m, { x }) => layerNorm(m.s, x!, { eps }))
  })

  test('embedding is torch.nn.Embedding, its gradient adds up where ids repeat', () => {
    const { ids } = golden.embedding
    compareLayer(
      golden.embedding,
      m => embedding(m.s, m.input('ids', `s32[${ids.shape}]`), { vocab: 5, width: 3 }),
      { ids: ids.data },
    )
  })

  test('GELU is torch.nn.GELU in both forms', () => {
    compareLayer(golden.gelu, (m, { x }) => gelu(m.b, x!))
    compareLayer(golden.gelu_tanh, (m, { x }) => geluTanh(m.b, x!))
  })

  test('self-attention is torch.nn.MultiheadAttention, causal and padded', () => {
    const { heads, valid } = golden.attention
    compareLayer(
      golden.attention,
      (m, { x }) =>
        multiHeadAttention(m.s, x!, { heads, causal: true, valid: m.input('valid', `bool[${valid.shape}]`) }),
      { valid: valid.data.map(Number) },
    )
  })
})
