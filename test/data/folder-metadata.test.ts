import { describe, expect, it } from 'vitest'
import { type FolderOptions, readFolder } from '../../src/data/folder.ts'
import { folderOf, jpeg, jsonl, png, read, refusal, report } from './folder-kit.ts'
import { classesOf, textsOf } from './helpers.ts'

describe('a folder with metadata.jsonl', () => {
  it('has captions, lists of captions, labels and other columns', async () => {
    const table = await read({
      'metadata.jsonl': jsonl(
        {
          file_name: 'b.png',
          text: ' a bee ',
          label: 'insect',
          width: 3,
          score: 0.5,
          source: 'me',
          tags: ['x'],
        },
        {
          file_name: 'sub/A.JPG',
          text: ['an ant', '', 'a small ant'],
          label: 'insect',
          width: 4,
          score: 1,
          source: 'you',
        },
        { file_name: 'b.png', text: 'again', label: 'again', width: 5, score: 2, source: 'us' },
      ),
      'b.png': png,
      'sub/A.JPG': jpeg,
    })
    expect(report(table)).toEqual([])
    expect(textsOf(table, 'caption')).toEqual([['a bee'], ['an ant', 'a small ant'], ['again']])
    expect(classesOf(table, 'label')).toEqual(['insect', 'insect', 'again'])
    expect(table.ids).toEqual(['b.png', 'sub/A.JPG', 'b.png#2'])
    expect(Object.keys(table.columns)).toEqual(['image', 'caption', 'label', 'width', 'score', 'source'])
    expect(table.schema.fields.score).toEqual({ kind: 'float' })
    expect(table.columns.width).toEqual({ kind: 'int', values: [3, 4, 5] })
  })

  it('reports every kind of bad row by name and line, and skips it', async () => {
    const table = await read({
      'metadata.jsonl': jsonl(
        { file_name: 'good.png', text: 'fine' },
        { file_name: 'gone.png', text: 'a caption for a picture that is not there' },
        { file_name: 'empty.png', text: '  ' },
        { file_name: 'none.png' },
        { file_name: 'text.png', text: 'not a picture' },
        { file_name: 'cut.jpg', text: 'cut short' },
        '{"file_name": "good.png", "text": ',
        '["good.png", "a list"]',
        '',
        { text: 'no file' },
        { file_name: '../outside.png', text: 'up' },
        { file_name: 'sub/../../outside.png', text: 'up again' },
        { file_name: '/etc/hostname', text: 'absolute' },
        { file_name: 'C:\\pictures\\a.png', text: 'absolute on Windows' },
        { file_name: 'old.bmp', text: 'a format' },
        { file_name: 'good.png', text: 7 },
      ),
      'good.png': png,
      'empty.png': png,
      'none.png': png,
      'text.png': 'hello',
      'cut.jpg': jpeg.subarray(0, 1500),
      'old.bmp': 'BM',
      'unnamed.png': png,
    })
    expect(table.rows).toBe(1)
    expect(report(table)).toMatchInlineSnapshot(`
      [
        "metadata.jsonl:2: there is no file "gone.png" in this folder.",
        "metadata.jsonl:3: "text" holds no text, so this picture (empty.png) has no caption.",
        "metadata.jsonl:4: "text" holds no text, so this picture (none.png) has no caption.",
        "metadata.jsonl:5: "text.png": this picture can't be decoded: it is no JPEG, PNG, WebP, GIF or TIFF picture.",
        "metadata.jsonl:6: "cut.jpg": this picture can't be decoded: it is broken or was cut short.",
        "metadata.jsonl:7: this line is not JSON: Unexpected end of JSON input.",
        "metadata.jsonl:8: this line is JSON but no object: {"file_name": …, "text": …}.",
        "metadata.jsonl:10: "file_name" names no file.",
        "metadata.jsonl:11: "../outside.png" leads outside the folder, and is not read.",
        "metadata.jsonl:12: "sub/../../outside.png" leads outside the folder, and is not read.",
        "metadata.jsonl:13: "/etc/hostname" is an absolute path. Name files relative to the metadata file.",
        "metadata.jsonl:14: "C:\\pictures\\a.png" is an absolute path. Name files relative to the metadata file.",
        "metadata.jsonl:15: "old.bmp": BMP pictures can't be read. Convert it to PNG, JPEG, WebP, GIF or TIFF.",
        "metadata.jsonl:16: "text" holds no text, so this picture (good.png) has no caption.",
        "unnamed.png: no row of the metadata names this picture, so it has no caption.",
      ]
    `)
  })

  it('is fatal where asked, with the first ten and the count', async () => {
    const rows = Array.from({ length: 12 }, (_, at) => ({ file_name: `gone${at}.png`, text: 'x' }))
    const path = await folderOf({
      'metadata.jsonl': jsonl({ file_name: 'a.png', text: 'a' }, ...rows),
      'a.png': png,
    })
    expect(await refusal(readFolder({ path, onBadRow: 'fail' }), path)).toMatchInlineSnapshot(`
      "Folder FOLDER: 12 bad rows.
        metadata.jsonl:2: there is no file "gone0.png" in this folder.
        metadata.jsonl:3: there is no file "gone1.png" in this folder.
        metadata.jsonl:4: there is no file "gone2.png" in this folder.
        metadata.jsonl:5: there is no file "gone3.png" in this folder.
        metadata.jsonl:6: there is no file "gone4.png" in this folder.
        metadata.jsonl:7: there is no file "gone5.png" in this folder.
        metadata.jsonl:8: there is no file "gone6.png" in this folder.
        metadata.jsonl:9: there is no file "gone7.png" in this folder.
        metadata.jsonl:10: there is no file "gone8.png" in this folder.
        metadata.jsonl:11: there is no file "gone9.png" in this folder.
        … and 2 more
      Correct these rows, or set onBadRow to "skip" to leave them out."
    `)
    expect((await readFolder({ path, onBadRow: 'skip' })).bad.length).toBe(12)
  })

  it('reads several, each for its own folder, and knows splits by name', async () => {
    const table = await read({
      'train/metadata.jsonl': jsonl(
        { file_name: 'a.png', text: 'a' },
        { file_name: '../test/c.png', text: 'shared' },
      ),
      'train/a.png': png,
      'test/metadata.csv': 'file_name,text\nb.png,"b, quoted ""so"""\n',
      'test/b.png': png,
      'test/c.png': jpeg,
    })
    expect(table.ids).toEqual(['test/b.png', 'train/a.png', 'test/c.png'])
    expect(classesOf(table, 'split')).toEqual(['test', 'train', 'test'])
    expect(textsOf(table, 'caption')[0]).toEqual(['b, quoted "so"'])
  })
})

