/**
 * Hybrid public-key encryption, RFC 9180, modes base and PSK.
 *
 * Nonces. `hpkeSeal` uses sequence number 0 of a context whose key comes from a fresh encapsulation, and never a second
 * one, so no (key, nonce) pair repeats while ephemeral seeds do not; an X-Wing encapsulation is fresh even then. The
 * context functions below take the sequence number from their caller, who owes each number once.
 * The modes with sender authentication are left out: who sends is shown by a signature.
 */
import crypto from 'node:crypto'
import { EMPTY, joinBytes, utf8 } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { AEAD_TAG_BYTES, open, seal } from './aead.ts'
import { type Backend, chosen } from './backends.ts'
import { encapsulate, type KemId, type KemKeyPair } from './kem.ts'
import { HKDF_SHA256, HKDF_SHA512, type Kdf, labeledExpand, labeledExtract, u16 } from './labeled-kdf.ts'

/** A pre-shared key; it makes the mode PSK. */
export interface HpkePsk {
  /** At least 32 bytes, uniform. */
  readonly psk: Uint8Array
  /** Not empty; bound, not secret. */
  readonly pskId: Uint8Array
}

/** KDF and AEAD of a suite, by their RFC numbers. */
export interface HpkeSuite {
  /** 1 HKDF-SHA256, 3 HKDF-SHA512. */
  readonly kdf: 1 | 3
  /** 1 AES-128-GCM, 2 AES-256-GCM, 3 ChaCha20-Poly1305, 0xffff export only. */
  readonly aead: 1 | 2 | 3 | 0xffff
}

/** The suite of the protocol: HKDF-SHA256 and ChaCha20-Poly1305. The others serve the published vectors. */
export const HPKE_SUITE: HpkeSuite = { kdf: 1, aead: 3 }

/** What `hpkeSeal` takes. Nothing of it is kept. */
export interface HpkeSealInput {
  readonly kem: KemId
  /** A stranger's; any length. */
  readonly recipientPublicKey: Uint8Array
  /** `framed(label, …)`: what the box is for and everything it is bound to. */
  readonly info: Uint8Array
  readonly aad: Uint8Array
  readonly plaintext: Uint8Array
  readonly psk?: HpkePsk
  /** 32 fresh random bytes. */
  readonly ephemeralSeed: Uint8Array
}

/** What `hpkeOpen` takes. Nothing of it is kept. */
export interface HpkeOpenInput {
  /** Names the KEM too. */
  readonly recipient: KemKeyPair
  /** A stranger's; any length. */
  readonly enc: Uint8Array
  readonly info: Uint8Array
  readonly aad: Uint8Array
  /** A stranger's; any length. */
  readonly ciphertext: Uint8Array
  readonly psk?: HpkePsk
}

/**
 * Seals one plaintext to a public key.
 *
 * @returns `enc` (`KEM_ENC_BYTES`) and ciphertext (plaintext + 16 bytes), or undefined when the public key is unusable.
 * @throws {UsageError} `BAD_LENGTH` for a wrong ephemeral seed, `BAD_PSK` for a short psk or an empty id, `NO_ML_KEM`.
 * @see RFC 9180 §6.1
 */
export function hpkeSeal(
  input: HpkeSealInput,
  backend: Backend = chosen
): { enc: Uint8Array; ciphertext: Uint8Array } | undefined {
  const sender = hpkeSender(input, HPKE_SUITE, backend)
  if (sender === undefined) return undefined
  const { enc, context } = sender
  return { enc, ciphertext: contextSeal(context, 0, input.aad, input.plaintext) }
}

/**
 * Opens what `hpkeSeal` made.
 *
 * @returns the plaintext, or undefined when anything at all differs.
 * @throws {UsageError} `BAD_PSK` for a short psk or an empty id.
 * @throws {TypeError} when the key pair was destroyed.
 * @see RFC 9180 §6.1
 */
export function hpkeOpen(input: HpkeOpenInput): Uint8Array | undefined {
  const context = hpkeRecipient(input)
  return context === undefined ? undefined : contextOpen(context, 0, input.aad, input.ciphertext)
}

/** The outcome of a key schedule. Plain values: the sequence number is the caller's. */
export interface HpkeContext {
  readonly suite: HpkeSuite
  readonly key: Uint8Array
  /** 12 bytes; empty in an export-only suite. */
  readonly baseNonce: Uint8Array
  readonly exporterSecret: Uint8Array
  /** As RFC 9180 §5.1 makes it, for `contextExport`. */
  readonly suiteId: Uint8Array
}

/**
 * SetupBaseS and SetupPSKS.
 *
 * @returns undefined when the public key is unusable.
 * @throws {UsageError} as `hpkeSeal`.
 * @see RFC 9180 §5.1.1, §5.1.2
 */
export function hpkeSender(
  input: Pick<HpkeSealInput, 'kem' | 'recipientPublicKey' | 'info' | 'psk' | 'ephemeralSeed'>,
  suite: HpkeSuite = HPKE_SUITE,
  backend: Backend = chosen
): { enc: Uint8Array; context: HpkeContext } | undefined {
  const sent = encapsulate(input.kem, input.recipientPublicKey, input.ephemeralSeed, backend)
  if (sent === undefined) return undefined
  return { enc: sent.enc, context: hpkeKeySchedule(input.kem, suite, sent.sharedSecret, input.info, input.psk) }
}

/**
 * SetupBaseR and SetupPSKR.
 *
 * @returns undefined when `enc` is unusable.
 * @throws {UsageError} `BAD_PSK` for a short psk or an empty id.
 * @see RFC 9180 §5.1.1, §5.1.2
 */
