import { expect } from 'chai'
import { UsageError } from '../../../src/base/errors.ts'
import type { RecordLine } from '../../../src/sim/record.ts'
import { readRecord } from '../../../src/sim/report/reader.ts'
import { helloRecord, hostileRecord } from './records.ts'

const written = (lines: readonly unknown[]): string => `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`
const hello = helloRecord()

async function refusalOf(text: string): Promise<UsageError> {
  const error = await readRecord(text).then(
    () => undefined,
    (why: unknown) => why
  )
  expect(error).to.be.instanceOf(UsageError)
  return error as UsageError
}

describe('the reader of records', () => {
  it('reads what was written, as a text or line by line', async () => {
    expect(await readRecord(written(hello))).to.deep.equal(hello)
    const lines = async function* () {
      for (const line of hello) yield JSON.stringify(line)
    }
    expect(await readRecord(lines())).to.deep.equal(hello)
    expect(await readRecord(written(hostileRecord()))).to.have.length(hello.length)
  })

  it('reads the record of a run that was cut off', async () => {
    expect(await readRecord(written(hello.slice(0, 5)))).to.have.length(5)
  })

  it('names the line that is wrong, in three parts', async () => {
    const cases: (readonly [string, string])[] = [
      ['', 'it has no lines'],
      ['{"type":', 'line 1 is no JSON'],
      ['[1]', 'line 1 is no object'],
      [written(hello.slice(1)), 'line 1, its first, is no run line'],
      [written([{ ...hello[0], version: 2 }]), 'line 1 says version 2, and this program reads version 1'],
      [written([hello[0], hello[0]]), 'line 2 begins another run'],
      [written([hello[0], { type: 'toString', at: 1 }]), 'line 2 is of no known type: "toString"'],
      [`${written([hello[0]])}\n${written([{ type: 'phase', at: 0 }])}`, 'line 3, a phase line, has no good "name"'],
      [
        written([hello[0], { type: 'phase', at: 5, name: 'a' }, { type: 'phase', at: 4, name: 'b' }]),
        'line 3 is earlier than the one before it'
      ],
      [written([...hello, { type: 'phase', at: 30_000, name: 'more' }]), `line ${hello.length + 1} comes after the end`]
    ]
    for (const [text, why] of cases) {
      const error = await refusalOf(text)
      expect(error.code).to.equal('BAD_RUN_RECORD')
      const [what, reason, advice] = error.message.split('. ')
      expect(what).to.equal('This is no record of a run')
      expect(reason).to.equal(`Of the record, ${why}`)
      expect(advice).to.match(/^Give a file/)
    }
  })

  it('takes no field that is missing or of another type', async () => {
    const seen = new Set<string>()
    for (const line of hello.slice(1)) {
      if (seen.has(line.type)) continue
      seen.add(line.type)
      for (const name of Object.keys(line).filter((one) => one !== 'type')) {
        const optional = ['id', 'peer', 'ms', 'about', 'until', 'trace']
        const spoilt = [{ ...line, [name]: { not: ['this'] } }]
        if (!optional.includes(name)) spoilt.push({ ...line, [name]: undefined } as never)
        for (const one of spoilt as unknown as RecordLine[])
          expect((await refusalOf(written([hello[0], one]))).message).to.include(`has no good "${name}"`)
      }
    }
    expect(seen.size).to.equal(15)
  })
})
