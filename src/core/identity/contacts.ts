/**
 * Whom the user talks to: which key each nick belongs to, as this user has come to know it, and how sure of it the user is.
 *
 * A nick is bound to the first key that the user talks to under it, and the binding stays until the user says otherwise: who
 * comes later with that nick, or one that looks like it, is a rival, whatever registries say.
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
  /** Empty when the nick it was known under has become another's. */
  readonly nick: string
  readonly trust: Trust
}

export class Contacts {
  /** By user, hex; who was met longest ago comes first. */
  readonly #contacts = new Map<string, Contact>()
  /** By skeleton of their nick. */
  readonly #named = new Map<string, Contact>()

  get(user: Uint8Array): Contact | undefined {
    return this.#contacts.get(hex(user))
  }

  /** All of them, who was met longest ago first. */
  all(): Contact[] {
    return [...this.#contacts.values()]
  }

  /** Who else is known under a nick that looks like this one; never for somebody the user knows by that nick. */
  rivalOf(user: Uint8Array, nick: string): Contact | undefined {
    const named = this.#named.get(skeleton(nick))
    return named === undefined || hex(named.user) === hex(user) ? undefined : named
  }

  /**
   * The user talks to somebody. A new nick takes the place of the one it was known under.
   *
   * @param nick - as it is registered now; empty: not known.
   * @returns the rival, if there is one: then nothing has changed.
   */
  meet(user: UserId, nick: string, out: Out): Contact | undefined {
    const rival = this.rivalOf(user, nick)
    if (rival !== undefined) return rival
    const known = this.get(user)
    if (known === undefined || (nick !== '' && nick !== known.nick))
      this.#keep({ user, nick, trust: known?.trust ?? 'met' }, out)
    return undefined
  }

  /** The user says that this is the right one: the nick is its from now on. A word less sure than an earlier one changes no trust. */
  trust(user: UserId, nick: string, trust: Exclude<Trust, 'met'>, out: Out): Contact {
    const rival = this.rivalOf(user, nick)
    if (rival !== undefined) this.#keep({ ...rival, nick: '' }, out)
    const known = this.get(user)
    const contact = { user, nick: nick || known?.nick || '', trust: known?.trust === 'verified' ? known.trust : trust }
    this.#keep(contact, out)
    return contact
  }

  #keep(contact: Contact, out: Out): void {
    const deletes = this.#contacts.has(hex(contact.user)) ? [] : this.#evict()
    this.#put(contact)
    const { user, nick, trust } = contact
    out.push({
      type: 'persist',
      puts: [stateRow(entryOf(user), ContactRow.encode({ user, nick, trust: TRUST[trust] }))],
      deletes: deletes.map((gone) => stateKey(entryOf(gone.user))),
      isDurable: true
    })
  }

  #put(contact: Contact): void {
    const known = this.get(contact.user)
    if (known !== undefined && known.nick !== '') this.#named.delete(skeleton(known.nick))
    this.#contacts.set(hex(contact.user), contact)
    if (contact.nick !== '') this.#named.set(skeleton(contact.nick), contact)
  }

  /** Makes place for one more: of those merely met the one met longest ago goes, and nobody else while there is one. */
  #evict(): Contact[] {
    if (this.#contacts.size < CONTACTS) return []
    const all = this.all()
    const gone = all.find(({ trust }) => trust === 'met') ?? all[0]!
    this.#contacts.delete(hex(gone.user))
    if (gone.nick !== '') this.#named.delete(skeleton(gone.nick))
    return [gone]
  }

  /** What an earlier run kept. */
  restore(bytes: Uint8Array): void {
    const { user, nick, trust } = ContactRow.decode(bytes)
    this.#put({ user: user as UserId, nick, trust: NAMES[trust] })
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