export function hpkeRecipient(
  input: Pick<HpkeOpenInput, 'recipient' | 'enc' | 'info' | 'psk'>,
  suite: HpkeSuite = HPKE_SUITE
): HpkeContext | undefined {
  const sharedSecret = input.recipient.decapsulate(input.enc)
  if (sharedSecret === undefined) return undefined
  return hpkeKeySchedule(input.recipient.kem, suite, sharedSecret, input.info, input.psk)
}

const MODE_BASE = 0
const MODE_PSK = 1

/**
 * The key schedule. Public because an X-Wing encapsulation cannot be repeated, so its vectors start here.
 *
 * @param sharedSecret - 32 bytes from the KEM; cleared here.
 * @throws {UsageError} `BAD_PSK` for a short psk or an empty id.
 * @see RFC 9180 §5.1
 */
export function hpkeKeySchedule(
  kem: KemId,
  suite: HpkeSuite,
  sharedSecret: Uint8Array,
  info: Uint8Array,
  psk?: HpkePsk
): HpkeContext {
  // RFC 9180 §9.5: the psk carries at least 32 bytes of entropy. An empty one would silently be the base mode's.
  if (psk !== undefined && (psk.psk.length < 32 || psk.pskId.length === 0)) {
    throw new UsageError('BAD_PSK', 'a psk has at least 32 bytes, and an id')
  }
  const kdf = suite.kdf === 1 ? HKDF_SHA256 : HKDF_SHA512
  const { keyBytes, nonceBytes } = AEAD_SIZES[suite.aead]
  const suiteId = joinBytes(utf8('HPKE'), u16(kem), u16(suite.kdf), u16(suite.aead))
  const pskIdHash = labeledExtract(kdf, suiteId, EMPTY, 'psk_id_hash', psk?.pskId ?? EMPTY)
  const infoHash = labeledExtract(kdf, suiteId, EMPTY, 'info_hash', info)
  const mode = Uint8Array.of(psk === undefined ? MODE_BASE : MODE_PSK)
  const scheduleContext = joinBytes(mode, pskIdHash, infoHash)
  const secret = labeledExtract(kdf, suiteId, sharedSecret, 'secret', psk?.psk ?? EMPTY)
  sharedSecret.fill(0)
  const expand = (label: string, length: number): Uint8Array =>
    labeledExpand(kdf, suiteId, secret, label, scheduleContext, length)
  const context = {
    suite,
    suiteId,
    key: expand('key', keyBytes),
    baseNonce: expand('base_nonce', nonceBytes),
    exporterSecret: expand('exp', kdf.hashBytes)
  }
  secret.fill(0)
  return context
}

/**
 * Context.Seal at a given sequence number.
 *
 * @param sequence - 0 … 2^32 - 1, each once per context.
 * @throws {UsageError} `EXPORT_ONLY` in a suite without AEAD.
 * @see RFC 9180 §5.2
 */
export function contextSeal(
  context: HpkeContext,
  sequence: number,
  aad: Uint8Array,
  plaintext: Uint8Array
): Uint8Array {
  const nonce = nonceAt(context, sequence)
  if (context.suite.aead === 3) return seal(context.key, nonce, aad, plaintext)
  const cipher = crypto.createCipheriv(gcmName(context.key), context.key, nonce)
  cipher.setAAD(aad)
  return joinBytes(cipher.update(plaintext), cipher.final(), cipher.getAuthTag())
}

/**
 * Context.Open at a given sequence number.
 *
 * @returns undefined when anything differs.
 * @throws {UsageError} `EXPORT_ONLY` in a suite without AEAD.
 * @see RFC 9180 §5.2
 */
export function contextOpen(
  context: HpkeContext,
  sequence: number,
  aad: Uint8Array,
  ciphertext: Uint8Array
): Uint8Array | undefined {
  const nonce = nonceAt(context, sequence)
  if (context.suite.aead === 3) return open(context.key, nonce, aad, ciphertext)
  if (ciphertext.length < AEAD_TAG_BYTES) return undefined
  const decipher = crypto.createDecipheriv(gcmName(context.key), context.key, nonce, { authTagLength: 16 })
  decipher.setAAD(aad)
  decipher.setAuthTag(ciphertext.subarray(-AEAD_TAG_BYTES))
  try {
    return joinBytes(decipher.update(ciphertext.subarray(0, -AEAD_TAG_BYTES)), decipher.final())
  } catch {
    return undefined
  }
}

/**
 * Context.Export.
 *
 * @param length - bytes wanted, at most 255 hash lengths.
 * @see RFC 9180 §5.3
 */
export function contextExport(context: HpkeContext, exporterContext: Uint8Array, length: number): Uint8Array {
  const kdf: Kdf = context.suite.kdf === 1 ? HKDF_SHA256 : HKDF_SHA512
  return labeledExpand(kdf, context.suiteId, context.exporterSecret, 'sec', exporterContext, length)
}

const AEAD_SIZES: Readonly<Record<HpkeSuite['aead'], { keyBytes: number; nonceBytes: number }>> = {
  1: { keyBytes: 16, nonceBytes: 12 },
  2: { keyBytes: 32, nonceBytes: 12 },
  3: { keyBytes: 32, nonceBytes: 12 },
  65535: { keyBytes: 0, nonceBytes: 0 }
}

const gcmName = (key: Uint8Array): 'aes-128-gcm' | 'aes-256-gcm' => (key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm')

/** The base nonce with the sequence number xored into its end. */
function nonceAt(context: HpkeContext, sequence: number): Uint8Array {
  if (context.suite.aead === 0xffff) throw new UsageError('EXPORT_ONLY', 'this suite has no AEAD')
  const nonce = context.baseNonce.slice()
  const view = new DataView(nonce.buffer, nonce.byteOffset)
  view.setUint32(8, (view.getUint32(8) ^ sequence) >>> 0)
  return nonce
}
