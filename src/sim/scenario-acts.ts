/**
 * From what a scenario says in general to what it says in one run: one person each, one moment each, drawn from the seed. What
 * comes out is a scenario again, and comes out of itself unchanged: it can be written to a file, made smaller, and played.
 */
import { UsageError } from '../base/errors.ts'
import { misplaced, timeText } from './form.ts'
import { Random } from './random.ts'
import type { FileAct, FilePhase, ScenarioFile, Selector } from './scenario-file.ts'

/** Whoever leads when it comes to that. */
export const LEADING = 'leader'

const NAMES = [
  ...['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi', 'ivan', 'judy', 'kim', 'leo', 'mary', 'niaj'],
  ...['olivia', 'peggy', 'quentin', 'rupert', 'sybil', 'trent', 'uma', 'victor', 'wendy', 'xavier', 'yusuf', 'zoe']
]

/** The key managers of a scenario by their names; the first one founds the channel. */
export const managersOf = ({ managers }: ScenarioFile): string[] =>
  Array.from({ length: managers }, (_, i) => `manager-${i + 1}`)

/** Who manages nothing. */
export const membersOf = ({ peers, names }: ScenarioFile): readonly string[] =>
  names ?? Array.from({ length: peers }, (_, i) => NAMES[i] ?? `peer-${i + 1}`)

/** Everything one and the same for all runs of a seed: sets, repetitions and chances are gone. */
export function settled(file: ScenarioFile, seed: number): ScenarioFile {
  const { sets: _, parameters: __, phases, ...rest } = file
  const people = new People(file, seed)
  const texts = new Texts()
  const repeated = phases.flatMap(({ repeat, ...phase }) =>
    repeat === undefined
      ? [phase]
      : Array.from({ length: repeat }, (_, i) => ({ ...phase, name: `${phase.name} ${i + 1}` }))
  )
  const drawn = repeated.map((phase, i): FilePhase => {
    const at = `phases[${i}]`
    const random = new Random(seed, 'phase', String(i))
    const acts = (phase.do ?? []).flatMap((act, j) =>
      new Drawing(phase, people, texts, random, `${at}.do[${j}]`).draw(act)
    )
    return { ...phase, do: acts.toSorted((a, b) => (a.after ?? 0) - (b.after ?? 0)) }
  })
  return { ...rest, phases: drawn }
}

/** Who is meant. */
class People {
  readonly #pools: Map<string, readonly string[]>
  readonly #names: ReadonlySet<string>

  constructor(file: ScenarioFile, seed: number) {
    const [managers, members] = [managersOf(file), membersOf(file)]
    this.#names = new Set([...managers, ...members])
    if (this.#names.size < managers.length + members.length)
      throw misplaced('names', 'name somebody twice', 'Give everybody a name that nobody else has')
    this.#pools = new Map([
      ['all', [...managers, ...members]],
      ['managers', managers],
      ['members', members],
      ['founder', managers.slice(0, 1)],
      [LEADING, [LEADING]],
      ['nobody', []]
    ])
    for (const [name, selector] of Object.entries(file.sets ?? {})) {
      const at = `sets.${name}`
      if (this.#pools.has(name) || this.#names.has(name))
        throw misplaced(at, 'has a name that means something else', 'Call the set otherwise')
      this.#pools.set(name, this.some(selector, new Random(seed, 'set', name), at))
    }
  }

