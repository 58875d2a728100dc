/**
 * Random schedules for the sessions of two users: texts both ways over a network that drops, doubles, delays, bends and
 * repeats frames; ends that crash between any two effects, with and without what was not yet on the disk, lose their whole
 * state, go on with an older disk, rotate prekeys and run out of one-time keys. Then the faults stop, and everything has to be in order.
 *
 * A schedule follows from its seed alone, but for the randomness that the platform draws for ML-KEM.
 */
import { hex } from '../../../src/base/bytes.ts'
import { atMillis, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/base/time.ts'
import type { Self } from '../../../src/core/channel/context.ts'
import { ONE_TIME_KEYS_ENTRY, OneTimeKeys } from '../../../src/core/identity/one-time-keys.ts'
import { Prekeys } from '../../../src/core/identity/prekeys.ts'
import type { UserRecord } from '../../../src/core/identity/user-record.ts'
import type { Effect, Env, Row } from '../../../src/core/machine.ts'
import { asNewDevice } from '../../../src/core/new-device.ts'
import { Out, STATE_ROOM } from '../../../src/core/out.ts'
import { SESSION_GRACE_MS, SESSIONS_OF_PAIR, SKIPPED_KEYS } from '../../../src/core/params.ts'
import { rowsByKind } from '../../../src/core/restore.ts'
import { Sessions } from '../../../src/core/session/sessions.ts'
import type { DirectText, PairNotice } from '../../../src/core/session/turn.ts'
import { Random } from '../../../src/sim/random.ts'
import { decodeStrict } from '../../../src/wire/codec.ts'
import { FRAME_BYTES } from '../../../src/wire/limits.ts'
import { Content, SessionFrame } from '../../../src/wire/messages.ts'
import { EarlyRow, SaidRow, SessionRow } from '../../../src/wire/rows.ts'
import { keyOf } from '../identity/people.ts'
import { bent, NOW, recordOf, textOf } from './ends.ts'

/** A promise that a schedule broke. */
export class Broken extends Error {}

const claim = (holds: boolean, what: string): void => {
  if (!holds) throw new Broken(what)
}

/** How bad the world is until it is calm. */
interface Faults {
  readonly drop: number
  readonly double: number
  readonly bend: number
  readonly repeat: number
  readonly maxDelayMs: number
  /** Of each effect. */
  readonly crash: number
  /** Of each step. */
  readonly loss: number
  /** Whether refusals reach the sender as hints, as they do over a stream; of each refusal. */
  readonly hint: number
  /** False hints, of each step. */
  readonly lie: number
  /** Into another home, of each step. */
  readonly move: number
  /** An older disk put back, of each step. */
  readonly older: number
}

/** Crashes between effects in one schedule. */
const MOST_CRASHES = 20

const NONE: Faults = {
  drop: 0,
  double: 0,
  bend: 0,
  repeat: 0,
  maxDelayMs: 50,
  crash: 0,
  loss: 0,
  hint: 0,
  lie: 0,
  move: 0,
  older: 0
}

type Who = 'alice' | 'bob'
const OTHER: Readonly<Record<Who, Who>> = { alice: 'bob', bob: 'alice' }

/** What the user of one end has said, by its state's life. */
interface SaidHere {
  readonly life: number
  readonly text: string
  /** Whether it was not on a disk that was put back. */
  isUndone: boolean
  /** Whether it waited on a disk that was put back: it may come twice. */
  mayRepeat: boolean
}

/** A copy of a disk. */
interface Copy {
  readonly rows: ReadonlyMap<string, Row>
  readonly said: readonly SaidHere[]
  readonly prekeys: Prekeys
}

type Post = { readonly type: 'post'; readonly frame: Uint8Array }
type Told = { readonly type: 'told'; readonly notice: PairNotice }
type EndEffect = Effect | Post | Told

class End {
  readonly who: Who
  readonly #world: Schedule
  readonly random: Random
  readonly key: ReturnType<typeof keyOf>
  /** Surely on the disk. */
  #disk = new Map<string, Row>()
  /** Written, not yet surely on the disk. */
  #loose: Extract<Effect, { type: 'persist' }>[] = []
  #prekeys: Prekeys
  /** The newest record that others may have; undefined: none of the present prekeys. */
  #published: UserRecord | undefined
  self!: Self
  sessions!: Sessions
  #seq = 0
  /** Of the other's records that this end knows. */
  record: UserRecord | undefined
  /** How often this end has lost its state. */
  life = 0
  readonly said: SaidHere[] = []
  /** What this end has heard in each of its lives, and before each older disk that was put back; and how often it was told that something is missing. */
  heard: string[][] = [[]]
  gaps = 0
  /** The same, with what a crash kept from being told. */
  gapsAtMost = 0
  renewed = 0
  /** How often an older disk was put back. */
  putBacks = 0
  /** How often it went on in another home. */
  moves = 0
  /** Texts that were said again under another name. */
  readonly renamed = new Set<string>()
  #copy: Copy | undefined
  /** Rows of texts made so far. */
  #texts = 0
  #effects: EndEffect[] = []

  constructor(world: Schedule, who: Who, random: Random) {
    this.who = who
    this.#world = world
    this.random = random
    this.key = keyOf(who)
    this.#prekeys = Prekeys.create(this.bytes, world.now)
    this.start()
  }

  readonly bytes = (length: number): Uint8Array => this.random.bytes(length)

  get env(): Env {
    return { now: this.#world.now, uptimeMs: this.#world.at, random: this.bytes }
  }

  /** All rows that a read gives while the process lives. */
  get #rows(): Map<string, Row> {
    const rows = new Map(this.#disk)
    for (const write of this.#loose) apply(rows, write)
    return rows
  }

  /** Begins on what is on the disk. */
  start(): void {
    const rows = [...this.#disk.values()].filter(({ room }) => room === STATE_ROOM)
    const rowsOf = rowsByKind(rows)
    const oneTimeKeys = new OneTimeKeys(rowsOf(ONE_TIME_KEYS_ENTRY)[0]?.value)
    oneTimeKeys.fill(this.#prekeys, this.bytes)
    const { key } = this
    this.self = {
      key,
      boot: this.bytes(16),
      prekeys: this.#prekeys,
      oneTimeKeys,
      record: this.#published as UserRecord
    }
    if (this.#published === undefined) this.publish()
    this.sessions = new Sessions({
      self: this.self,
      recordOf: () => this.record,
      rowsOf: (text) => [this.#rowOf(text)],
      rowsOfRenamed: (_, { content }) => {
        this.renamed.add(content.text!.text)
        return { puts: [], deletes: [] }
      },
      post: (_, frame, out) => this.#push(out, { type: 'post', frame: SessionFrame.encode(frame) }),
      tell: (notice, out) => this.#push(out, { type: 'told', notice }),
      isWelcome: () => true,
      onStarted: () => {
        if (oneTimeKeys.isFew(this.#prekeys) && this.random.chance(0.3)) this.publish()
      }
    })
    this.sessions.restore(rowsOf, this.env)
    this.#heardAgain()
  }

  /** A new record, which the other end may learn of. */
  publish(): void {
    if (this.#prekeys.isDue(this.#world.now)) this.#prekeys.rotate(this.bytes, this.#world.now)
    this.self.oneTimeKeys.fill(this.#prekeys, this.bytes)
    this.self.record = recordOf(this.key, this.who, this.#prekeys, this.self.oneTimeKeys, ++this.#seq, this.#world.now)
    this.#published = this.self.record
    const row = this.self.oneTimeKeys.row()
    this.#disk.set(nameOf(row), row)
  }

  /** What a peer does daily. */
  rotateWhenDue(): void {
    if (this.#prekeys.isDue(this.#world.now)) this.publish()
  }

  rotate(): void {
    this.#prekeys.rotate(this.bytes, this.#world.now)
    this.publish()
  }

  /** Rows are order, so the same text twice would be seen. */
  #rowOf({ isOwn, number, content, id }: DirectText): Row {
    const value = new TextEncoder().encode(content.text!.text)
    const at = this.#texts++
    return { room: 'direct', entry: `${isOwn ? 'own' : 'heard'} ${at} ${number} ${hex(id)}`, order: at, value }
  }

  /** What a start finds in the history. */
  #heardAgain(): void {
    const rows = [...this.#disk.values()].filter(({ entry }) => entry.startsWith('heard '))
    const texts = rows
      .sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
      .map(({ value }) => new TextDecoder().decode(value))
    this.heard[this.heard.length - 1] = texts
  }

  /** What is a type of its own here stands between the others, in its place. */
  #push(out: Out, effect: Post | Told): void {
    ;(out.effects as EndEffect[]).push(effect)
  }

  /** Lets the sessions do something, and performs what comes of it; a crash may come before any effect. */
  act(what: (out: Out) => void): void {
    const out = new Out()
    what(out)
    this.#effects = out.effects as EndEffect[]
    for (const effect of this.#effects) {
      if (effect.type === 'told' && effect.notice.type === 'gap') this.gapsAtMost += effect.notice.missing
    }
    for (const effect of this.#effects) {
      if (this.#world.isCrashNow()) return this.crash()
      this.#perform(effect)
    }
    if (this.#effects.length > 0 && this.#world.isCrashNow()) this.crash()
  }

  #perform(effect: EndEffect): void {
    if (effect.type === 'persist') {
      this.#loose.push(effect)
      if (effect.isDurable) this.#sync(this.#loose.length)
    } else if (effect.type === 'post') this.#world.send(this.who, effect.frame)
    else if (effect.type === 'told') this.#told(effect.notice)
    else throw new Broken(`an effect of type ${effect.type}`)
  }

  #told(notice: PairNotice): void {
    if (notice.type === 'gap') this.gaps += notice.missing
    if (notice.type === 'renewed') this.renewed++
    if (notice.type === 'recordNeeded') this.#world.later(this.random.between(1, 2_000), () => this.learn())
  }

  /** The other's newest record comes. */
  learn(): void {
    this.record = this.#world.ends[OTHER[this.who]].self.record
    this.act((out) => this.sessions.recordFound(this.record!.user, this.env, out))
  }

  #sync(count: number): void {
    for (const write of this.#loose.splice(0, count)) apply(this.#disk, write)
    this.#noteHeard()
  }

  #noteHeard(): void {
    const heard = [...this.#disk.values()].filter(({ entry }) => entry.startsWith('heard ')).length
    if (heard !== this.heard.at(-1)!.length) this.#heardAgain()
  }

  /** The process ends here; of what was not durable some of the first writes may have reached the disk. */
  crash(): void {
    this.#sync(this.random.between(0, this.#loose.length))
    this.#loose = []
    this.start()
  }

  /** The disk is gone, and with it the prekeys. The user goes on under its key. */
  lose(): void {
    this.#disk = new Map()
    this.#loose = []
    this.life++
    this.heard.push([])
    this.#prekeys = Prekeys.create(this.bytes, this.#world.now)
    this.#copy = undefined
    this.record = undefined
    this.#published = undefined
    this.start()
  }

  /** Goes on in another home, with what an export brings there. */
  move(): void {
    this.moves++
    this.#sync(this.#loose.length)
    const rows = [...this.#disk].map(([name, row]) => [name, asNewDevice(row)] as const)
    this.#disk = new Map(rows.flatMap(([name, row]) => (row === undefined ? [] : [[name, row]])))
    // Its one-time keys are others now.
    this.#published = undefined
    this.start()
  }

  /** Copies the disk, or puts a copy back that was made before. */
  putBackOrCopy(): void {
    const copy = this.#copy
    if (copy === undefined) {
      this.#copy = {
        rows: new Map(this.#disk),
        said: [...this.said],
        prekeys: Prekeys.import(this.#prekeys.export().expose())
      }
      return
    }
    if (this.random.chance(0.5)) this.#copy = undefined
    this.putBacks++
    this.#noteHeard()
    this.heard.push([])
    this.#disk = new Map(copy.rows)
    this.#loose = []
    this.#prekeys = Prekeys.import(copy.prekeys.export().expose())
    this.#published = undefined
    const waiting = new Set(
      [...copy.rows.values()]
        .filter(({ entry }) => entry.startsWith('session-said/'))
        .map(({ value }) => Content.decode(SaidRow.decode(value).content).text!.text)
    )
    for (const one of this.said) {
      if (!copy.said.includes(one)) one.isUndone = true
      if (waiting.has(one.text)) one.mayRepeat = true
    }
    this.start()
  }

  say(text: string): void {
    const { user } = this.#world.ends[OTHER[this.who]].self.record
    const before = this.life
    this.act((out) => {
      this.sessions.say(user, textOf(text), this.env, out)
      // Said is what was written down.
      const [first] = out.effects
      claim(first?.type === 'persist' && first.isDurable, 'a text is on the disk before anything else happens')
    })
    const isOnDisk = [...this.#disk.values()].some(
      ({ entry, value }) => entry.startsWith('own ') && new TextDecoder().decode(value) === text
    )
    if (isOnDisk) this.said.push({ life: before, text, isUndone: false, mayRepeat: false })
  }

  wake(): void {
    this.act((out) => this.sessions.wake(this.env, out))
  }

  /** The rows of sessions, for the end of a schedule. */
  sessionRows(): SessionRow[] {
    return [...this.#rows.values()]
      .filter(({ entry }) => entry.startsWith('session/'))
      .map(({ value }) => SessionRow.decode(value))
  }

  /** Texts held back. */
  earlyTexts(): string[] {
    return [...this.#rows.values()]
      .filter(({ entry }) => entry.startsWith('session-early/'))
      .map(({ value }) => Content.decode(EarlyRow.decode(value).content).text!.text)
  }
}

const nameOf = ({ room, entry, order }: { room: string; entry: string; order?: number }): string =>
  `${room} ${entry} ${order ?? 0}`

function apply(rows: Map<string, Row>, { puts, deletes }: Extract<Effect, { type: 'persist' }>): void {
  for (const row of puts) rows.set(nameOf(row), row)
  for (const key of deletes) rows.delete(nameOf(key))
}

interface Timed {
  readonly at: number
  readonly order: number
  readonly what: () => void
}

export class Schedule {
  readonly ends: Readonly<Record<Who, End>>
  faults: Faults
  /** Virtual time since the beginning, ms. */
  at = 0
  readonly #random: Random
  #queue: Timed[] = []
  #orders = 0
  /** Frames that were on the network, for who repeats them. */
  readonly #past: { to: Who; frame: Uint8Array }[] = []
  #texts = 0
  #losses = 0
  /** So many are left. */
  #crashes = MOST_CRASHES
  /** A notice may go with the process that was about to give it. */
  readonly #isCrashing: boolean

  constructor(seed: number) {
    this.#random = new Random(seed, 'schedule')
    this.faults = faultsOf(this.#random)
    this.#isCrashing = this.faults.crash > 0
    this.ends = {
      alice: new End(this, 'alice', new Random(seed, 'alice')),
      bob: new End(this, 'bob', new Random(seed, 'bob'))
    }
  }

  get now(): ReturnType<typeof atMillis> {
    return atMillis(NOW + this.at)
  }

  /** Whether an end crashes between two effects. */
  isCrashNow(): boolean {
    return this.#crashes > 0 && this.#random.chance(this.faults.crash) && this.#crashes-- > 0
  }

  later(ms: number, what: () => void): void {
    this.#queue.push({ at: this.at + ms, order: this.#orders++, what })
  }

  /** Puts a frame on the network. */
  send(from: Who, frame: Uint8Array): void {
    claim(frame.length <= FRAME_BYTES - 256, 'a frame fits into a frame of the carrier')
    const random = this.#random
    const { drop, double, bend, repeat, maxDelayMs } = this.faults
    const to = OTHER[from]
    const deliver = (bytes: Uint8Array): void =>
      this.later(random.between(1, maxDelayMs), () => this.#arrive(to, bytes))
    if (!random.chance(drop)) deliver(frame)
    if (random.chance(double)) deliver(frame)
    if (random.chance(bend)) deliver(bent(frame, random.between(0, frame.length * 8 - 1)))
    if (this.faults !== NONE) this.#past.push({ to, frame })
    if (this.#past.length > 0 && random.chance(repeat)) {
      const old = random.pick(this.#past)
      this.later(random.between(1, maxDelayMs), () => this.#arrive(old.to, old.frame))
    }
  }

  #arrive(to: Who, bytes: Uint8Array): void {
    const frame = decodeStrict(SessionFrame, bytes, FRAME_BYTES)
    if (frame === undefined || frame.tag.length !== 16) return
    const end = this.ends[to]
    end.act((out) => {
      const refused = end.sessions.receive(frame, this.ends[OTHER[to]].self.record.user, end.env, out)
      const isHint = refused?.check === 1007 || refused?.check === 1003 || refused?.check === 1001
      if (isHint && this.#random.chance(this.faults.hint)) this.#hint(OTHER[to], frame.tag)
    })
    this.#bounds(end)
  }

  #hint(to: Who, tag: Uint8Array): void {
    this.later(this.#random.between(1, 200), () => {
      const end = this.ends[to]
      end.act((out) => end.sessions.hint(this.ends[OTHER[to]].self.record.user, tag, end.env, out))
    })
  }

  #bounds(end: End): void {
    for (const pair of end.sessions.pairs) {
      claim(pair.sessions.length <= SESSIONS_OF_PAIR, 'no more sessions than a pair may have')
      for (const session of pair.sessions) claim(session.skippedKeys <= SKIPPED_KEYS, 'no more keys than may be kept')
    }
  }

  /** Lets time pass, and everything that is due in it happen. */
  pass(ms: number): void {
    const until = this.at + ms
    for (let events = 0; ; events++) {
      claim(events < 20_000, 'no storm')
      const wakes = Object.values(this.ends).map((end) => ({
        end,
        at: end.sessions.nextAt ?? Number.POSITIVE_INFINITY
      }))
      const wake = wakes.reduce((a, b) => (b.at < a.at ? b : a))
      const next = this.#queue.reduce<Timed | undefined>(
        (a, b) => (a === undefined || b.at < a.at || (b.at === a.at && b.order < a.order) ? b : a),
        undefined
      )
      if (Math.min(wake.at, next?.at ?? Number.POSITIVE_INFINITY) > until) break
      if (next !== undefined && next.at <= wake.at) {
        this.at = Math.max(this.at, next.at)
        this.#queue = this.#queue.filter((one) => one !== next)
        next.what()
      } else {
        this.at = Math.max(this.at, wake.at)
        wake.end.wake()
      }
    }
    this.at = until
  }

  /** Plays it to its end. @throws {Broken} for the first promise that does not hold. */
  play(): void {
    const random = this.#random
    const steps = random.between(3, 40)
    const ends = Object.values(this.ends)
    for (const end of ends) if (random.chance(0.8)) end.learn()
    // Both begin at once, often.
    if (random.chance(0.4)) for (const end of ends) this.#say(end)
    for (let i = 0; i < steps; i++) this.#step(random.pick(ends))
    this.#calm()
  }

  #step(end: End): void {
    const random = this.#random
    const { loss, lie, move, older } = this.faults
    for (const one of Object.values(this.ends)) one.rotateWhenDue()
    if (random.chance(loss) && this.#losses < 3) {
      this.#losses++
      end.lose()
    }
    if (random.chance(move)) end.move()
    if (random.chance(older)) end.putBackOrCopy()
    const other = this.ends[OTHER[end.who]]
    if (random.chance(lie)) {
      const tag = end.sessions.pairs[0]?.sessions[0]?.sendingTag
      if (tag !== undefined) this.#hint(end.who, tag)
    }
    const dice = random.between(1, 100)
    if (dice <= 60) for (let i = random.between(1, random.chance(0.1) ? 50 : 3); i > 0; i--) this.#say(end)
    else if (dice <= 66) end.crash()
    else if (dice <= 70) end.rotate()
    else if (dice <= 76) end.learn()
    else if (dice <= 82) end.sessions.setThere(other.self.record.user, random.chance(0.7), end.env)
    else if (dice <= 84) for (const key of end.self.oneTimeKeys.offered(end.self.prekeys)) end.self.oneTimeKeys.use(key)
    this.pass(this.#pause())
  }

  #pause(): number {
    const random = this.#random
    const dice = random.between(1, 100)
    if (dice <= 50) return random.between(0, 100)
    if (dice <= 85) return random.between(0, 5 * SECOND_MS)
    if (dice <= 96) return random.between(0, 15 * MINUTE_MS)
    return random.chance(0.75) ? random.between(HOUR_MS, DAY_MS / 2) : random.between(DAY_MS, 2 * DAY_MS)
  }

  #say(end: End): void {
    end.say(`${end.who} ${end.life} ${++this.#texts}`)
  }

  #calm(): void {
    const ends = Object.values(this.ends)
    const hints = this.faults.hint
    this.faults = NONE
    if (hints > 0) this.faults = { ...NONE, hint: hints }
    for (let i = 0; i < 4; i++) {
      for (const end of ends) end.rotateWhenDue()
      for (const end of ends) {
        end.learn()
        end.sessions.setThere(this.ends[OTHER[end.who]].self.record.user, true, end.env)
      }
      this.pass(HOUR_MS / 2)
    }
    for (const end of ends) this.#say(end)
    // Long enough that nothing is expected any more of states that were lost.
    this.pass(DAY_MS + HOUR_MS)
    for (const end of ends) this.#check(end)
    this.#checkRest()
  }

  /** Once and in order, and everything of the life that its sender lives. */
  #check(end: End): void {
    const other = this.ends[OTHER[end.who]]
    const order = new Map(other.said.map(({ text }, i) => [text, i]))
    let late = 0
    for (const texts of end.heard) {
      const places = texts.map((text) => order.get(text) ?? -1)
      claim(
        places.every((place) => place >= 0),
        `${end.who} hears only what ${other.who} has said`
      )
      // A hearer that was set back, or has lost its state, may take what is still on its way under the old name, when it was renamed
      // because of what it said before.
      const mayRepeat = (place: number): boolean => {
        const { text, mayRepeat } = other.said[place]!
        return mayRepeat || (end.putBacks + end.life > 0 && other.renamed.has(text))
      }
      const again = places.filter((place, i) => places.indexOf(place) < i && !mayRepeat(place))
      claim(again.length === 0, `${end.who} hears ${again.map((place) => other.said[place]!.text).join(', ')} again`)
      // What is said again under another name comes when later texts have come, and late is what no end knows it has said.
      const isInOrder = ({ text, isUndone }: SaidHere): boolean => !isUndone && !other.renamed.has(text)
      const ordered = places.filter((place, i) => isInOrder(other.said[place]!) && places.indexOf(place) === i)
      // An older disk gives out what it held back of an instance that the other has left, when that is silent for a day.
      const isOrdered = end.putBacks === 0 || other.putBacks + other.moves === 0
      for (let life = 0; life <= other.life && isOrdered; life++) {
        const ofLife = ordered.filter((place) => other.said[place]!.life === life)
        // What was told as missing may come late, under its name, from a home that was moved since.
        late += ofLife.filter((place, i) => ofLife.slice(0, i).some((before) => before > place)).length
        claim(late <= end.gapsAtMost, `${end.who} hears each text once and in order: ${texts.join(', ')}`)
      }
    }
    const all = new Set(end.heard.flat())
    const missing = other.said.filter(({ life, text, isUndone }) => life === other.life && !isUndone && !all.has(text))
    claim(missing.length === 0, `${end.who} has not heard ${missing.map(({ text }) => text).join(', ')}`)
    if (end.putBacks + other.putBacks > 0) return
    if (this.#losses === 0) {
      // What a home before has taken with it comes from the next one, if only after a day of silence, and when it was given up.
      claim(end.gaps <= other.renamed.size + late, `${end.who} misses nothing`)
      claim(end.heard[0]!.length === other.said.length, `${end.who} has heard everything`)
    } else this.#checkReported(end, other)
  }

  /** What an earlier life of the sender took with it is missing between others only where that was said. */
  #checkReported(end: End, other: End): void {
    let unheard = 0
    for (const texts of end.heard) {
      const last = new Map<number, number>()
      for (const text of texts) {
        const place = other.said.findIndex((one) => one.text === text)
        const { life } = other.said[place]!
        last.set(life, Math.max(last.get(life) ?? -1, place))
      }
      for (const [life, place] of last) {
        const before = other.said.slice(0, place).filter((one) => one.life === life)
        const all = new Set(end.heard.flat())
        unheard += before.filter(({ text }) => !all.has(text)).length
      }
    }
    claim(unheard <= end.gaps || this.#isCrashing, `${end.who} was told of ${end.gaps} of ${unheard} missing texts`)
  }

  #checkRest(): void {
    const [alice, bob] = [this.ends.alice, this.ends.bob]
    for (const end of [alice, bob]) {
      const [pair, ...others] = end.sessions.pairs
      claim(pair !== undefined && others.length === 0, 'one pair')
      claim(pair!.waiting === 0, `${end.who} waits for nothing`)
      // What an end does not know that it has said may be held back until that has said as much again.
      const undone = this.ends[OTHER[end.who]].said.filter(({ isUndone }) => isUndone).map(({ text }) => text)
      const held = end.earlyTexts().filter((text) => !undone.includes(text))
      claim(held.length === 0, `${end.who} holds nothing back: ${held.join(', ')}`)
    }
    this.pass(4 * SESSION_GRACE_MS)
    const [a, b] = [alice.sessionRows(), bob.sessionRows()]
    claim(a.length === 1 && b.length === 1, `one session is left, not ${a.length} and ${b.length}`)
    const [one, other] = [a[0]!, b[0]!]
    claim(hex(one.id) === hex(other.id), 'it is the same one')
    claim(one.isConfirmed && other.isConfirmed && !one.isDoubted && !other.isDoubted, 'nobody doubts it')
    claim(isMirrored(one, other) || isMirrored(other, one), 'both ends have the same keys')
  }
}

/** Whether what one sends next the other can receive next, and the other way round after a turn. */
function isMirrored(one: SessionRow, other: SessionRow): boolean {
  const [a, b] = [one.ratchet!, other.ratchet!]
  const same = (x: Uint8Array | undefined, y: Uint8Array | undefined): boolean => x !== undefined && hex(x) === hex(y!)
  return (
    same(a.sending?.key, b.receiving?.key) &&
    same(a.sending?.header, b.receiving?.header) &&
    a.sending!.count === b.receiving!.count &&
    same(a.nextSending, b.nextReceiving) &&
    same(a.nextReceiving, b.sending?.header)
  )
}

/** Some schedules have one fault, some many, some none. */
function faultsOf(random: Random): Faults {
  const some = (share: number, most: number): number => (random.chance(share) ? random.fraction() * most : 0)
  return {
    drop: some(0.7, 0.6),
    double: some(0.5, 0.5),
    bend: some(0.3, 0.2),
    repeat: some(0.3, 0.3),
    maxDelayMs: random.pick([20, 200, 2_000, 60_000]),
    crash: some(0.4, 0.1),
    loss: some(0.35, 0.1),
    hint: some(0.5, 1),
    lie: some(0.2, 0.1),
    move: some(0.3, 0.2),
    older: some(0.3, 0.2)
  }
}

/** Plays the schedule of a seed. @returns what it broke; undefined: nothing. */
export function playSchedule(seed: number): string | undefined {
  const schedule = new Schedule(seed)
  try {
    schedule.play()
    return undefined
  } catch (error) {
    if (error instanceof Broken) return error.message
    return `threw ${error instanceof Error ? error.stack : error}`
  }
}
