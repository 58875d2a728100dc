/**
 * What may arrive, on one page. Sizes are bytes unless the name says otherwise. These numbers are part of the protocol:
 * two peers that differ in them do not understand each other (protocol §14).
 */

/** One frame on a topic, everything included. Gossip itself allows 4 MiB a RPC, which carries many frames. */
export const FRAME_BYTES = 64 * 1024

/** One question or answer on a stream. */
export const STREAM_MESSAGE_BYTES = 1024 * 1024
/** Messages in one answer: their number, and their bytes. */
export const ANSWERED_FRAMES = 256
export const ANSWERED_FRAMES_BYTES = 512 * 1024
/** Senders of whom a digest says how much of theirs its author has. */
export const SEEN_SENDERS = 64
/** Ranges in one question for messages. */
export const ASKED_RANGES = 32
/** Frames that a question for session frames says its asker has, by the beginnings of their ids. */
export const KNOWN_FRAMES = 2048
export const KNOWN_ID_BYTES = 8
/** Stored messages looked at for one answer. */
export const SCANNED_MESSAGES = 8192

export const TEXT_BYTES = 16 * 1024
export const NICK_GRAPHEMES = 32
export const NICK_BYTES = 128
export const CHANNEL_NAME_GRAPHEMES = 64
export const CHANNEL_NAME_BYTES = 256
export const REACTION_BYTES = 64

export const DESCRIPTOR_BYTES = 4 * 1024
/** All versions of a descriptor together: the longest chain a peer looks at. */
export const DESCRIPTOR_CHAIN_BYTES = 64 * 1024
export const USER_RECORD_BYTES = 2 * 1024
/** One value in the directory. */
export const DIRECTORY_VALUE_BYTES = 4 * 1024
export const INVITE_BYTES = 1024
export const INVITE_ADDRESSES = 3
export const STATEMENT_BYTES = 2 * 1024
/** Ids of admits, or of puttings-in, that one statement names. */
export const STATEMENT_ENDS = 16
/** Statements that a key request shows. */
export const SHOWN_ADMITS = 2

export const MANAGERS = 7
export const MEMBER_MANAGERS = 32
export const GROUPS = 64

export const HASH_BYTES = 32
export const USER_BYTES = 32
export const SIGNATURE_BYTES = 64
export const COMMITMENT_BYTES = 16
export const BOOT_BYTES = 16
export const GROUP_BYTES = 16
export const NONCE_BYTES = 16
export const TOKEN_BYTES = 16
export const ADMIT_ID_BYTES = 16
export const PREKEY_ID_BYTES = 16
export const TAG_BYTES = 16
export const INSTANCE_BYTES = 16
/** Of a text, in an acknowledgement; and how many of them at most. */
export const MARK_BYTES = 8
export const MARKS = 32
/** One-time keys in a user record. */
export const ONE_TIME_KEYS = 16
/** A ratchet header as it travels: nonce, key and two counts, tag of the AEAD. */
export const SESSION_HEADER_BYTES = 12 + 32 + 4 + 4 + 16

/** Terms stay below 2^53, and one may not jump further than this: above the certified one, or a signer's promise. */
export const TERM_JUMP = 2 ** 16

/**
 * Size classes of sealed plaintexts. Whoever sees a frame learns the class, not the length. The highest class leaves room
 * for the headers of the largest kind within FRAME_BYTES.
 */
export const PADDING_CLASSES: readonly number[] = [256, 1024, 4096, 16_384, 61_440]
