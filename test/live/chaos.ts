/**
 * Key managers, members and a carrier without keys, each a process of its own, who talk while links between them part and heal
 * and each of them is killed (kill -9) and starts again. When all are up and healed again everybody must come to have
 * everything.
 *
 * What counts as said is what its author's peer has acknowledged. Before a peer is killed it says something, and is killed as
 * soon as that is acknowledged.
 */
import { SECOND_MS } from '../../src/base/time.ts'
import type { MessageForm, Position, ReadForm, StatusForm } from '../../src/cli/forms.ts'
import { Random } from '../../src/sim/random.ts'
import { type Ear, SEVERABLE } from './cli-processes.ts'
import { Crew, earOf, type Hand } from './crew.ts'
import { isGood as areGood, compare, type Shown, type Verdict, type Witness } from './histories.ts'
import { pause } from './hosts.ts'

export interface ChaosInit {
  readonly managers: number
  readonly members: number
  readonly messages: number
  readonly durationMs: number
  /** Share of the links that are cut at any time. */
  readonly cut: number
  /** How often each is killed. */
  readonly kills: number
  /** Of what is drawn: who speaks, is killed and is cut off when. How fast the machine is still decides what comes of it. */
  readonly seed: number
  /** How long after all are up and healed everybody must have everything. */
  readonly convergenceMs: number
  readonly tell: (text: string) => void
}

export interface ChaosOutcome {
  readonly verdict: Verdict
  /** What else went wrong: peers that ended by themselves, told of an alarm, or showed a message twice. */
  readonly troubles: readonly string[]
  readonly acknowledged: number
  /** Said to a peer that was killed before it acknowledged. */
  readonly unacknowledged: number
  readonly kills: number
  readonly cuts: number
  /** From when all were up and healed until each had everything, ms; infinite: it never had within the time. */
  readonly convergenceMs: ReadonlyMap<string, number>
  /** Questions for messages that all have asked, as far as their runs were not killed since they were last looked at. */
  readonly questions: number
  /** Times that somebody was told of a gap. */
  readonly gaps: number
}

const DOWN_MS = [1 * SECOND_MS, 15 * SECOND_MS] as const
const CUT_MS = [2 * SECOND_MS, 10 * SECOND_MS] as const
const LOOK_MS = SECOND_MS
/** What somebody who is killed was told of so lately may not have been written down. */
const FORGOTTEN_MS = 15 * SECOND_MS

export async function chaos(init: ChaosInit): Promise<ChaosOutcome> {
  const run = new Chaos(init)
  try {
    return await run.play()
  } finally {
    await run.close()
  }
}

class Chaos {
  readonly #init: ChaosInit
  readonly #crew = new Crew({ manager: SEVERABLE, member: SEVERABLE, carrier: SEVERABLE })
  readonly #ears = new Map<Hand, Ear[]>()
  readonly #acknowledged = new Set<string>()
  readonly #troubles: string[] = []
  /** When somebody was killed last, ms since 1970. */
  readonly #killedAt = new Map<Hand, number>()
  /** What each has shown while it was not listened to. */
  readonly #unheard = new Map<Hand, string[]>()
  #said = 0
  #unacknowledged = 0
  #kills = 0
  #cuts = 0
  #questions = 0
  #startedAt = 0

  constructor(init: ChaosInit) {
    this.#init = init
  }

  close(): Promise<void> {
    return this.#crew.close()
  }

