/**
 * Whom the user talks to: which key each nick belongs to, as this user has come to know it, and how sure of it the user is.
 *
 * A nick is bound to the first key that the user talks to under it, and the binding stays until the user says otherwise, also
 * when its owner takes another: who comes later with that nick, or one that looks like it, is a rival, whatever registries say.
 */
import { hex } from '../../base/bytes.ts'
import { ContactRow, ContactTrust } from '../../wire/rows.ts'
import { type Out, stateKey, stateRow } from '../out.ts'
import { CONTACTS } from '../params.ts'
import { skeleton } from './nick.ts'
import type { UserId } from './user.ts'

/** `met`: talked to; `trusted`: the user said that this is the right one; `verified`: their safety numbers were compared. */
export type Trust = 'met' | 'trusted' | 'verified'

export interface Contact {
  readonly user: UserId
  /** Those it went by last come last; none when they have become others'. */
  readonly nicks: readonly string[]
  readonly trust: Trust
}

/** Nicks bound to one user: for a further one the one goes that it went by longest ago. */
const NICKS = 16

export class Contacts {
  /** By user, hex; who was met longest ago comes first. */
  readonly #contacts = new Map<string, Contact>()
  /** By skeleton of their nicks. */
  readonly #named = new Map<string, Contact>()

  get(user: Uint8Array): Contact | undefined {
    return this.#contacts.get(hex(user))
  }

  /** All of them, who was met longest ago first. */
  all(): Contact[] {
    return [...this.#contacts.values()]
  }

  /** Who else is known under a nick that looks like one of these. */
  rivalOf(user: Uint8Array, nicks: readonly string[]): Contact | undefined {
    const known = nicks.map((nick) => this.#named.get(skeleton(nick)))
    return known.find((one) => one !== undefined && hex(one.user) !== hex(user))
  }

  /**
   * The user talks to somebody: the nicks that it has are its from now on.
   *
   * @param nicks - as they are registered now.
   * @returns the rival, if there is one: then nothing has changed.
   */
  meet(user: UserId, nicks: readonly string[], out: Out): Contact | undefined {
    const rival = this.rivalOf(user, nicks)
    if (rival !== undefined) return rival
    const known = this.get(user)
    const isBound = nicks.every((nick) => nick === '' || this.#named.has(skeleton(nick)))
    if (known === undefined || !isBound) this.#bind(user, nicks, known?.trust ?? 'met', out)
    return undefined
  }

  /** The user says that this is the right one: the nicks are its from now on. A word less sure than an earlier one changes no trust. */
  trust(user: UserId, nicks: readonly string[], trust: Exclude<Trust, 'met'>, out: Out): void {
    for (let rival = this.rivalOf(user, nicks); rival !== undefined; rival = this.rivalOf(user, nicks)) {
      const lost = new Set(nicks.map(skeleton))
      this.#keep({ ...rival, nicks: rival.nicks.filter((nick) => !lost.has(skeleton(nick))) }, out)
    }
    const isVerified = this.get(user)?.trust === 'verified'
    this.#bind(user, nicks, isVerified ? 'verified' : trust, out)
  }

  /** @param nicks - that it goes by now, of nobody else: they are the last to be let go. */
  #bind(user: UserId, nicks: readonly string[], trust: Trust, out: Out): void {
    const bound = new Map<string, string>()
    for (const nick of [...nicks, ...(this.get(user)?.nicks ?? []).toReversed()]) {
      if (nick !== '' && bound.size < NICKS && !bound.has(skeleton(nick))) bound.set(skeleton(nick), nick)
    }
    this.#keep({ user, nicks: [...bound.values()].reverse(), trust }, out)
  }

  #keep(contact: Contact, out: Out): void {
    const deletes = this.#contacts.has(hex(contact.user)) ? [] : this.#evict()
    this.#put(contact)
    const { user, nicks, trust } = contact
    out.push({
      type: 'persist',
      puts: [stateRow(entryOf(user), ContactRow.encode({ user, nicks: [...nicks], trust: TRUST[trust] }))],
      deletes: deletes.map((gone) => stateKey(entryOf(gone.user))),
      isDurable: true
    })
  }

  #put(contact: Contact): void {
    for (const nick of this.get(contact.user)?.nicks ?? []) this.#named.delete(skeleton(nick))
    this.#contacts.set(hex(contact.user), contact)
    for (const nick of contact.nicks) this.#named.set(skeleton(nick), contact)
  }

  /** Makes place for one more: of those merely met the one met longest ago goes, and nobody else while there is one. */
  #evict(): Contact[] {
    if (this.#contacts.size < CONTACTS) return []
    const all = this.all()
    const gone = all.find(({ trust }) => trust === 'met') ?? all[0]!
    this.#contacts.delete(hex(gone.user))
    for (const nick of gone.nicks) this.#named.delete(skeleton(nick))
    return [gone]
  }

  /** What an earlier run kept. */
  restore(bytes: Uint8Array): void {
    const { user, nicks, trust } = ContactRow.decode(bytes)
    this.#put({ user: user as UserId, nicks, trust: NAMES[trust] })
  }
}

const entryOf = (user: Uint8Array): string => `contact/${hex(user)}`

const TRUST: Readonly<Record<Trust, ContactTrust>> = {
  met: ContactTrust.MET,
  trusted: ContactTrust.TRUSTED,
  verified: ContactTrust.VERIFIED
}
const NAMES: Readonly<Record<ContactTrust, Trust>> = {
  [ContactTrust.MET]: 'met',
  [ContactTrust.TRUSTED]: 'trusted',
  [ContactTrust.VERIFIED]: 'verified'
}
