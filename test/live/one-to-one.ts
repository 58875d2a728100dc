/** Two members of a channel of five who talk one-to-one while either of them is killed, again and again, and started anew. */
import { Random } from '../../src/sim/random.ts'
import { type Form, SEVERABLE } from './cli-processes.ts'
import { Crew, earOf, type Hand } from './crew.ts'

/** Texts that are under way when one of them dies. */
const TALK = 4
/** How long one of them lives on after the first of those was begun, and is dead, at most, ms. */
const ALIVE_MS = 400
const DEAD_MS = 600

export interface OneToOneInit {
  readonly kills: number
  readonly seed: number
  /** Whether the two can reach each other through the channel alone. */
  readonly isApart: boolean
  /** From when both are up for good until everything has arrived, ms. */
  readonly patienceMs: number
  readonly tell: (line: string) => void
}

export interface OneToOneOutcome {
  /** Texts that a peer said to have taken, and those that one was killed with before it did. */
  readonly acknowledged: number
  readonly unacknowledged: number
  /** Acknowledged texts that one of the two does not show, as `nick: text`. */
  readonly missing: readonly string[]
  /** Texts that one of them shows more than once. */
  readonly doubled: readonly string[]
  /** Texts that one of them shows before what their sender said earlier. */
  readonly disordered: readonly string[]
  /** Frames that the topic carried, by another member's count. */
  readonly seenByOthers: number
  /** ms since both were up for good. */
  readonly tookMs: number
}

export async function oneToOne({ kills, seed, isApart, patienceMs, tell }: OneToOneInit): Promise<OneToOneOutcome> {
  const random = new Random(seed, 'one-to-one')
  const crew = new Crew({ manager: SEVERABLE, member: SEVERABLE })
  try {
    await crew.gather(['keeper'], ['alice', 'bob', 'carol', 'dave'])
    const [alice, bob, carol] = crew.members as [Hand, Hand, Hand]
    if (isApart) crew.cut(alice, bob)
    const acknowledged = new Map<Hand, string[]>([
      [alice, []],
      [bob, []]
    ])
    let unacknowledged = 0
    let count = 0
    const say = async (from: Hand, to: Hand): Promise<void> => {
      const text = `${from.nick} ${count++}`
      try {
        await earOf(from).call('dm', { user: to.user, text, wait: 'none' })
        acknowledged.get(from)!.push(text)
      } catch {
        unacknowledged++
      }
    }
    const talk = async (from: Hand, to: Hand): Promise<void> => {
      for (let n = 0; n < TALK && from.running !== undefined; n++) await say(from, to)
    }
    for (let kill = 0; kill < kills; kill++) {
      const victim = random.chance(0.5) ? alice : bob
      const talks = [talk(alice, bob), talk(bob, alice)]
      await pause(random.between(0, ALIVE_MS))
      await crew.kill(victim)
      await Promise.all(talks)
      await pause(random.between(0, DEAD_MS))
      await crew.start(victim)
      if (kill % 10 === 9) tell(`${kill + 1} kills, ${count} texts`)
    }
    const startedAt = performance.now()
    const expected = [...acknowledged.values()].flat()
    const lacks = async (): Promise<string[]> => {
      const shown = await Promise.all([shownAt(alice, bob), shownAt(bob, alice)])
      return [alice, bob].flatMap(({ nick }, i) =>
        expected.filter((text) => !shown[i]!.includes(text)).map((text) => `${nick}: ${text}`)
      )
    }
    let missing = await lacks()
    while (missing.length > 0 && performance.now() - startedAt < patienceMs) {
      await pause(200)
      missing = await lacks()
    }
    const tookMs = performance.now() - startedAt
    const histories = [await shownAt(alice, bob), await shownAt(bob, alice)]
    const { conversations } = await earOf(carol).call<{ conversations: Form[] }>('pairs')
    return {
      acknowledged: expected.length,
      unacknowledged,
      missing,
      doubled: histories.flatMap((texts) => texts.filter((text, i) => texts.indexOf(text) !== i)),
      disordered: histories.flatMap((texts) => [alice, bob].flatMap(({ nick }) => outOfOrder(texts, nick))),
      seenByOthers: conversations.length,
      tookMs
    }
  } finally {
    await crew.close()
  }
}

export const isGood = ({ missing, doubled, disordered, seenByOthers }: OneToOneOutcome): boolean =>
  missing.length + doubled.length + disordered.length + seenByOthers === 0

/** The texts of a conversation in the order shown. */
export async function shownAt(at: Hand, other: Hand): Promise<string[]> {
  const texts: string[] = []
  let page = await earOf(at).call<Form>('read', { channel: `@${other.user}`, since: 0 })
  for (;;) {
    texts.push(...(page['messages'] as Form[]).map(({ text }) => String(text)))
    if (page['after'] === undefined) return texts
    page = await earOf(at).call<Form>('read', { channel: `@${other.user}`, since: 0, after: page['after'] })
  }
}

/** The texts of one of them that come after a later one. */
function outOfOrder(texts: readonly string[], nick: string): string[] {
  const own = texts.filter((text) => text.startsWith(`${nick} `))
  const numbers = own.map((text) => Number(text.split(' ')[1]))
  return own.filter((_, i) => i > 0 && numbers[i]! < numbers[i - 1]!)
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
