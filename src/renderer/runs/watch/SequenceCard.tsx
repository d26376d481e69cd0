import { useMemo } from 'react'
import type { WatchedTensor } from '../../../protocol/watch.ts'
import { Card } from './Card.tsx'
import { Overlay } from './Overlay.tsx'
import { planeValues } from './values.ts'
import styles from './Watch.module.css'
import { Words } from './Words.tsx'

type Sequence = NonNullable<WatchedTensor['sequence']>

interface Props {
  readonly sequence: Sequence
  readonly bytes: Uint8Array
  readonly onPick: (token: number) => void
}

const TITLES = { attention: 'Attention', cosine: 'Similarity of tokens', ids: 'Tokens' } as const

/** Tokens seen from one of them: patches over their picture, words in their text. */
export function SequenceCard({ sequence, bytes, onPick }: Props) {
  const { values, grid, picture, tokens, kind, token } = sequence
  const numbers = useMemo(() => values && planeValues(bytes, values), [bytes, values])
  const about = {
    attention: `from ${nameOf(sequence)} to every other`,
    cosine: `cosine of each state with that of ${nameOf(sequence)}`,
    ids: undefined,
  }
  return (
    <Card title={TITLES[kind]} about={about[kind]}>
      {numbers && (
        <label className={styles.index}>
          seen from token
          <input
            type="number"
            aria-label="token"
            min={0}
            max={numbers.length - 1}
            value={token}
            onChange={event => onPick(Math.max(0, Math.floor(Number(event.target.value))))}
          />
          <span className={styles.of}>
            of {numbers.length}
            {(grid && picture) || tokens ? '; or pick one below' : ''}
          </span>
        </label>
      )}
      {grid && picture && numbers && (
        <Overlay sequence={sequence} values={numbers} bytes={bytes} onPick={onPick} />
      )}
      {tokens && <Words sequence={sequence} values={numbers} onPick={onPick} />}
    </Card>
  )
}

/** What a person calls the token that the others are seen from. */
function nameOf({ token, grid, tokens }: Sequence): string {
  if (tokens?.[token]) return `“${tokens[token].text.trim() || '␣'}”`
  if (!grid) return `token ${token}`
  const patch = token - grid.first
  return patch < 0
    ? 'the class token'
    : `the patch in row ${Math.floor(patch / grid.columns)}, column ${patch % grid.columns}`
}
