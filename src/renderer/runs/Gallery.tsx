import { memo } from 'react'
import type { ReportGallery } from '../../graph/host.ts'
import styles from './Gallery.module.css'
import { Picture } from './Picture.tsx'

interface Props {
  readonly run: string
  readonly gallery: ReportGallery
}

/** What was asked, and what came back: pictures where there are some, the right answer framed. */
export const Gallery = memo(function Gallery({ run, gallery }: Props) {
  return (
    <ul className={styles.gallery}>
      {gallery.items.map(item => {
        const place = item.matches.findIndex(m => m.correct) + 1
        return (
          <li key={item.row} className={styles.item}>
            <div className={styles.query}>
              {item.picture !== undefined && (
                <span className={styles.asked}>
                  <Picture run={run} name={item.picture} label={item.label} />
                </span>
              )}
              <span className={styles.words} data-stacked={item.picture !== undefined || undefined}>
                <Caption text={item.label} />
                <span className={styles.place} data-found={place > 0 || undefined}>
                  {place > 0 ? `found at ${place}` : `not in the first ${item.matches.length}`}
                </span>
              </span>
            </div>
            <div className={styles.matches}>
              {item.matches.map((match, i) =>
                item.picture !== undefined && match.picture === undefined ? (
                  <span key={match.row} className={styles.text} data-correct={match.correct || undefined}>
                    <Caption text={match.label} />
                  </span>
                ) : (
                  <Picture
                    key={match.row}
                    run={run}
                    name={match.picture}
                    label={match.label}
                    correct={match.correct}
                    rank={i + 1}
                  />
                ),
              )}
            </div>
          </li>
        )
      })}
    </ul>
  )
})

/** The first words of a caption; the rest is in the tooltip. */
function Caption({ text }: { readonly text: string }) {
  const [first, ...rest] = text.split(',')
  return (
    <span className={styles.caption} title={text}>
      <strong>{first}</strong>
      {rest.length > 0 && <span>{rest.join(',').trim()}</span>}
    </span>
  )
}
