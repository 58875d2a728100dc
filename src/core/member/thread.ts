/**
 * What a set of messages says now: texts with the edits, deletions and reactions that are in force.
 *
 * It depends on the set alone, not on the order in which the messages came. Only the author of a text edits or deletes it, and
 * everything is about a text of the same line, named by its first frame; what is about a text that is not in the set waits for
 * it. A deletion is for ever.
 */
import { hex } from '../../base/bytes.ts'
import type { MessageView } from '../notice.ts'
import { compareMessages, nameOf } from './history.ts'

/** A text as it is now. */
export interface Post {
  readonly message: MessageView
  /** Id by which others name it. */
  readonly name: string
  /** What it says; empty when it was deleted. */
  readonly text: string
  /** The newest edit; undefined: it says what it said at first. */
  readonly edit: MessageView | undefined
  readonly isDeleted: boolean
  /** Those in force, in the order in which each emoji was first used; of each user once. */
  readonly reactions: readonly { readonly emoji: string; readonly by: readonly MessageView[] }[]
}

/** What becomes of an edit, deletion or reaction. `waiting`: what it is about is not here. */
export type Effect = 'in-force' | 'waiting' | 'ignored'

interface Draft {
  readonly message: MessageView
  edit: MessageView | undefined
  isDeleted: boolean
  /** By emoji, then by user: the newest word of each. */
  readonly reactions: Map<string, Map<string, MessageView>>
}

export class Thread {
  readonly #drafts = new Map<string, Draft>()
  /** Texts of all senders and lines by name. */
  readonly #named = new Map<string, Draft[]>()

  /** @param messages - of one channel, in any order. */
  constructor(messages: Iterable<MessageView>) {
    const sorted = [...messages].sort((a, b) => compareMessages(a, b) || (a.id < b.id ? -1 : 1))
    for (const message of sorted) if (message.content.text) this.#add(message)
    for (const message of sorted) this.#apply(message)
  }

  /** The texts, in the order that everybody sees. */
  get posts(): Post[] {
    return [...this.#drafts.values()].map(postOf)
  }

  /** What a text of the set is now; undefined for what is no text. */
  postOf(message: MessageView): Post | undefined {
    const draft = message.content.text && this.#drafts.get(keyOf(message, nameOf(message)))
    return draft && postOf(draft)
  }

  /**
   * The text of a line that a name means: the message of that very id, or else the only one that says it stands for it. When
   * several say so nobody knows, and it means none.
   */
  find(group: Uint8Array, name: string): Post | undefined {
    const draft = this.#find(group, name)
    return draft && postOf(draft)
  }

  /** What a message is about; undefined when that is not here, or nothing. */
  subjectOf({ group, sender, content }: MessageView): Post | undefined {
    const { text, edit, deletion, reaction } = content
    const target = edit?.target ?? deletion?.target ?? reaction?.target ?? text?.replyTo
    if (target === undefined || target.length === 0) return undefined
    const own = reaction || text ? undefined : this.#drafts.get(keyOf({ group, sender }, hex(target)))
    return own === undefined ? this.find(group, hex(target)) : postOf(own)
  }

  /** What becomes of an edit, deletion or reaction of the set. */
  effectOf(message: MessageView): Effect {
    const target = targetOf(message)
    const draft = this.#draftOf(message)
    if (draft === undefined) return target !== undefined && this.#named.has(target) ? 'ignored' : 'waiting'
    return message.content.deletion || !draft.isDeleted ? 'in-force' : 'ignored'
  }

  #add(message: MessageView): void {
    const name = nameOf(message)
    const key = keyOf(message, name)
    const known = this.#drafts.get(key)
    if (known !== undefined) {
      known.isDeleted ||= message.isErased === true
      return
    }
    const draft: Draft = { message, edit: undefined, isDeleted: message.isErased === true, reactions: new Map() }
    this.#drafts.set(key, draft)
    this.#named.set(name, [...(this.#named.get(name) ?? []), draft])
  }

  /** Messages come in their order, so that the newest has the last word. */
  #apply(message: MessageView): void {
    const { edit, deletion, reaction } = message.content
    const draft = this.#draftOf(message)
    if (draft === undefined) return
    if (edit && message.isErased !== true) draft.edit = message
    if (deletion) draft.isDeleted = true
    if (reaction) {
      const users = draft.reactions.get(reaction.emoji) ?? new Map<string, MessageView>()
      users.set(hex(message.sender), message)
      draft.reactions.set(reaction.emoji, users)
    }
  }

  /** The text that an edit, deletion or reaction is in force for. */
  #draftOf(message: MessageView): Draft | undefined {
    const target = targetOf(message)
    if (target === undefined) return undefined
    if (message.content.reaction) return this.#find(message.group, target)
    return this.#drafts.get(keyOf(message, target))
  }

  #find(group: Uint8Array, name: string): Draft | undefined {
    const line = hex(group)
    const meant = (this.#named.get(name) ?? []).filter(({ message }) => hex(message.group) === line)
    return meant.find(({ message }) => message.id === name) ?? (meant.length === 1 ? meant[0] : undefined)
  }
}

/** Name of the text that an edit, deletion or reaction is about. */
export function targetOf({ content: { edit, deletion, reaction } }: Pick<MessageView, 'content'>): string | undefined {
  const target = edit?.target ?? deletion?.target ?? reaction?.target
  return target && hex(target)
}

/** A text by line, author and name. */
const keyOf = ({ group, sender }: Pick<MessageView, 'group' | 'sender'>, name: string): string =>
  `${hex(group)}/${hex(sender)}/${name}`

function postOf({ message, edit, isDeleted, reactions }: Draft): Post {
  const name = nameOf(message)
  if (isDeleted) return { message, name, text: '', edit: undefined, isDeleted, reactions: [] }
  const inForce = [...reactions].map(([emoji, users]) => ({
    emoji,
    by: [...users.values()].filter(({ content }) => content.reaction?.isWithdrawn !== true)
  }))
  const text = edit?.content.edit?.text ?? message.content.text?.text ?? ''
  return { message, name, text, edit, isDeleted, reactions: inForce.filter(({ by }) => by.length > 0) }
}
