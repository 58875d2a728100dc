/**
 * Whether memory grows: a few peers who talk for a long time. Ends with 1 when it does.
 *
 *     npm run soak -- [--minutes 30] [--rate 20] [--peers 4] [--every 30] [--warm-up 5] [--share 10] [--megabytes 8]
 *
 * Every so many seconds each peer collects its garbage and says what it uses. After the warm-up, minutes, the straight line
 * through what a heap holds may rise by so much of its beginning, percent, and by so many megabytes, until the end; what is
 * more is growth.
 */
import { MINUTE_MS, SECOND_MS } from '../src/base/time.ts'
import { SEVERABLE } from '../test/live/cli-processes.ts'
import { Crew, earOf, type Hand } from '../test/live/crew.ts'
import { numberOf, pause, publish, readOptions, short, tell } from './bench/report.ts'

const defaults = { minutes: '30', rate: '20', peers: '4', every: '30', 'warm-up': '5', share: '10', megabytes: '8' }
const options = readOptions(defaults)
const MEGABYTE = 1_000_000

interface Sample {
  /** Since talking began. */
  readonly minutes: number
  readonly said: number
  /** Of each peer, MB. */
  readonly heap: readonly number[]
  readonly rss: readonly number[]
}

interface Line {
  /** What it holds at the end of the warm-up, MB. */
  readonly from: number
  /** MB per minute. */
  readonly slope: number
}

/** The straight line nearest to the values. */
function lineThrough(points: readonly (readonly [number, number])[]): Line {
  const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length
  const x = mean(points.map(([one]) => one))
  const y = mean(points.map(([, one]) => one))
  const slope =
    points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0) / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0)
  return { from: y + slope * (points[0]![0] - x), slope }
}

async function memoryOf({ running }: Hand): Promise<{ heapUsed: number; rss: number }> {
  const { process } = running!
  const told = (): Record<string, unknown>[] => process.forms().filter(({ type }) => type === 'memory')
  const before = told().length
  process.type('memory')
  const form = await process.until('memory', () => told()[before])
  return { heapUsed: Number(form['heapUsed']), rss: Number(form['rss']) }
}

const crew = new Crew({ manager: SEVERABLE, member: SEVERABLE })
const samples: Sample[] = []
const failures: string[] = []
const saying = new Set<Promise<void>>()
let said = 0

async function sample(minutes: number): Promise<void> {
  const all = await Promise.all(crew.hands.map(memoryOf))
  const heap = all.map(({ heapUsed }) => heapUsed / MEGABYTE)
  samples.push({ minutes, said, heap, rss: all.map(({ rss }) => rss / MEGABYTE) })
  tell(`${short(minutes)} min, ${said} messages, heap ${heap.map(short).join(' ')} MB`)
  // What was heard is not what is measured.
  for (const hand of crew.hands) earOf(hand).forget()
}

try {
  await crew.gather(
    ['manager1'],
    Array.from({ length: numberOf(options, 'peers') - 1 }, (_, i) => `member${i + 1}`)
  )
  const startedAt = performance.now()
  const isDue = (): boolean => said < ((performance.now() - startedAt) / SECOND_MS) * numberOf(options, 'rate')
  const talking = setInterval(() => {
    while (isDue()) {
      const hand = crew.hands[said % crew.hands.length]!
      const text = `message ${said++}`
      const one = crew
        .say(hand, text)
        .catch((error) => void failures.push(`${hand.nick}, ${text}: ${String(error)}`))
        .finally(() => saying.delete(one))
      saying.add(one)
    }
  }, SECOND_MS / numberOf(options, 'rate'))
  const endMs = numberOf(options, 'minutes') * MINUTE_MS
  for (let atMs = 0; atMs <= endMs; atMs += numberOf(options, 'every') * SECOND_MS) {
    await pause(Math.max(0, startedAt + atMs - performance.now()))
    await sample((performance.now() - startedAt) / MINUTE_MS)
  }
  clearInterval(talking)
  await Promise.all(saying)
} finally {
  await crew.close()
}

const warm = samples.filter(({ minutes }) => minutes >= numberOf(options, 'warm-up'))
const spanMinutes = (warm.at(-1)?.minutes ?? 0) - (warm[0]?.minutes ?? 0)
const trends = crew.hands.map(({ nick }, i) => {
  const line = lineThrough(warm.map(({ minutes, heap }) => [minutes, heap[i]!]))
  const growth = line.slope * spanMinutes
  const limit = Math.min((numberOf(options, 'share') / 100) * line.from, numberOf(options, 'megabytes'))
  return { nick, ...line, growth, limit, isFlat: growth <= limit }
})
const isFlat = warm.length > 2 && failures.length === 0 && trends.every((one) => one.isFlat)

publish(
  options,
  [
    {
      title: `Memory, MB: ${options['peers']} peers, ${options['rate']} messages a second among them`,
      columns: ['minute', 'messages', ...crew.hands.flatMap(({ nick }) => [`${nick} heap`, 'rss'])],
      rows: samples.map(({ minutes, said: count, heap, rss }) => [
        short(minutes),
        String(count),
        ...heap.flatMap((one, i) => [short(one), short(rss[i]!)])
      ])
    },
    {
      title: `The heap from minute ${options['warm-up']} on`,
      columns: ['peer', 'at first, MB', 'KB a minute', 'in all, MB', 'allowed, MB', ''],
      rows: trends.map(({ nick, from, slope, growth, limit, isFlat: isOwnFlat }) => [
        nick,
        short(from),
        short(slope * 1_000),
        short(growth),
        short(limit),
        isOwnFlat ? 'flat' : 'grows'
      ]),
      notes: [isFlat ? 'Memory does not grow.' : 'Not as it should be.', ...failures.slice(0, 10)]
    }
  ],
  { samples, trends, failures }
)
process.exit(isFlat ? 0 : 1)
