import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { peekFolder, readFolder } from '../../src/data/folder.ts'
import { folderOf, jpeg, jsonl, png, read, refusal, report } from './folder-kit.ts'
import { classesOf, sharedData, textsOf } from './helpers.ts'

describe('a folder with a text beside each picture', () => {
  it('takes each line as a caption, and reports what has no partner', async () => {
    const table = await read({
      'b.jpeg': jpeg,
      'b.txt': '\uFEFFa bee\r\n\r\na yellow bee\n',
      'sub/a.png': png,
      'sub/a.txt': 'an ant',
      'sub/lonely.txt': 'nobody',
      'sub/README.txt': 'about this folder',
      'no-caption.png': png,
      'blank.png': png,
      'blank.txt': ' \n',
      'latin.png': png,
      'latin.txt': Buffer.from([0x66, 0xfc, 0x72]),
      'LICENSE.txt': 'CC0',
      '.hidden.png': png,
    })
    expect(table.ids).toEqual(['b.jpeg', 'sub/a.png'])
    expect(textsOf(table, 'caption')).toEqual([['a bee', 'a yellow bee'], ['an ant']])
    expect(report(table)).toMatchInlineSnapshot(`
      [
        "blank.txt: this caption is empty, so blank.png has none.",
        "latin.txt: this file is not UTF-8 text. Save it as UTF-8.",
        "no-caption.png: there is no caption file "no-caption.txt" beside this picture.",
        "sub/lonely.txt: a caption for a picture that is not there: no picture has this name.",
      ]
    `)
  })
})

describe('class folders', () => {
  it('give labels, and captions made from them', async () => {
    const table = await read({
      'train/sea_lion/1.png': png,
      'train/cat/2.JPG': jpeg,
      'validation/cat/3.png': png,
      'notes.md': 'hello',
    })
    expect(table.ids).toEqual(['train/cat/2.JPG', 'train/sea_lion/1.png', 'validation/cat/3.png'])
    expect(classesOf(table, 'label')).toEqual(['cat', 'sea_lion', 'cat'])
    expect(classesOf(table, 'split')).toEqual(['train', 'train', 'validation'])
    expect(textsOf(table, 'caption')[1]).toEqual(['a photo of a sea lion'])
  })

  it('report pictures outside a class and formats that can’t be read', async () => {
    const table = await read({
      'a/1.png': png,
      'stray.png': png,
      'a/2.heic': 'x',
      'a/broken.png': png.subarray(0, 40),
    })
    expect(report(table)).toMatchInlineSnapshot(`
      [
        "a/2.heic: HEIC pictures can't be read. Convert it to PNG, JPEG, WebP, GIF or TIFF.",
        "a/broken.png: this picture can't be decoded: it is broken or was cut short.",
        "stray.png: this picture lies in no class folder, so it has no label.",
      ]
    `)
  })
})

describe('links', () => {
  it('are refused where they lead outside, and followed to files inside', async () => {
    const outside = await folderOf({ 'secret.png': png })
    const path = await folderOf({ 'a/1.png': png })
    await symlink(join(outside, 'secret.png'), join(path, 'a/out.png'))
    await symlink(join(path, 'a/1.png'), join(path, 'a/in.png'))
    await symlink(join(path, 'a/none.png'), join(path, 'a/nowhere.png'))
    await symlink(outside, join(path, 'b'))
    const table = await readFolder({ path, onBadRow: 'skip' })
    expect(table.ids).toEqual(['a/1.png', 'a/in.png'])
    expect(
      report(table)
        .map(line => line.replaceAll(path, 'FOLDER'))
        .sort(),
    ).toMatchInlineSnapshot(`
      [
        "a/nowhere.png: this link leads nowhere: ENOENT: no such file or directory, realpath 'FOLDER/a/nowhere.png'.",
        "a/out.png: this link leads outside the folder, and is not read. Copy the file into the folder.",
        "b: this link leads outside the folder, and is not read. Copy the file into the folder.",
      ]
    `)
  })

  it('are refused also where metadata names them', async () => {
    const outside = await folderOf({ 'secret.png': png })
    const path = await folderOf({
      'metadata.jsonl': jsonl({ file_name: 'out.png', text: 'secret' }, { file_name: 'a.png', text: 'a' }),
      'a.png': png,
    })
    await symlink(join(outside, 'secret.png'), join(path, 'out.png'))
    const table = await readFolder({ path, onBadRow: 'skip' })
    expect(table.ids).toEqual(['a.png'])
    expect(report(table)[0]).toContain('metadata.jsonl:1: this link leads outside the folder')
  })
})

describe('a folder that can’t be used', () => {
  it('says why', async () => {
    const root = await folderOf({ 'bare/a.png': png, 'file.txt': 'x', 'text/readme.md': 'x' })
    await mkdir(join(root, 'empty'))
    const bad = await folderOf({ 'metadata.jsonl': jsonl({ file_name: 'gone.png', text: 'x' }) })
    const ask = (path: string) => refusal(readFolder({ path, onBadRow: 'skip' }), root)
    expect([
      await ask(join(root, 'missing')),
      await ask(join(root, 'file.txt')),
      await ask(join(root, 'empty')),
      await ask(join(root, 'text')),
      await ask(join(root, 'bare')),
      (await ask(bad)).replaceAll(bad, 'FOLDER'),
    ]).toMatchInlineSnapshot(`
      [
        "There is no folder FOLDER/missing.",
        "FOLDER/file.txt is a file, not a folder.",
        "FOLDER/empty has no pictures. JPEG, PNG, WebP, GIF and TIFF files can be read.",
        "FOLDER/text has no pictures. JPEG, PNG, WebP, GIF and TIFF files can be read.",
        "FOLDER/bare has pictures but no captions. Add a metadata.jsonl with lines like {"file_name": "a.png", "text": "what it shows"}, a .txt file beside each picture, or put the pictures into one folder for each class.",
        "Folder FOLDER has no usable row: 1 bad row.
        metadata.jsonl:1: there is no file "gone.png" in this folder.
      ",
      ]
    `)
  })

  it('is left alone after an abort', async () => {
    const path = await folderOf({ 'a/1.png': png })
    const signal = AbortSignal.abort(new Error('stopped by hand'))
    await expect(readFolder({ path, onBadRow: 'skip', signal })).rejects.toThrow('stopped by hand')
  })
})

describe('real folders', () => {
  const coco = sharedData('coco_open')
  it.skipIf(coco.missing)(`reads coco_open (${coco.missing ?? 'there'})`, async () => {
    const options = { path: coco.path, metadata: 'images.jsonl' }
    const table = await readFolder({ ...options, onBadRow: 'fail' })
    expect(table.rows).toBe(51)
    expect(textsOf(table, 'caption').every(texts => texts.length >= 5)).toBe(true)
    expect((await peekFolder(options)).fields).toEqual(table.schema.fields)
  })

  const clothing = sharedData('clothing')
  it.skipIf(clothing.missing)(`reads clothing (${clothing.missing ?? 'there'})`, async () => {
    const folders = await readFolder({ path: join(clothing.path, 'validation'), onBadRow: 'fail' })
    const rows = await readFolder({ path: clothing.path, metadata: 'validation.jsonl', onBadRow: 'fail' })
    expect(rows.rows).toBe(folders.rows)
    expect(new Set(classesOf(rows, 'label'))).toEqual(new Set(classesOf(folders, 'label')))
    expect(rows.ids.toSorted()).toEqual(folders.ids.map(id => `validation/${id}`).toSorted())
  })
})