describe('a folder with metadata.csv', () => {
  it('counts lines, also after a text of several lines, and reports bad rows', async () => {
    const table = await read({
      'metadata.csv': [
        '\uFEFFfile_name,text',
        'a.png,"two',
        'lines"',
        'a.png,too,many',
        'gone.png,none',
        'b.png,"quo"te"',
        'b.png,fine',
      ].join('\r\n'),
      'a.png': png,
      'b.png': png,
    })
    expect(report(table)).toMatchInlineSnapshot(`
      [
        "metadata.csv:4: this row has 3 fields where the first row names 2. A text with a comma needs "quotes".",
        "metadata.csv:5: there is no file "gone.png" in this folder.",
        "metadata.csv:6: this row is not CSV: Invalid Closing Quote: got "t" at line 6 instead of delimiter, record delimiter, trimable character (if activated) or comment.",
      ]
    `)
    expect(textsOf(table, 'caption')).toEqual([['two\nlines'], ['fine']])
  })
})

describe('metadata by another name', () => {
  const files = {
    'rows.jsonl': jsonl({ image: 'x/a.png', captions: ['one', 'two'], category: 'k' }),
    'labels.jsonl': jsonl({ image: 'x/a.png', label: 'sea_lion' }),
    'x/a.png': png,
    'x/b.png': png,
  }
  it('takes columns named image, captions and label, and minds no other picture', async () => {
    const table = await read(files, { metadata: 'rows.jsonl' })
    expect(textsOf(table, 'caption')).toEqual([['one', 'two']])
    expect(classesOf(table, 'label')).toEqual(['k'])
    expect(table.bad).toEqual([])
  })

  it('makes captions from labels', async () => {
    const table = await read(files, { metadata: 'labels.jsonl' })
    expect(textsOf(table, 'caption')).toEqual([['a photo of a sea lion']])
    const other = await read(files, {
      metadata: 'rows.jsonl',
      captions: 'label',
      template: 'one {label}, $&',
    })
    expect(textsOf(other, 'caption')).toEqual([['one k, $&']])
  })

  it('says what it lacks', async () => {
    const path = await folderOf({
      ...files,
      'bad.jsonl': jsonl({ picture: 'x/a.png' }),
      'bare.csv': 'image,size\nx/a.png,3\n',
    })
    const ask = (options: Partial<FolderOptions>) =>
      refusal(readFolder({ path, onBadRow: 'skip', ...options }), path)
    expect([
      await ask({ metadata: 'bad.jsonl' }),
      await ask({ metadata: 'bare.csv' }),
      await ask({ metadata: 'rows.jsonl', captions: 'alt' }),
      await ask({ metadata: 'none.jsonl' }),
      await ask({ metadata: '../rows.jsonl' }),
      await ask({ metadata: 'x/a.png' }),
    ]).toMatchInlineSnapshot(`
      [
        "bad.jsonl has no column "file_name" (or "image"); it has "picture".",
        "bare.csv has no column "text", "caption", "captions" or "label"; it has "image", "size".",
        "rows.jsonl has no column "alt"; it has "image", "captions", "category".",
        "The metadata file: there is no file "none.jsonl" in this folder.",
        "The metadata file: "../rows.jsonl" leads outside the folder, and is not read.",
        "The metadata file "x/a.png" must be a .jsonl or a .csv file.",
      ]
    `)
  })
})
