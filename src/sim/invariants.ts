/**
 * What is promised, by number, each in one sentence; and the book in which a run writes how often each was looked at. At the
 * end there is one line for each that applies: held, broken, or not checked and why.
 */
import type { InvariantLine } from './record.ts'

/** The claims, in the order in which they are shown. */
export const CLAIMS = {
  'I-1': 'Whoever sees everything on the wire, and has no keys, reads no text, no name and no secret.',
  'I-2': 'A message marked as encrypted was encrypted, and nothing is said in plain unless its author asked for that.',
  'I-3': 'Who is not in the roster of an epoch cannot derive its keys, alone or together with others who are not.',
  'I-4': 'Whoever knows of a removal says nothing that the one removed could read.',
  'I-7': 'No key and nonce ever seal two different things.',
  'I-7b': 'A stolen state opens nothing whose keys were due to be destroyed.',
  'I-8': 'Every message shown was said by the one it names, to those it was said to.',
  'I-9': 'A peer shows each message once, for ever.',
  'I-10': 'One number of an epoch has one announcement and one key, and a term has one issuer.',
  'I-11': 'Nothing that a peer has adopted goes back to an older version.',
  'I-12': 'Nobody adopts a record of a user older than the one it knows.',
  'I-13': 'Whoever met the two faces of a lying manager is alarmed, says nothing more, and nobody honest is accused.',
  'I-14': 'Once faults are over all members agree on descriptor, log and key.',
  'I-15': 'Everybody sees the same messages in the same order.',
  'I-16': 'A member that reaches a key manager gets the key.',
  'I-16b': 'Some key manager leads as soon as enough of them are there.',
  'I-17': 'Every message reaches everybody it is for, or its loss is told.',
  'I-18': 'A removal that was asked for is adopted by all.',
  'I-19': 'Nobody storms: requests, retries, elections and epochs keep to their schedule.',
  'I-20': 'Every queue, cache and map stays below its cap.',
  'I-21': 'No peer works without end on what it is sent.',
  'I-23': 'What a peer lets others rely on is on its disk before they hear of it.',
  machine: 'No promise of our own code breaks, and no exception comes out of a machine.'
} as const
export type InvariantId = keyof typeof CLAIMS

/** What one look at each is about. */
const LOOKED_AT: Readonly<Record<InvariantId, string>> = {
  'I-1': 'frames on topics, and what went over streams, searched for every text, name and secret',
  'I-2': 'messages shown',
  'I-3': 'secrets of epochs that others tried to derive, and messages with all who can read them',
  'I-4': 'messages as they were sent off',
  'I-7': 'keys, salts and numbers in what was sealed',
  'I-7b': 'secrets that somebody has had, tried with all that it holds now',
  'I-8': 'messages shown',
  'I-9': 'messages shown',
  'I-10': 'epochs announced, and epochs written to disks',
  'I-11': 'epochs adopted, and rows written over older ones',
  'I-12': 'records of users written over older ones',
  'I-13': 'alarms, and pairs of peers who know different epochs of one number',
  'I-14': 'ends of phases at which all were compared',
  'I-15': 'messages shown to others than their authors',
  'I-16': 'ends of phases at which everybody had the key',
  'I-16b': 'ends of phases at which somebody was in office',
  'I-17': 'messages said, and the one before each that was shown',
  'I-18': 'ends of phases at which every roster was looked through',
  'I-19': 'requests, statements, digests, and epochs made',
  'I-20': 'queues, caches and maps of a peer, with their caps',
  'I-21': 'events handled',
  'I-23': 'messages and removals that were taken',
  machine: 'events handled'
}

/** How often something was looked at. */
export type Looks = Partial<Record<InvariantId, number>>

/** What was broken. */
export interface Breach {
  /** One of `CLAIMS`, or whatever a step claimed. */
  readonly id: string
  readonly evidence: string
  /** The last things that happened before. */
  readonly trace: readonly string[]
}

export type InvariantEntry = Omit<InvariantLine, 'type' | 'at'>

export class Book {
  readonly #looks = new Map<InvariantId, number>()
  readonly #unchecked = new Map<InvariantId, string>()

  /** So often this was looked at, and held. */
  note(id: InvariantId, looks = 1): void {
    this.#looks.set(id, (this.#looks.get(id) ?? 0) + looks)
  }

  noteAll(looks: Looks): void {
    for (const [id, count] of Object.entries(looks)) this.note(id as InvariantId, count)
  }

  /** This cannot be, or was not, checked in this run. @param why - a clause: `a live world has no view of all disks`. */
  skip(id: InvariantId, why: string): void {
    this.#unchecked.set(id, why)
  }

  /** One entry for each. */
  close(breach: Breach | undefined, isCutShort: boolean): InvariantEntry[] {
    const ids = Object.keys(CLAIMS) as InvariantId[]
    const known = breach === undefined || ids.some((id) => id === breach.id)
    const entries = ids.map((id): InvariantEntry => {
      const [claim, looks] = [CLAIMS[id], this.#looks.get(id) ?? 0]
      if (breach?.id === id)
        return { id, claim, verdict: 'broken', looks, evidence: breach.evidence, trace: breach.trace }
      if (looks > 0) return { id, claim, verdict: 'held', looks, evidence: LOOKED_AT[id] }
      return { id, claim, verdict: 'not checked', looks, evidence: this.#whyNot(id, breach !== undefined, isCutShort) }
    })
    if (known || breach === undefined) return entries
    const claim = 'What this scenario claims comes true.'
    return [
      ...entries,
      { id: breach.id, claim, verdict: 'broken', looks: 1, evidence: breach.evidence, trace: breach.trace }
    ]
  }

  #whyNot(id: InvariantId, isBroken: boolean, isCutShort: boolean): string {
    if (isBroken) return 'the run was stopped before, when another promise was broken'
    if (isCutShort) return 'the run was stopped before'
    return this.#unchecked.get(id) ?? 'nothing that it is about has happened'
  }
}
