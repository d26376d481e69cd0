import { GraphFault } from '../../graph/diagnostic.ts'
import { asVar, defineDevice, type InputTypes, port, z } from '../../graph/kit.ts'
import { lossPort, showPort } from '../../graph/types.ts'
import { noiseContrastive } from '../../nn/nce.ts'

const scores = { kind: 'tensor', dtype: 'float', dims: [], leading: true } as const

/** Scores and their ln q come in one shape. */
function refuseUnlike(inputs: InputTypes, name: string, logNoise: string): void {
  if (!inputs[logNoise]) return
  const [score, q] = [port(inputs, name, 'tensor'), port(inputs, logNoise, 'tensor')]
  if (String(score.dims.map(d => d.size)) !== String(q.dims.map(d => d.size)))
    throw new GraphFault(
      'DT034',
      `each score needs its ln q: "${name}" is ${showPort(score)}, "${logNoise}" is ${showPort(q)}`,
      { port: logNoise, hint: 'Wire a column of the same Batch.' },
    )
}

export const nce = defineDevice({
  type: 'objective.nce',
  version: 1,
  title: 'Binary NCE',
  category: 'objective',
  doc: `Fits an unnormalised log-density $s$ by telling data from noise of a known distribution $q$, $k$ rows of noise for each
of data (the ratio of the two wires' sizes):

$$L = -\\mathbb E_{data} \\log \\sigma(s - \\log k q) - k\\, \\mathbb E_{q} \\log \\sigma(-(s - \\log k q))$$

At its minimum $e^s$ is the density of the data, with total 1: a bias of the score learns the normaliser. Both
$\\log q$ wires must be there for that; without them $s$ becomes $\\log(p / k q)$, a ratio that says nothing of how common a
row is. $\\log q$ gets no gradient.

Source: Gutmann & Hyvärinen 2010, "Noise-contrastive estimation", Eq. 3; "An Introduction to Vision-Language
Modeling" (arXiv 2405.17247), Eq. 1.`,
  params: z.strictObject({}),
  inputs: {
    data: { accepts: scores, doc: 'Scores of data.' },
    noise: { accepts: scores, apart: true, doc: 'Scores of noise.' },
    dataLogNoise: { accepts: scores, optional: true, doc: 'ln q of the rows of data.' },
    noiseLogNoise: { accepts: scores, optional: true, apart: true, doc: 'ln q of the rows of noise.' },
  },
  precise: true,
  types: (_, inputs) => {
    if (!inputs.dataLogNoise !== !inputs.noiseLogNoise)
      throw new GraphFault('DT052', 'ln q must be known of data and of noise, or of neither', {
        port: inputs.dataLogNoise ? 'noiseLogNoise' : 'dataLogNoise',
        hint: 'Wire both, or none to estimate a ratio.',
      })
    refuseUnlike(inputs, 'data', 'dataLogNoise')
    refuseUnlike(inputs, 'noise', 'noiseLogNoise')
    return { loss: lossPort }
  },
  build: (s, _, inputs) => {
    const side = (name: string, q: string) => ({
      scores: asVar(inputs[name], name),
      logNoise: inputs[q] && asVar(inputs[q], q),
    })
    return {
      loss: { ...noiseContrastive(s.b, side('data', 'dataLogNoise'), side('noise', 'noiseLogNoise')) },
    }
  },
})
