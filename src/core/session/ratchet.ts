/**
 * The Double Ratchet with encrypted headers (protocol §11.2): every message has a key of its own, and each answer mixes a
 * fresh Diffie-Hellman secret into all keys after it.
 *
 * Nonces. A message key seals one message, a header key the headers of one chain. Both nonces are made from key and
 * plaintext: two headers of a chain differ in their number, and even a running process that was cloned, and says two things
 * under one key, repeats no (key, nonce). Keys are cleared once used; nothing changes before a message has opened and its
 * reader has accepted it. The tag of a frame is derived from its header key, so a key is found, not tried; the commitment
 * in front of what is sealed makes the key the only one that opens it.
 *
 * @see Perrin, Marlinspike, "The Double Ratchet Algorithm", section 4
 */
import { EMPTY, equalBytes, joinBytes, u32 } from '../../base/bytes.ts'
import { AEAD_NONCE_BYTES, open, seal } from '../../crypto/aead.ts'
import { derive, deriveTwo } from '../../crypto/kdf.ts'
import { KEM_SEED_BYTES, type KemKeyPair, X25519_BYTES, type X25519KeyPair, x25519KeyPair } from '../../crypto/kem.ts'
import { LABEL } from '../../crypto/labels.ts'
import { HASH_BYTES, TAG_BYTES } from '../../wire/limits.ts'
import type { RatchetRow } from '../../wire/rows.ts'
import type { Env } from '../machine.ts'
import { SKIPPED_KEYS } from '../params.ts'
import { Refusal, refuse } from '../reject.ts'
import { type SkippedChain, SkippedKeys } from './skipped-keys.ts'

type Random = (length: number) => Uint8Array

/** A message as it travels. */
export interface SealedMessage {
  /** 16 bytes. */
  readonly tag: Uint8Array
  /** 68 bytes. */
  readonly header: Uint8Array
  readonly sealed: Uint8Array
}

/** What is bound to a message beside its keys. */
export type Bind = (tag: Uint8Array, header: Uint8Array) => Uint8Array

interface Chain {
  /** 32 bytes. */
  key: Uint8Array
  readonly header: HeaderKey
  /** Messages so far. */
  count: number
}

interface HeaderKey {
  /** 32 bytes. */
  readonly key: Uint8Array
  /** 16 bytes. */
  readonly tag: Uint8Array
}

interface Header {
  /** 32 bytes X25519. */
  readonly key: Uint8Array
  /** Messages of the sender's chain before. */
  readonly previous: number
  readonly number: number
}

const headerKey = (key: Uint8Array): HeaderKey => ({
  key,
  tag: deriveTwo(LABEL.sessionTag, key)[0].slice(0, TAG_BYTES)
})

export class Ratchet {
  #root: Uint8Array
  #own: X25519KeyPair
  /** 32 bytes; empty before the other end is heard of. */
  #theirs: Uint8Array
  #sending: Chain | undefined
  #receiving: Chain | undefined
  #nextSending: HeaderKey
  #nextReceiving: HeaderKey
  #previous = 0
  readonly skipped = new SkippedKeys()

  private constructor(
    root: Uint8Array,
    own: X25519KeyPair,
    theirs: Uint8Array,
    nextSending: HeaderKey,
    nextReceiving: HeaderKey
  ) {
    this.#root = root
    this.#own = own
    this.#theirs = theirs
    this.#nextSending = nextSending
    this.#nextReceiving = nextReceiving
  }

  /**
   * The end that speaks first.
   *
   * @param secret - 32 bytes of the handshake; cleared.
   * @param theirs - the responder's prekey, which handshake or record have found usable.
   */
  static initiator(secret: Uint8Array, theirs: Uint8Array, random: Random): Ratchet {
    const { root, initiator, responder } = firstKeys(secret)
    const ratchet = new Ratchet(root, freshPair(random), theirs, initiator, responder)
    ratchet.#beginChain()
    return ratchet
  }

  /**
   * The end that hears first.
   *
   * @param secret - 32 bytes of the handshake; cleared.
   * @param prekey - the private half that the initiator used; copied, and gone with the first message.
   */
  static responder(secret: Uint8Array, prekey: KemKeyPair): Ratchet {
    const { root, initiator, responder } = firstKeys(secret)
    return new Ratchet(root, x25519KeyPair(prekey.seed.expose()), EMPTY, responder, initiator)
  }

