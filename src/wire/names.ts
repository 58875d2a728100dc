/** Names on the network: topics, directory keys, stream protocols. A new version of the protocol has new names. */
import { base32, unbase32 } from '../base/bytes.ts'
import { HASH_BYTES } from './limits.ts'

/** Texts by the very array they were made of: every frame of a channel asks for the same one. */
const texts = new WeakMap<Uint8Array, string>()

/**
 * The lower-case base32 form of a channel id, as it stands in topics and on the command line.
 *
 * @param channel - never changed after the first call.
 */
export function channelIdText(channel: Uint8Array): string {
  let text = texts.get(channel)
  if (text === undefined) {
    text = base32(channel).toLowerCase()
    texts.set(channel, text)
  }
  return text
}

/** The 32 bytes of a channel id's text, or undefined. */
export function readChannelId(text: string): Uint8Array | undefined {
  if (text !== text.toLowerCase()) return undefined
  const bytes = unbase32(text.toUpperCase())
  return bytes?.length === HASH_BYTES ? bytes : undefined
}

const TOPIC_PREFIX = '/conclave/1/'

/** The gossip topic that carries a channel. */
export const topicOf = (channel: Uint8Array): string => TOPIC_PREFIX + channelIdText(channel)

/** The channel of a topic, or undefined when the topic is not one of ours. */
export const channelOfTopic = (topic: string): Uint8Array | undefined =>
  topic.startsWith(TOPIC_PREFIX) ? readChannelId(topic.slice(TOPIC_PREFIX.length)) : undefined

export const DIRECTORY_PROTOCOL = '/conclave/kad/1.0.0'
export const HISTORY_PROTOCOL = '/conclave/history/1'
export const FRAMES_PROTOCOL = '/conclave/frames/1'
export const SESSION_PROTOCOL = '/conclave/session/1'
export const IDENTIFY_PREFIX = 'conclave'
