/** What a person says: one kind, within its limits, in one form. The same in a channel, in a group and to one user. */
import { EMPTY, hex, utf8 } from '../../base/bytes.ts'
import { HASH_BYTES, REACTION_BYTES, TEXT_BYTES } from '../../wire/limits.ts'
import type { Content } from '../../wire/messages.ts'

/** The content whole, with its texts in NFC, as everybody expects it. */
export function normalised({ writtenAt = 0, text, edit, deletion, reaction }: Partial<Content>): Content {
  const { replyTo = EMPTY, isAction = false } = text ?? {}
  return {
    writtenAt,
    replaces: EMPTY,
    ...(text && { text: { text: (text.text ?? '').normalize('NFC'), replyTo, isAction } }),
    ...(edit && { edit: { target: edit.target ?? EMPTY, text: (edit.text ?? '').normalize('NFC') } }),
    ...(deletion && { deletion: { target: deletion.target ?? EMPTY } }),
    ...(reaction && { reaction })
  }
}

/** The content, with the messages that it speaks of under their present names. @param names - by the names before, hex. */
export function about(content: Content, names: ReadonlyMap<string, Uint8Array>): Content {
  const { text, edit, deletion, reaction } = content
  const name = names.get(hex(text?.replyTo ?? edit?.target ?? deletion?.target ?? reaction?.target ?? EMPTY))
  if (name === undefined) return content
  return {
    ...content,
    ...(text && { text: { ...text, replyTo: name } }),
    ...(edit && { edit: { ...edit, target: name } }),
    ...(deletion && { deletion: { target: name } }),
    ...(reaction && { reaction: { ...reaction, target: name } })
  }
}

/** Whether a content has exactly one kind, within its limits, in NFC. */
export function isContent(content: Content): boolean {
  const { text, edit, deletion, reaction } = content
  const kinds = [text, edit, deletion, reaction].filter((kind) => kind !== undefined)
  if (kinds.length !== 1 || (content.replaces.length !== 0 && content.replaces.length !== HASH_BYTES)) return false
  if (text) return isText(text.text) && (text.replyTo.length === 0 || text.replyTo.length === HASH_BYTES)
  if (edit) return isText(edit.text) && edit.target.length === HASH_BYTES
  if (deletion) return deletion.target.length === HASH_BYTES
  return isReaction(reaction!.emoji) && reaction!.target.length === HASH_BYTES
}

const isText = (text: string): boolean =>
  text !== '' && utf8(text).length <= TEXT_BYTES && text === text.normalize('NFC')
const isReaction = (emoji: string): boolean => emoji !== '' && utf8(emoji).length <= REACTION_BYTES