  some(selector: Selector, random: Random, at: string): readonly string[] {
    if (typeof selector === 'string') return [...new Set(selector.split(' ').flatMap((word) => this.#named(word, at)))]
    const { of, but, first, from, to, random: some } = selector
    const left = new Set(but === undefined ? [] : this.some(but, random, `${at}.but`))
    if (left.has(LEADING))
      throw misplaced(`${at}.but`, 'is not known beforehand', 'Name somebody other than the leader')
    const pool = this.some(of, random, `${at}.of`).filter((who) => !left.has(who))
    const part = pool.slice((from ?? 1) - 1, to).slice(0, first)
    if (some === undefined) return part
    return random.shuffle(part).slice(0, some > 0 && some < 1 ? Math.round(some * part.length) : some)
  }

  #named(word: string, at: string): readonly string[] {
    if (this.#names.has(word)) return [word]
    const pool = this.#pools.get(word)
    if (pool !== undefined) return pool
    const offer = `Take a name, or one of: ${[...this.#pools.keys()].join(', ')}`
    throw misplaced(at, `names "${word}", which is nobody`, offer)
  }

  one(selector: Selector | undefined, standard: string, random: Random, at: string): string {
    const [who] = this.some(selector ?? standard, random, at)
    if (who !== undefined) return who
    throw misplaced(at, 'is nobody', 'Name somebody')
  }
}

/** Each text of a run is said once, so that it can be told who was shown which. */
class Texts {
  readonly #used = new Set<string>()

  fresh(wanted: string | undefined, who: string, isOnlyOne: boolean): string {
    let text = isOnlyOne && wanted !== undefined ? wanted : `${wanted ?? who} ${this.#used.size + 1}.`
    // A full stop keeps one text from being the beginning of another.
    while (this.#used.has(text)) text = `${text} again.`
    this.#used.add(text)
    return text
  }
}

/** Draws one thing that is done in a phase. */
class Drawing {
  readonly #phase: FilePhase
  readonly #people: People
  readonly #texts: Texts
  readonly #random: Random
  readonly #at: string

  constructor(phase: FilePhase, people: People, texts: Texts, random: Random, at: string) {
    this.#phase = phase
    this.#people = people
    this.#texts = texts
    this.#random = random
    this.#at = at
  }

  draw(act: FileAct): FileAct[] {
    const { after = 0, every, times, over } = act
    if (after > this.#phase.for)
      throw misplaced(
        `${this.#at}.after`,
        'is after the end of the phase',
        `Write ${timeText(this.#phase.for)} at most`
      )
    const room = Math.max(1, Math.ceil((this.#phase.for - after) / (every ?? Number.POSITIVE_INFINITY)))
    const count = every === undefined ? 1 : Math.min(times ?? room, room)
    return Array.from({ length: count }, (_, i) => this.#once(act, after + i * (every ?? 0), over)).flat()
  }

  #once(act: FileAct, at: number, over: number | undefined): FileAct[] {
    const { after: _, every: __, times: ___, over: ____, ...one } = act
    const moment = (): { readonly after: number } => ({
      after: over === undefined ? at : at + this.#random.between(0, over)
    })
    const by = (standard: string): { readonly by: string } => ({
      by: this.#people.one('by' in act ? act.by : undefined, standard, this.#random, `${this.#at}.by`)
    })
    const some = (selector: Selector): readonly string[] => this.#people.some(selector, this.#random, `${this.#at}.who`)
    switch (one.do) {
      case 'say':
        return this.#say(one, at, over)
      case 'admit':
      case 'remove':
      case 'take-out':
      case 'put-in': {
        const standard = one.do === 'admit' || one.do === 'remove' ? 'leader' : 'founder'
        return some(one.who).map((who) => ({ ...one, ...moment(), who, ...by(standard) }))
      }
      case 'rekey':
      case 'dissolve':
        return [{ ...one, ...moment(), ...by('founder') }]
      case 'group': {
        const { who, ...made } = one
        const { by: founder } = by('founder')
        const members = who === undefined ? [] : some(who).filter((name) => name !== founder)
        return [
          { ...made, ...moment(), by: founder },
          ...members.map((name) => ({
            do: 'put-in' as const,
            group: one.group,
            who: name,
            by: founder,
            after: at + PUT_IN_MS
          }))
        ]
      }
      case 'partition':
        return [{ ...one, ...moment(), sets: this.#parts(one.sets) }]
      case 'heal':
      case 'network':
      case 'replay':
      case 'pass':
        return [{ ...one, ...moment() }]
      case 'flood': {
        const { as, ...flood } = one
        if (as === undefined) return [{ ...flood, ...moment() }]
        return [{ ...flood, ...moment(), as: this.#people.one(as, 'founder', this.#random, `${this.#at}.as`) }]
      }
      default:
        return some(one.who).map((who) => ({ ...one, ...moment(), who }))
    }
  }

  /** Sets of names. One that is a set already is one name to its end. */
  #parts(sets: readonly Selector[]): Selector[] {
    const parts = sets.map((set, i) => this.#people.some(set, this.#random, `${this.#at}.sets[${i}]`))
    const everybody = parts.flat()
    const twice = everybody.find((who, i) => everybody.indexOf(who) !== i)
    if (twice !== undefined) throw misplaced(`${this.#at}.sets`, `have ${twice} twice`, 'Put everybody on one side')
    if (everybody.includes(LEADING))
      throw misplaced(`${this.#at}.sets`, 'name the leader', 'Isolate the leader instead')
    return parts.map(unionOf)
  }

  #say(act: Extract<FileAct, { do: 'say' }>, at: number, over: number | undefined): FileAct[] {
    const random = this.#random
    const speakers = this.#people.some(act.who, random, `${this.#at}.who`)
    const { rate, count, text, to, ...said } = act
    const spanMs = Math.max(0, Math.min(over ?? Number.POSITIVE_INFINITY, this.#phase.for - at))
    const isOneEach = rate === undefined && count === undefined
    const total = isOneEach ? speakers.length : (count ?? Math.round((rate! * spanMs) / 1_000))
    if (speakers.length === 0) return []
    const moments = Array.from({ length: total }, () => {
      const isMoment = isOneEach && over === undefined
      return isMoment ? at : at + random.between(0, spanMs)
    }).sort((a, b) => a - b)
    return moments.map((after, i) => {
      const who = isOneEach ? speakers[i]! : random.pick(speakers)
      const others =
        to === undefined ? [] : this.#people.some(to, random, `${this.#at}.to`).filter((one) => one !== who)
      if (to !== undefined && others.length === 0) throw misplaced(`${this.#at}.to`, 'is nobody', 'Name somebody else')
      return {
        ...said,
        after,
        who,
        text: this.#texts.fresh(text, who, total === 1),
        ...(to !== undefined && { to: random.pick(others) })
      }
    })
  }
}

/** A group is made before anybody is put into it. */
const PUT_IN_MS = 1_000

/** A selector of just these. */
const unionOf = (names: readonly string[]): Selector => (names.length === 0 ? 'nobody' : names.join(' '))

/** Everything that lasts some time, made longer or shorter so that all phases take so long together. */
export function stretched(file: ScenarioFile, durationMs: number): ScenarioFile {
  if (file.crowd !== undefined) return { ...file, crowd: { ...file.crowd, for: durationMs } }
  const lengthOf = (isFixed: boolean): number =>
    file.phases
      .filter(({ fixed = false }) => fixed === isFixed)
      .reduce((sum, phase) => sum + phase.for * (phase.repeat ?? 1), 0)
  const [fixed, elastic] = [lengthOf(true), lengthOf(false)]
  if (elastic === 0 || durationMs <= fixed)
    throw new UsageError(
      'BAD_OPTION',
      `Cannot make ${file.name} last ${timeText(durationMs)}. Phases of a fixed length take ${timeText(fixed)} of it. Take a longer time.`
    )
  const by = (durationMs - fixed) / elastic
  const scaled = <T extends object>(one: T): T =>
    Object.fromEntries(
      Object.entries(one).map(([key, value]) => [
        key,
        STRETCHED.includes(key) ? Math.round((value as number) * by) : value
      ])
    ) as T
  return {
    ...file,
    phases: file.phases.map((phase) =>
      phase.fixed === true ? phase : { ...scaled(phase), do: (phase.do ?? []).map(scaled) }
    )
  }
}

const STRETCHED = ['for', 'after', 'over', 'every']
const TIMES = [
  ...STRETCHED,
  'within',
  'time',
  'ahead',
  'behind',
  'delay',
  'keyLifetime',
  'step',
  'idle',
  'grace',
  'fence'
]

/** A scenario as it is written to a file. */
export function formOf({ values: _, phases, ...scenario }: ScenarioFile): unknown {
  const file = phases.length === 0 ? scenario : { ...scenario, phases }
  const formed = (value: unknown, key: string): unknown => {
    if (typeof value === 'number' && TIMES.includes(key)) return timeText(value)
    if (Array.isArray(value)) return value.map((one) => formed(one, ''))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, formed(one, name)]))
  }
  return formed(file, '')
}
