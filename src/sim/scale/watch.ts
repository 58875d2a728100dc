/**
 * What is promised to a crowd, looked at exactly: on terms, bits and numbers of all members, not on samples of them.
 *
 * A broken promise is kept with the last things that happened before it; the run goes on.
 */
import { hex } from '../../base/bytes.ts'
import { SECOND_MS } from '../../base/time.ts'
import type { RecordLine } from '../record.ts'
import type { CrowdEpoch } from './office.ts'
import type { Terms } from './terms.ts'

type InvariantLine = Extract<RecordLine, { type: 'invariant' }>

/** What is promised, by number. */
export const CLAIMS = {
  'I-4': 'Nobody says anything under a key that somebody has of whose removal it knows.',
  'I-5': 'Those who were removed, all of them together, derive the key of no later epoch.',
  'I-6': 'Who comes in derives the key of no earlier epoch.',
  'I-9': 'A message is shown once to each member.',
  'I-10': 'One number of an epoch is given to one announcement.',
  'I-14': 'In the end all members hold the same epoch, under the key that its manager has.',
  'I-16': 'Whoever asks for the key has it in time.',
  'I-16b': 'Another key manager leads soon when the one in office is lost.',
  'I-17': 'Every message is shown to every member that may read it, or is named as missing.',
  'I-18': 'A removal is in force in time with every member.',
  'I-20': 'Queues keep within their bounds.'
} as const
export type Promised = keyof typeof CLAIMS

const TRACE_LINES = 20
/** Of how many that broke the same promise there is evidence. */
const SHOWN = 3

export class Watch {
  readonly #terms: Terms
  readonly #looks = new Map<Promised, number>()
  readonly #broken = new Map<
    Promised,
    { count: number; readonly evidence: string[]; readonly trace: readonly string[] }
  >()
  /** What there is to say of a promise that held. */
  readonly #told = new Map<Promised, string>()
  readonly #notes: string[] = []
  readonly #numbers = new Map<string, string>()
  /** Terms of the roots of all epochs so far. */
  readonly #roots = new Set<number>()
  readonly #clock: { readonly now: number }
  #removed = 0
  #granted = 0

  /** @param clock - virtual ms. */
  constructor(terms: Terms, clock: { readonly now: number }) {
    this.#terms = terms
    this.#clock = clock
  }

  get isBroken(): boolean {
    return this.#broken.size > 0
  }

  /** Something worth knowing when a promise is broken soon after. */
  note(words: string): void {
    this.#notes.push(`${this.#time}  ${words}`)
    if (this.#notes.length > TRACE_LINES) this.#notes.shift()
  }

  get #time(): string {
    return `${(this.#clock.now / SECOND_MS).toFixed(3)} s`
  }

  /** Looks at a promise. @param evidence - what was seen, when it does not hold. */
  look(id: Promised, holds: boolean, evidence: () => string): void {
    this.#looks.set(id, (this.#looks.get(id) ?? 0) + 1)
    if (holds) return
    const known = this.#broken.get(id) ?? { count: 0, evidence: [], trace: [...this.#notes] }
    this.#broken.set(id, known)
    known.count++
    if (known.evidence.length < SHOWN) known.evidence.push(`${this.#time}: ${evidence()}`)
  }

  /** So many looks that held, counted elsewhere. */
  count(id: Promised, looks: number): void {
    this.#looks.set(id, (this.#looks.get(id) ?? 0) + looks)
  }

  /** What was counted of a promise, in a sentence. */
  tell(id: Promised, words: string): void {
    this.#told.set(id, words)
  }

  /**
   * An epoch is made.
   *
   * @param held - everything that those held who go with it: all that they were given and could not derive.
   */
  onEpoch(epoch: CrowdEpoch, held: readonly number[]): void {
    const name = `${epoch.term}.${epoch.serial}`
    const id = hex(epoch.issued.announcement.id)
    const known = this.#numbers.get(name)
    this.look('I-10', known === undefined || known === id, () => `two announcements of ${name}`)
    this.#numbers.set(name, id)
    for (const term of held) this.#terms.learn(term)
    this.#removed += epoch.gone.length
    if (this.#removed > 0) {
      const isDerived = this.#terms.isKnown(epoch.root)
      this.look('I-5', !isDerived, () => `the ${this.#removed} who were removed derive the root of ${name}`)
    }
    const { granted, gone, isRoot } = epoch
    this.#granted += granted.size
    for (const [peer, { path }] of granted) {
      const isBack = path.some((term) => this.#terms.leadsTo(term, this.#roots, epoch.firstTerm - 1))
      this.look('I-6', !isBack, () => `peer ${peer}, granted ${name}, derives the root of an earlier epoch`)
    }
    this.#roots.add(epoch.root)
    this.note(`epoch ${name}${isRoot ? ', a new root' : ''}: ${granted.size} come in, ${gone.length} go`)
  }

  /** What there is to say in the end. */
  lines(at: number): InvariantLine[] {
    this.tell('I-5', `Keys of epochs, which the ${grouped(this.#removed)} who were removed tried to derive.`)
    this.tell('I-6', `What ${grouped(this.#granted)} were given when they came in, followed back to earlier epochs.`)
    this.tell('I-10', `${grouped(this.#numbers.size)} numbers of epochs.`)
    return (Object.keys(CLAIMS) as Promised[]).map((id) => {
      const looks = this.#looks.get(id) ?? 0
      const broken = this.#broken.get(id)
      const line = { type: 'invariant', at, id, claim: CLAIMS[id], looks } as const
      if (broken !== undefined) {
        const evidence = `${broken.count === 1 ? 'Once' : `${grouped(broken.count)} times`}. ${broken.evidence.join('; ')}`
        return { ...line, verdict: 'broken', evidence, trace: broken.trace }
      }
      if (looks === 0) return { ...line, verdict: 'not checked', evidence: 'It did not come up in this run.' }
      return { ...line, verdict: 'held', evidence: this.#told.get(id) ?? '' }
    })
  }
}

/** A number as people read it. */
export const grouped = (count: number): string => count.toLocaleString('en')
