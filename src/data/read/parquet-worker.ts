import { reason } from '../error.ts'
import { answerQuestions } from '../helper.ts'
import { openParquetHere } from './parquet-decode.ts'
import type { Answer, Ask } from './parquet-file.ts'

const file = openParquetHere(process.argv[2]!)

answerQuestions<Ask, Answer>(({ group, columns }) =>
  file
    .then(f => f.readGroup(group, columns))
    .then(
      rows => ({ rows }),
      error => ({ problem: `${reason(error)}.` }),
    ),
)
