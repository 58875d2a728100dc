/**
 * A file of user records, one a line: base64, hexadecimal, or an object of JSON lines with a `record`. Empty lines and lines
 * that begin with # are passed over. What a record says is for others to check; here it is bytes.
 */
import { open } from 'node:fs/promises'
import { UsageError } from '../base/errors.ts'
import { USER_RECORD_BYTES } from '../wire/limits.ts'
import { RECORD } from './channel-text.ts'
import { displayText } from './display-text.ts'

const MAX_FILE_BYTES = 64 * 1024 * 1024

/**
 * The records of a file, each base64.
 *
 * @throws {UsageError} `BAD_RECORD_FILE` when it cannot be read, is empty, or has a line that is no record.
 */
export async function readRecordFile(path: string): Promise<string[]> {
  const shown = displayText(path, { lines: 1 })
  const records = recordsIn((await textOf(path)).split('\n'), shown)
  if (records.length === 0) throw new UsageError('BAD_RECORD_FILE', RECORD.emptyFile(shown))
  return records
}

async function textOf(path: string): Promise<string> {
  try {
    const file = await open(path, 'r')
    try {
      if ((await file.stat()).size > MAX_FILE_BYTES) throw new RangeError('longer than a file of records may be')
      return await file.readFile('utf8')
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw new UsageError('BAD_RECORD_FILE', RECORD.noFile(displayText(path, { lines: 1 })), { cause })
  }
}

function recordsIn(lines: readonly string[], path: ReturnType<typeof displayText>): string[] {
  return lines.flatMap((line, i) => {
    const text = line.trim()
    if (text === '' || text.startsWith('#')) return []
    const bytes = recordIn(text)
    if (bytes === undefined) throw new UsageError('BAD_RECORD_FILE', RECORD.notInFile(path, i + 1))
    return [bytes.toString('base64')]
  })
}

/** The bytes of one line; undefined when it holds no record. */
export function recordIn(text: string): Buffer | undefined {
  const value = text.startsWith('{') ? recordOfJson(text) : text
  if (value === undefined || value === '') return undefined
  const encoding = /^([0-9a-f]{2})+$/i.test(value) ? 'hex' : 'base64'
  const bytes = Buffer.from(value, encoding)
  const isWhole = encoding === 'hex' || withoutEnd(bytes.toString('base64')) === withoutEnd(value)
  return isWhole && bytes.length <= USER_RECORD_BYTES ? bytes : undefined
}

const withoutEnd = (text: string): string => text.replace(/=+$/, '')

function recordOfJson(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isRecord = typeof value === 'object' && value !== null && 'record' in value
    return isRecord && typeof value.record === 'string' ? value.record : undefined
  } catch {
    return undefined
  }
}