  async play(): Promise<ChaosOutcome> {
    const { managers, members, tell } = this.#init
    await this.#crew.settle('carrier', 'carrier')
    await this.#crew.gather(names('manager', managers), names('member', members))
    for (const hand of this.#all) this.#listenTo(hand)
    tell(`${managers} managers, ${members} members and a carrier are there`)
    this.#startedAt = performance.now()
    await Promise.all([this.#talk(), ...this.#all.map((hand) => this.#live(hand)), ...this.#links()])
    tell(`${this.#acknowledged.size} messages, ${this.#kills} kills, ${this.#cuts} cuts; all are up and healed`)
    const convergenceMs = await this.#converge()
    const witnesses: Witness[] = []
    for (const hand of this.#crew.hands) witnesses.push(await this.#witness(hand))
    for (const hand of this.#all) await this.#look(hand)
    this.#noteTroubles()
    return {
      verdict: compare(witnesses, this.#acknowledged),
      troubles: this.#troubles,
      acknowledged: this.#acknowledged.size,
      unacknowledged: this.#unacknowledged,
      kills: this.#kills,
      cuts: this.#cuts,
      convergenceMs,
      questions: this.#questions,
      gaps: this.#heard('gap').filter(({ isClosed }) => isClosed === false).length
    }
  }

  get #all(): Hand[] {
    return [...this.#crew.carriers, ...this.#crew.hands]
  }

  /** When something drawn is to happen. */
  #at(ms: number): Promise<void> {
    return pause(Math.max(0, this.#startedAt + ms - performance.now()))
  }

  // ------------------------------------------------------------------ what happens

  /** Everybody who runs says something at times, until enough was acknowledged. */
  async #talk(): Promise<void> {
    const { messages, durationMs, seed } = this.#init
    const random = new Random(seed, 'talk')
    const saying = new Set<Promise<void>>()
    for (let i = 0; this.#acknowledged.size + saying.size < messages; i++) {
      await this.#at((Math.min(i, messages) / messages) * durationMs)
      const hands = this.#crew.hands.filter(({ running }) => running !== undefined)
      if (hands.length === 0) await pause(LOOK_MS)
      else {
        const one = this.#say(random.pick(hands)).finally(() => saying.delete(one))
        saying.add(one)
      }
      if (this.#acknowledged.size + saying.size === messages) await Promise.all(saying)
    }
  }

  async #say(hand: Hand): Promise<void> {
    const text = `${++this.#said} by ${hand.nick}`
    const { running } = hand
    try {
      await this.#crew.say(hand, text)
      this.#acknowledged.add(text)
    } catch (error) {
      this.#unacknowledged++
      if (running === hand.running) this.#troubles.push(`${hand.nick} did not take "${text}": ${String(error)}`)
    }
  }

  /** One of them is killed and starts again, so many times. */
  async #live(hand: Hand): Promise<void> {
    const { durationMs, kills, seed } = this.#init
    const random = new Random(seed, 'life', hand.nick)
    for (let i = 0; i < kills; i++) {
      await this.#at(((i + random.fraction()) / kills) * durationMs)
      const downMs = random.between(...DOWN_MS)
      await this.#look(hand)
      if (hand.role !== 'carrier') await this.#say(hand)
      await this.#crew.kill(hand)
      this.#killedAt.set(hand, Date.now())
      this.#kills++
      await pause(downMs)
      await this.#crew.start(hand)
      this.#listenTo(hand)
      if (hand.role !== 'carrier') await this.#catchUp(hand)
    }
  }

  /** Each link between two of them is cut and heals, again and again. */
  #links(): Promise<void>[] {
    const hands = this.#all
    return hands.flatMap((a, i) => hands.slice(i + 1).map((b) => this.#link(a, b)))
  }

  async #link(a: Hand, b: Hand): Promise<void> {
    const { durationMs, cut, seed } = this.#init
    const random = new Random(seed, 'link', a.nick, b.nick)
    const meanUpMs = (((CUT_MS[0] + CUT_MS[1]) / 2) * (1 - cut)) / cut
    let at = 0
    for (;;) {
      at += random.between(0, 2 * meanUpMs)
      if (at >= durationMs) return
      await this.#at(at)
      this.#crew.cut(a, b)
      this.#cuts++
      at += random.between(...CUT_MS)
      await this.#at(Math.min(at, durationMs))
      this.#crew.heal(a, b)
    }
  }

  // ------------------------------------------------------------------ what comes of it

  #listenTo(hand: Hand): void {
    this.#ears.set(hand, [...(this.#ears.get(hand) ?? []), earOf(hand)])
  }

  #heard(type: string, hands: Iterable<Hand> = this.#ears.keys()): Ear['forms'] {
    return [...hands].flatMap((hand) =>
      this.#ears.get(hand)!.flatMap(({ forms }) => forms.filter((one) => one['type'] === type))
    )
  }

  /** Counts what this run of somebody has asked. */
  async #look(hand: Hand): Promise<void> {
    const { counters } = await earOf(hand).call<StatusForm & Record<string, unknown>>('status')
    this.#questions += counters?.['streams.askedForFrames'] ?? 0
  }

  /** Waits until everybody has everything, or the time is up. */
  async #converge(): Promise<Map<string, number>> {
    const healedAt = performance.now()
    const { hands } = this.#crew
    const has = new Map(hands.map((hand) => [hand, this.#textsShown(hand)]))
    const lookedAt = new Map(hands.map((hand) => [hand, (this.#killedAt.get(hand) ?? 0) - FORGOTTEN_MS]))
    const done = new Map<string, number>()
    const texts = new Set(this.#acknowledged)
    for (;;) {
      const isLacking = (hand: Hand): boolean => !texts.isSubsetOf(has.get(hand)!)
      const lacking = hands.filter(isLacking)
      const isLate = performance.now() - healedAt > this.#init.convergenceMs
      if (isLate) for (const { nick } of lacking) done.set(nick, Number.POSITIVE_INFINITY)
      if (isLate || (lacking.length === 0 && done.size === hands.length)) return done
      for (const hand of hands.filter((one) => isLacking(one) || !done.has(one.nick))) {
        const since = lookedAt.get(hand)!
        lookedAt.set(hand, Date.now() - LOOK_MS)
        for (const { text } of await this.#read(hand, since)) {
          has.get(hand)!.add(text)
          // It may have been said to somebody who was killed before acknowledging it.
          texts.add(text)
        }
        if (!isLacking(hand)) done.set(hand.nick, performance.now() - healedAt)
      }
      await pause(LOOK_MS)
    }
  }

  /** What somebody has shown, in this run and those before. */
  #textsShown(hand: Hand): Set<string> {
    const heard = this.#heard('message', [hand]).map(({ text }) => String(text))
    return new Set([...heard, ...(this.#unheard.get(hand) ?? [])])
  }

  /** Takes note of what somebody who starts again has shown before it could be listened to. */
  async #catchUp(hand: Hand): Promise<void> {
    const shown = await this.#read(hand, this.#killedAt.get(hand)! - FORGOTTEN_MS)
    this.#unheard.set(hand, [...(this.#unheard.get(hand) ?? []), ...shown.map(({ text }) => text)])
  }

  async #witness(hand: Hand): Promise<Witness> {
    const told = [
      ...this.#heard('gap', [hand]).map(({ missing }) => String(missing)),
      ...this.#heard('unreadable', [hand]).map(({ id }) => String(id))
    ]
    return { nick: hand.nick, shown: await this.#read(hand, 0), told: new Set(told) }
  }

  /** @param since - when it saw them first, ms since 1970. */
  async #read(hand: Hand, since: number): Promise<Shown[]> {
    const messages: MessageForm[] = []
    let after: Position | undefined
    do {
      const part = { channel: this.#crew.channel, since: Math.max(0, since), ...(after && { after }) }
      const page = await earOf(hand).call<ReadForm & Record<string, unknown>>('read', part)
      messages.push(...page.messages)
      after = page.after
    } while (after !== undefined)
    return messages.map(({ name, id, sender, lamport, text = '' }) => ({ name: name ?? id, id, sender, lamport, text }))
  }

  #noteTroubles(): void {
    for (const [hand, ears] of this.#ears) {
      const { nick, running } = hand
      const { child, err } = running!.process
      if (child.exitCode !== null || child.signalCode !== null)
        this.#troubles.push(`${nick} has ended by itself: ${err}`)
      for (const { forms } of ears) {
        const ids = forms.flatMap((form) => (form['type'] === 'message' ? [String(form['name'] ?? form['id'])] : []))
        const again = ids.length - new Set(ids).size
        if (again > 0) this.#troubles.push(`${nick} was shown ${again} messages twice in one run`)
      }
    }
    const alarms = this.#heard('alarm').length
    if (alarms > 0) this.#troubles.push(`${alarms} alarms`)
  }
}

const names = (word: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${word}${i + 1}`)

/**
 * Whether everybody came to have everything in time, once and in one order, or was told at the end what is missing.
 */
export function isGood({ verdict, troubles, convergenceMs }: ChaosOutcome): boolean {
  const isAllNamed = verdict.missing.length > 0 && verdict.missing.every(({ isNamed }) => isNamed)
  const isInTime = [...convergenceMs.values()].every(Number.isFinite)
  return areGood(verdict) && troubles.length === 0 && (isInTime || isAllNamed)
}

/** Lines for a person: what is not as it should be, at most so many of each kind. */
export function complaints({ verdict, troubles, convergenceMs }: ChaosOutcome, most = 10): string[] {
  const { missing, doubled, ambiguous, disordered } = verdict
  const late = [...convergenceMs].filter(([, ms]) => !Number.isFinite(ms)).map(([nick]) => nick)
  const of = <T>(what: string, all: readonly T[], line: (one: T) => string): string[] =>
    all.length === 0 ? [] : [`${what}: ${all.length}`, ...all.slice(0, most).map((one) => `  ${line(one)}`)]
  return [
    ...of('did not come to have everything in time', late, (nick) => nick),
    ...of(
      'missing and never told of',
      missing.filter(({ isNamed }) => !isNamed),
      ({ nick, text }) => `${nick}: ${text}`
    ),
    ...of(
      'missing, and told of',
      missing.filter(({ isNamed }) => isNamed),
      ({ nick, text }) => `${nick}: ${text}`
    ),
    ...of('shown more than once', doubled, ({ nick, text }) => `${nick}: ${text}`),
    ...of('of more than one name or sender', ambiguous, (text) => text),
    ...of('in another order than most', disordered, ({ nick, text }) => `${nick}, from: ${text}`),
    ...of('troubles', troubles, (text) => text)
  ]
}
