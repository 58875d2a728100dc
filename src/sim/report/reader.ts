/**
 * Reads the record of a run from its file: NDJSON, a `run` line first. Nothing that is not a line of a record passes, and
 * what is wrong is told with the number of its line. A record without its `end` is one of a run that was cut off: that is read.
 */
import { UsageError } from '../../base/errors.ts'
import { RECORD_VERSION, type RecordLine } from '../record.ts'

/** What each field must be; a `?` at the end of a name says that it may be missing. */
type Test = (value: unknown) => boolean
type Form = Readonly<Record<string, Test>>

const text: Test = (value) => typeof value === 'string'
const number: Test = (value) => typeof value === 'number' && Number.isFinite(value)
const amount: Test = (value) => number(value) && (value as number) >= 0
const flag: Test = (value) => typeof value === 'boolean'
const one =
  (...words: readonly string[]): Test =>
  (value) =>
    words.includes(value as string)
const list =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) && value.every(test)
const pair =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) && value.length === 2 && value.every(test)
const map =
  (test: Test): Test =>
  (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(test)

const FORMS: Readonly<Record<RecordLine['type'], Form>> = {
  run: {
    scenario: text,
    about: text,
    mode: one('live', 'virtual', 'scale'),
    seed: number,
    managers: amount,
    peers: amount,
    parameters: map((value) => text(value) || number(value) || flag(value)),
    command: text,
    startedAt: text
  },
  phase: { name: text },
  peer: { peer: text, role: one('manager', 'member', 'carrier'), state: one('up', 'down', 'paused', 'resumed') },
  fault: { what: text, peers: list(text), 'until?': amount, 'isEnd?': flag },
  act: { what: text, by: text, 'about?': text },
  said: { id: text, by: text, place: text, readers: amount },
  shown: { 'id?': text, 'peer?': text, ms: amount, count: amount },
  key: { peer: text, count: amount, state: text, term: amount, serial: amount, 'ms?': amount },
  epoch: { term: amount, serial: amount, by: text, signers: list(text), members: amount, isRoot: flag, bytes: amount },
  notice: { peer: text, what: one('gap', 'alarm', 'unreadable', 'warning', 'manager', 'member'), words: text },
  carried: { kinds: map(pair(amount)) },
  sample: { rss: amount, events: amount, ms: amount, online: amount },
  links: { links: list(pair(text)) },
  sight: { kind: text, carrier: text, members: text },
  invariant: {
    id: text,
    claim: text,
    verdict: one('held', 'broken', 'not checked'),
    looks: amount,
    evidence: text,
    'trace?': list(text)
  },
  end: { verdict: one('held', 'broken'), ms: amount, events: amount, rss: amount, figures: map(number) }
}

/**
 * The lines of a record.
 *
 * @param lines - its text, or its lines one by one, such as those of `node:readline`. Empty lines are passed over.
 * @param name - what the record is called, for a sentence.
 * @throws {UsageError} `BAD_RUN_RECORD` when it is none, in three parts, with the number of the line.
 */
export async function readRecord(
  lines: string | AsyncIterable<string> | Iterable<string>,
  name = 'This'
): Promise<RecordLine[]> {
  const bad: Bad = (why) => {
    const advice = 'Give a file that conclave simulate --events has written, whole.'
    throw new UsageError('BAD_RUN_RECORD', `${name} is no record of a run. Of the record, ${why}. ${advice}`)
  }
  const record: RecordLine[] = []
  let number = 0
  for await (const line of typeof lines === 'string' ? lines.split('\n') : lines) {
    number++
    if (line.trim() === '') continue
    record.push(readLine(line, number, record.at(-1), bad))
  }
  if (record.length === 0) bad('it has no lines')
  return record
}

/** Says what is wrong with a record, in a clause. */
type Bad = (why: string) => never

function readLine(source: string, number: number, before: RecordLine | undefined, bad: Bad): RecordLine {
  const at = `line ${number}`
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch {
    bad(`${at} is no JSON`)
  }
  if (!isObject(value)) bad(`${at} is no object`)
  const type = value['type']
  if (before === undefined && type !== 'run') bad(`${at}, its first, is no run line`)
  if (type === 'run' && value['version'] !== RECORD_VERSION)
    bad(`${at} says version ${shown(value['version'])}, and this program reads version ${RECORD_VERSION}`)
  if (before !== undefined && type === 'run') bad(`${at} begins another run`)
  if (before?.type === 'end') bad(`${at} comes after the end`)
  if (typeof type !== 'string' || !Object.hasOwn(FORMS, type)) bad(`${at} is of no known type: ${shown(type)}`)
  for (const [name, test] of Object.entries({ ...FORMS[type as RecordLine['type']], at: amount })) {
    const isOptional = name.endsWith('?')
    const field = value[isOptional ? name.slice(0, -1) : name]
    if (field === undefined ? !isOptional : !test(field))
      bad(`${at}, a ${type} line, has no good ${JSON.stringify(isOptional ? name.slice(0, -1) : name)}`)
  }
  if (before !== undefined && (value['at'] as number) < before.at) bad(`${at} is earlier than the one before it`)
  return value as unknown as RecordLine
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 40)
