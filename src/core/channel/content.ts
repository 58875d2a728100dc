/** What a person says: one kind, within its limits, in one form. The same in a channel, in a group and to one user. */
import { utf8 } from '../../base/bytes.ts'
import { HASH_BYTES, REACTION_BYTES, TEXT_BYTES } from '../../wire/limits.ts'
import type { Content } from '../../wire/messages.ts'

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
