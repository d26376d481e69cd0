import { reason } from '../error.ts'
import { answerQuestions } from '../helper.ts'
import { type Computation, type Computed, computeHere } from './compute.ts'

const seconds = Number(process.argv[2])

answerQuestions<Computation, Computed>(computation =>
  computeHere(computation, { seconds }).then(
    rows => ({ rows }),
    error => ({ problem: `${reason(error)}.` }),
  ),
)
