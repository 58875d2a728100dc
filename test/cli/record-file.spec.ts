import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { UsageError } from '../../src/base/errors.ts'
import { readRecordFile, recordIn } from '../../src/cli/record-file.ts'
import { recordOf } from '../core/identity/people.ts'

describe('a file of records', () => {
  const record = Buffer.from(recordOf())
  const base64 = record.toString('base64')
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conclave-records-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function read(text: string): Promise<string[] | string> {
    const path = join(folder, 'records')
    await writeFile(path, text)
    return await readRecordFile(path).catch((error: unknown) => {
      if (error instanceof UsageError) return error.message
      throw error
    })
  }

  it('holds base64, hexadecimal or JSON lines, between remarks and empty lines', async () => {
    const json = JSON.stringify({ v: 1, nick: 'alice', record: base64 })
    const lines = [
      '# the team',
      '',
      base64,
      `  ${base64.replace(/=+$/, '')}\r`,
      record.toString('hex').toUpperCase(),
      json
    ]
    expect(await read(`${lines.join('\n')}\n`)).to.deep.equal([base64, base64, base64, base64])
  })

  it('with a line that is none names the line', async () => {
    for (const bad of ['not a record!', '{"record":5}', '{', '{"v":1}', 'ab c', 'A'.repeat(6000)])
      expect(await read(`${base64}\n${bad}\n`), bad.slice(0, 20)).to.include('line 2')
    expect(await read('# nothing\n\n'))
      .to.be.a('string')
      .that.includes('no record')
    expect(recordIn('')).to.equal(undefined)
  })

  it('that is not there is said to be missing', async () => {
    const error = await readRecordFile(join(folder, 'missing')).catch((one: unknown) => one)
    expect(error).to.be.instanceOf(UsageError).with.property('code', 'BAD_RECORD_FILE')
  })
})
