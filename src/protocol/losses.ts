/** Of the names of a step's metrics, those of losses: `train/loss`, or `train/loss/…` for each of several objectives. */
export const lossNames = (names: Iterable<string>): string[] =>
  [...names].filter(name => name === 'train/loss' || name.startsWith('train/loss/'))

/** What a loss is called: nothing where it is the only one, else its objective. */
export const lossLabel = (name: string): string => name.slice('train/loss/'.length)