  /** Tags under which frames may come. */
  knows(tag: Uint8Array): boolean {
    return this.#headerKeyOf(tag) !== undefined
  }

  /** The tag of what is sealed next; undefined for a responder that has heard nothing. */
  get sendingTag(): Uint8Array | undefined {
    return this.#sending?.header.tag
  }

  /**
   * Seals one message. The state after it has to be durable before the message is shown to anybody.
   *
   * @param plaintext - padded.
   * @throws {TypeError} before a responder has heard anything.
   */
  seal(plaintext: Uint8Array, bind: Bind): SealedMessage {
    const chain = this.#sending!
    const header = sealHeader(chain.header.key, this.#own.publicKey, this.#previous, chain.count)
    const { messageKey, next } = linkOf(chain.key)
    chain.key.fill(0)
    chain.key = next
    chain.count++
    const { tag } = chain.header
    const sealed = sealMessage(messageKey, plaintext, bind(tag, header))
    messageKey.fill(0)
    return { tag, header, sealed }
  }

  /**
   * Opens one message.
   *
   * @param read - judges the plaintext; when it refuses, the message counts as never seen.
   * @returns what `read` makes of it, or R-1006 – R-1012, R-1016.
   */
  open<T>(
    message: SealedMessage,
    bind: Bind,
    env: Pick<Env, 'now' | 'uptimeMs' | 'random'>,
    read: (plaintext: Uint8Array) => T | Refusal
  ): T | Refusal {
    const key = this.#headerKeyOf(message.tag)
    if (key === undefined) return refuse(1007)
    const header = openHeader(key.key, message.header)
    if (header === undefined) return refuse(1008)
    const unseal = (messageKey: Uint8Array): T | Refusal => {
      const plaintext = openMessage(messageKey, message.sealed, bind(message.tag, message.header))
      return plaintext instanceof Refusal ? plaintext : read(plaintext)
    }
    this.skipped.prune(env.now)
    if (key === this.#nextReceiving) return this.#openNext(header, unseal, env)
    const receiving = this.#receiving
    if (receiving !== undefined && key === receiving.header && header.number >= receiving.count) {
      return this.#openAhead(receiving, header, unseal, env)
    }
    const skipped = this.skipped.get(message.tag)?.keys.get(header.number)
    if (skipped === undefined) return refuse(1009)
    const opened = unseal(skipped.key)
    if (!(opened instanceof Refusal)) this.skipped.use(message.tag, header.number)
    return opened
  }

  row(): RatchetRow {
    const chainRow = (chain: Chain | undefined): { key: Uint8Array; header: Uint8Array; count: number } | undefined =>
      chain && { key: chain.key, header: chain.header.key, count: chain.count }
    return {
      root: this.#root,
      own: this.#own.seed.expose(),
      theirs: this.#theirs,
      ...(this.#sending && { sending: chainRow(this.#sending)! }),
      ...(this.#receiving && { receiving: chainRow(this.#receiving)! }),
      nextSending: this.#nextSending.key,
      nextReceiving: this.#nextReceiving.key,
      previous: this.#previous
    }
  }

  /** @param row - as `row` gave it; its arrays are kept. */
  static restore(row: RatchetRow): Ratchet {
    const own = x25519KeyPair(row.own)
    const ratchet = new Ratchet(row.root, own, row.theirs, headerKey(row.nextSending), headerKey(row.nextReceiving))
    const chainOfRow = (chain: RatchetRow['sending']): Chain | undefined =>
      chain && { key: chain.key, header: headerKey(chain.header), count: chain.count }
    ratchet.#sending = chainOfRow(row.sending)
    ratchet.#receiving = chainOfRow(row.receiving)
    ratchet.#previous = row.previous
    return ratchet
  }

  /** Gives back what a row holds of `skipped`. */
  restoreSkipped({ header, keys }: SkippedChain): void {
    this.skipped.restore(headerKey(header).tag, { header, keys })
  }

  /** Clears every key. */
  destroy(): void {
    this.#own.destroy()
    this.skipped.destroy()
    for (const chain of [this.#sending, this.#receiving]) {
      chain?.key.fill(0)
      chain?.header.key.fill(0)
    }
    for (const key of [this.#root, this.#nextSending.key, this.#nextReceiving.key]) key.fill(0)
  }

  #headerKeyOf(tag: Uint8Array): HeaderKey | undefined {
    const known = [this.#receiving?.header, this.#nextReceiving].find((key) => key && equalBytes(key.tag, tag))
    if (known !== undefined) return known
    const past = this.skipped.get(tag)
    return past && { key: past.header, tag }
  }

  /** A message of the chain that is received on, the next or a later one. */
  #openAhead<T>(
    chain: Chain,
    header: Header,
    unseal: (key: Uint8Array) => T | Refusal,
    env: Pick<Env, 'now' | 'uptimeMs'>
  ): T | Refusal {
    if (!equalBytes(header.key, this.#theirs)) return refuse(1008)
    if (header.number - chain.count > SKIPPED_KEYS) return refuse(1010)
    if (!this.skipped.mayMake(header.number - chain.count, env.uptimeMs)) return refuse(1016)
    const ahead = walk(chain.key, chain.count, header.number)
    const opened = unseal(ahead.messageKey)
    ahead.messageKey.fill(0)
    if (opened instanceof Refusal) {
      for (const key of [ahead.next, ...ahead.skipped]) key.fill(0)
      return opened
    }
    this.skipped.add(chain.header.tag, chain.header.key, chain.count, ahead.skipped, env.now)
    chain.key.fill(0)
    chain.key = ahead.next
    chain.count = header.number + 1
    return opened
  }

  /** The first message that comes of a new chain: a Diffie-Hellman step. */
  #openNext<T>(
    header: Header,
    unseal: (key: Uint8Array) => T | Refusal,
    env: Pick<Env, 'now' | 'uptimeMs' | 'random'>
  ): T | Refusal {
    const ended = this.#receiving
    const missing = header.previous - (ended?.count ?? 0)
    if (missing < 0 || (ended === undefined && missing > 0)) return refuse(1008)
    if (missing + header.number > SKIPPED_KEYS) return refuse(1010)
    if (!this.skipped.mayMake(missing + header.number, env.uptimeMs)) return refuse(1016)
    const shared = this.#own.agree(header.key)
    if (shared === undefined) return refuse(1006)
    const step = stepOf(this.#root, shared)
    const ahead = walk(step.chain, 0, header.number)
    const opened = unseal(ahead.messageKey)
    ahead.messageKey.fill(0)
    step.chain.fill(0)
    if (opened instanceof Refusal) {
      for (const key of [step.root, step.nextHeader, ahead.next, ...ahead.skipped]) key.fill(0)
      return opened
    }
    if (ended !== undefined) {
      const rest = keysOf(ended.key, missing)
      this.skipped.add(ended.header.tag, ended.header.key, ended.count, rest, env.now)
      ended.key.fill(0)
      ended.header.key.fill(0)
    }
    const began = this.#nextReceiving
    this.skipped.add(began.tag, began.key, 0, ahead.skipped, env.now)
    this.#receiving = { key: ahead.next, header: began, count: header.number + 1 }
    this.#nextReceiving = headerKey(step.nextHeader)
    this.#root.fill(0)
    this.#root = step.root
    this.#theirs = header.key
    this.#own.destroy()
    this.#own = freshPair(env.random)
    this.#beginChain()
    return opened
  }

  /** The sending chain that comes of a fresh key of ours. */
  #beginChain(): void {
    // Usable: a key of small order is refused where it comes in.
    const step = stepOf(this.#root, this.#own.agree(this.#theirs)!)
    this.#root.fill(0)
    this.#root = step.root
    this.#previous = this.#sending?.count ?? 0
    this.#sending?.key.fill(0)
    this.#sending?.header.key.fill(0)
    this.#sending = { key: step.chain, header: this.#nextSending, count: 0 }
    this.#nextSending = headerKey(step.nextHeader)
  }
}

function freshPair(random: Random): X25519KeyPair {
  const seed = random(KEM_SEED_BYTES)
  const pair = x25519KeyPair(seed)
  seed.fill(0)
  return pair
}

/** @param secret - cleared. */
function firstKeys(secret: Uint8Array): { root: Uint8Array; initiator: HeaderKey; responder: HeaderKey } {
  const keys = {
    root: derive(secret, LABEL.sessionFirstRoot, []),
    initiator: headerKey(derive(secret, LABEL.sessionInitiatorHeader, [])),
    responder: headerKey(derive(secret, LABEL.sessionResponderHeader, []))
  }
  secret.fill(0)
  return keys
}

/** @param shared - cleared. */
function stepOf(root: Uint8Array, shared: Uint8Array): { root: Uint8Array; chain: Uint8Array; nextHeader: Uint8Array } {
  const [next, chain] = deriveTwo(LABEL.sessionStep, root, shared)
  const [nextHeader] = deriveTwo(LABEL.sessionNextHeader, root, shared)
  shared.fill(0)
  return { root: next, chain, nextHeader }
}

/** One message on: its key, and the chain key after it. The chain key given is left as it is. */
function linkOf(chainKey: Uint8Array): { messageKey: Uint8Array; next: Uint8Array } {
  const [messageKey, next] = deriveTwo(LABEL.sessionMessage, chainKey)
  return { messageKey, next }
}

/** The keys of the messages from the chain's place up to a number. The chain key given is left as it is. */
function walk(
  chainKey: Uint8Array,
  from: number,
  number: number
): { skipped: Uint8Array[]; messageKey: Uint8Array; next: Uint8Array } {
  const skipped: Uint8Array[] = []
  let key = chainKey
  const step = (): Uint8Array => {
    const { messageKey, next } = linkOf(key)
    if (key !== chainKey) key.fill(0)
    key = next
    return messageKey
  }
  for (let i = from; i < number; i++) skipped.push(step())
  const messageKey = step()
  return { skipped, messageKey, next: key }
}

/** The keys of the next so many messages of a chain that ends there. */
function keysOf(chainKey: Uint8Array, count: number): Uint8Array[] {
  if (count === 0) return []
  const { skipped, messageKey, next } = walk(chainKey, 0, count - 1)
  next.fill(0)
  return [...skipped, messageKey]
}

// Header: key ‖ u32(previous) ‖ u32(number), sealed to the header key of the chain.

function sealHeader(key: Uint8Array, own: Uint8Array, previous: number, number: number): Uint8Array {
  const plaintext = joinBytes(own, u32(previous), u32(number))
  const nonce = deriveTwo(LABEL.sessionHeaderNonce, key, plaintext)[0].subarray(0, AEAD_NONCE_BYTES)
  return joinBytes(nonce, seal(key, nonce, EMPTY, plaintext))
}

function openHeader(key: Uint8Array, sealed: Uint8Array): Header | undefined {
  if (sealed.length <= AEAD_NONCE_BYTES) return undefined
  const plaintext = open(key, sealed.subarray(0, AEAD_NONCE_BYTES), EMPTY, sealed.subarray(AEAD_NONCE_BYTES))
  if (plaintext?.length !== X25519_BYTES + 8) return undefined
  const view = new DataView(plaintext.buffer, plaintext.byteOffset + X25519_BYTES)
  return { key: plaintext.slice(0, X25519_BYTES), previous: view.getUint32(0), number: view.getUint32(4) }
}

// Message: commitment ‖ nonce ‖ ciphertext.

const PREFIX_BYTES = HASH_BYTES + AEAD_NONCE_BYTES

function sealMessage(messageKey: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
  const nonce = deriveTwo(LABEL.sessionNonce, messageKey, plaintext)[0].subarray(0, AEAD_NONCE_BYTES)
  const { commitment, key } = sealKeyOf(messageKey, aad)
  const sealed = joinBytes(commitment, nonce, seal(key, nonce, aad, plaintext))
  key.fill(0)
  return sealed
}

function openMessage(messageKey: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array | Refusal {
  if (sealed.length <= PREFIX_BYTES) return refuse(1012)
  const { commitment, key } = sealKeyOf(messageKey, aad)
  const opened = equalBytes(commitment, sealed.subarray(0, HASH_BYTES))
    ? (open(key, sealed.subarray(HASH_BYTES, PREFIX_BYTES), aad, sealed.subarray(PREFIX_BYTES)) ?? refuse(1012))
    : refuse(1011)
  key.fill(0)
  return opened
}

/** What shows which message key and which bound data a message has, and the key that seals it. */
function sealKeyOf(messageKey: Uint8Array, aad: Uint8Array): { commitment: Uint8Array; key: Uint8Array } {
  const [commitment, key] = deriveTwo(LABEL.sessionSeal, messageKey, aad)
  return { commitment, key }
}
