/**
 * Key agreement: X25519, the KEM DHKEM(X25519, HKDF-SHA256), and X-Wing (ML-KEM-768 with X25519).
 *
 * A stranger's bytes never throw and never give a secret that others know: a public key of small order, whose X25519
 * result is all zeros, is refused here whatever the library thinks of it. An ephemeral seed is fresh for every
 * encapsulation. A key pair keeps its imported keys, so its second use costs no import, and `destroy()` ends it.
 */
import crypto from 'node:crypto'
import { joinBytes, unhex, utf8 } from '../base/bytes.ts'
import { Secret } from '../base/secret.ts'
import { type Agreement, type Backend, chosen } from './backends.ts'
import { HKDF_SHA256, labeledExpand, labeledExtract, u16 } from './labeled-kdf.ts'
import { requireLength } from './length.ts'
import {
  ML_KEM_AVAILABLE,
  ML_KEM_CIPHERTEXT_BYTES,
  ML_KEM_PUBLIC_KEY_BYTES,
  type MlKemKey,
  mlKemDecapsulate,
  mlKemEncapsulate,
  mlKemKey
} from './ml-kem.ts'

/** The KEMs, by their HPKE ids. */
export const KEM = { X25519: 0x0020, X_WING: 0x647a } as const

/** One of `KEM`. */
export type KemId = (typeof KEM)[keyof typeof KEM]

/** Seed of a key pair of either KEM, and of an encapsulation. */
export const KEM_SEED_BYTES = 32
/** Shared secret of either KEM. */
export const KEM_SECRET_BYTES = 32
/** X25519 keys and results. */
export const X25519_BYTES = 32

/** Length of a public key, in bytes. */
export const KEM_PUBLIC_KEY_BYTES: Readonly<Record<KemId, number>> = {
  [KEM.X25519]: X25519_BYTES,
  [KEM.X_WING]: ML_KEM_PUBLIC_KEY_BYTES + X25519_BYTES
}

/** Length of an encapsulation, in bytes. */
export const KEM_ENC_BYTES: Readonly<Record<KemId, number>> = {
  [KEM.X25519]: X25519_BYTES,
  [KEM.X_WING]: ML_KEM_CIPHERTEXT_BYTES + X25519_BYTES
}

/** Whether X-Wing works on this Node (24.7 and later). Without it its functions throw `UsageError`. */
export const X_WING_AVAILABLE: boolean = ML_KEM_AVAILABLE

/** A shared secret and what carries it. */
export interface Encapsulation {
  /** `KEM_ENC_BYTES`: to be sent. */
  readonly enc: Uint8Array
  /** 32 bytes, uniform. */
  readonly sharedSecret: Uint8Array
}

/** A key pair of one of the KEMs; made by `x25519KeyPair` or `xWingKeyPair`. */
export interface KemKeyPair {
  readonly kem: KemId
  /** `KEM_PUBLIC_KEY_BYTES`. */
  readonly publicKey: Uint8Array
  /** 32 bytes. For X25519 this is the private key itself. */
  readonly seed: Secret
  /** Clears the seed and lets go of every imported key; later use throws `TypeError`. */
  destroy(): void
  /**
   * The secret in an encapsulation.
   *
   * @param enc - a stranger's; any length.
   * @returns 32 bytes, or undefined when it is unusable. A damaged one may give a secret nobody else has.
   * @throws {TypeError} after `destroy()`.
   */
  decapsulate(enc: Uint8Array): Uint8Array | undefined
}

/** A key pair of the KEM 0x0020 and for X25519 itself; made by `x25519KeyPair`. */
export interface X25519KeyPair extends KemKeyPair {
  /**
   * `x25519` with the private key, which is imported already.
   *
   * @param publicKey - a stranger's; any length.
   * @returns as `x25519` does.
   * @throws {TypeError} after `destroy()`.
   */
  agree(publicKey: Uint8Array): Uint8Array | undefined
}

/**
 * X25519, with the all-zero result refused.
 *
 * @param privateKey - 32 bytes, clamped by the function itself; not kept.
 * @param publicKey - a stranger's; any length.
 * @returns 32 bytes, not uniform (pass them through `hkdfExtract`), or undefined for a point of small order.
 * @throws {UsageError} `BAD_LENGTH` when the private key is not 32 bytes.
 * @see RFC 7748 §6.1
 */
export function x25519(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined {
  return x25519With(chosen, privateKey, publicKey)
}

/** `x25519` on a given back end, for tests. */
export function x25519With(backend: Backend, privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined {
  requireLength(privateKey, X25519_BYTES, 'X25519 private key')
  const own = backend.agreement(privateKey)
  const shared = agree(own, publicKey)
  own.destroy()
  return shared
}

/** The one place where a DH result is accepted. */
function agree(own: Agreement, publicKey: Uint8Array): Uint8Array | undefined {
  if (publicKey.length !== X25519_BYTES) return undefined
  const shared = own.agree(publicKey)
  if (shared === undefined) return undefined
  let bits = 0
  for (const byte of shared) bits |= byte
  return bits === 0 ? undefined : shared
}

/**
 * An X25519 key pair, for `x25519` and for the KEM 0x0020.
 *
 * @param seed - 32 uniform bytes, the private key of RFC 7748; copied.
 * @param backend - for tests.
 * @throws {UsageError} `BAD_LENGTH` when the seed is not 32 bytes.
 * @see RFC 7748 §5
 */
export function x25519KeyPair(seed: Uint8Array, backend: Backend = chosen): X25519KeyPair {
  requireLength(seed, KEM_SEED_BYTES, 'KEM seed')
  return new X25519Pair(seed, backend)
}

/**
 * An X-Wing key pair, for the KEM 0x647a.
 *
 * @param seed - 32 uniform bytes, the whole decapsulation key; copied.
 * @param backend - for tests.
 * @throws {UsageError} `BAD_LENGTH` when the seed is not 32 bytes; `NO_ML_KEM` on a Node before 24.7.
 * @see draft-connolly-cfrg-xwing-kem §5.2
 */
export function xWingKeyPair(seed: Uint8Array, backend: Backend = chosen): KemKeyPair {
  requireLength(seed, KEM_SEED_BYTES, 'KEM seed')
  return new XWingKeyPair(seed, backend)
}

/**
 * A key pair of the KEM named.
 *
 * @param seed - 32 uniform bytes, copied.
 * @throws {UsageError} as `x25519KeyPair` and `xWingKeyPair`.
 */
export function kemKeyPair(kem: KemId, seed: Uint8Array, backend: Backend = chosen): KemKeyPair {
  return kem === KEM.X25519 ? x25519KeyPair(seed, backend) : xWingKeyPair(seed, backend)
}

/**
 * Makes a fresh secret for the owner of a public key.
 *
 * @param kem - which KEM the key is for.
 * @param publicKey - a stranger's; any length.
 * @param ephemeralSeed - 32 uniform bytes, used for this alone; not kept. It is the ephemeral X25519 private key. X-Wing's
 *   other half is drawn by the platform, so only 0x0020 is repeatable.
 * @returns the encapsulation, or undefined when the public key is unusable.
 * @throws {UsageError} `BAD_LENGTH` when the ephemeral seed is not 32 bytes; `NO_ML_KEM` on a Node before 24.7.
 * @see RFC 9180 §4.1, draft-connolly-cfrg-xwing-kem §5.4
 */
export function encapsulate(
  kem: KemId,
  publicKey: Uint8Array,
  ephemeralSeed: Uint8Array,
  backend: Backend = chosen
): Encapsulation | undefined {
  requireLength(ephemeralSeed, KEM_SEED_BYTES, 'ephemeral seed')
  const ephemeral = backend.agreement(ephemeralSeed)
  return kem === KEM.X25519 ? dhkemEncapsulate(publicKey, ephemeral) : xWingEncapsulate(publicKey, ephemeral)
}

// DHKEM(X25519, HKDF-SHA256), RFC 9180 §4.1.

const DHKEM_SUITE_ID = joinBytes(utf8('KEM'), u16(KEM.X25519))

function dhkemEncapsulate(publicKey: Uint8Array, ephemeral: Agreement): Encapsulation | undefined {
  const dh = agree(ephemeral, publicKey)
  if (dh === undefined) return undefined
  const enc = ephemeral.publicKey()
  return { enc, sharedSecret: extractAndExpand(dh, joinBytes(enc, publicKey)) }
}

/** @param dh - cleared here. */
function extractAndExpand(dh: Uint8Array, kemContext: Uint8Array): Uint8Array {
  const prk = labeledExtract(HKDF_SHA256, DHKEM_SUITE_ID, new Uint8Array(0), 'eae_prk', dh)
  dh.fill(0)
  const secret = labeledExpand(HKDF_SHA256, DHKEM_SUITE_ID, prk, 'shared_secret', kemContext, KEM_SECRET_BYTES)
  prk.fill(0)
  return secret
}

class X25519Pair implements X25519KeyPair {
  readonly kem = KEM.X25519
  readonly publicKey: Uint8Array
  readonly seed: Secret
  #own: Agreement | undefined

  constructor(seed: Uint8Array, backend: Backend) {
    this.#own = backend.agreement(seed)
    this.publicKey = this.#own.publicKey()
    this.seed = new Secret(new Uint8Array(seed))
  }

  agree(publicKey: Uint8Array): Uint8Array | undefined {
    this.seed.expose()
    return agree(this.#own!, publicKey)
  }

  decapsulate(enc: Uint8Array): Uint8Array | undefined {
    const dh = this.agree(enc)
    return dh === undefined ? undefined : extractAndExpand(dh, joinBytes(enc, this.publicKey))
  }

  destroy(): void {
    this.#own?.destroy()
    this.#own = undefined
    this.seed.destroy()
  }
}

// X-Wing, draft-connolly-cfrg-xwing-kem. The label is the drawing \.//^\ in ASCII.

const X_WING_LABEL = unhex('5c2e2f2f5e5c')

// Lengths need no check of their own: a public key or encapsulation of another length leaves X25519 other than 32 bytes.

function xWingEncapsulate(publicKey: Uint8Array, ephemeral: Agreement): Encapsulation | undefined {
  const x25519Key = publicKey.subarray(ML_KEM_PUBLIC_KEY_BYTES)
  const dh = agree(ephemeral, x25519Key)
  if (dh === undefined) return undefined
  const lattice = mlKemEncapsulate(publicKey.subarray(0, ML_KEM_PUBLIC_KEY_BYTES))
  if (lattice === undefined) return undefined
  const x25519Enc = ephemeral.publicKey()
  return {
    enc: joinBytes(lattice.ciphertext, x25519Enc),
    sharedSecret: combine(lattice.secret, dh, x25519Enc, x25519Key)
  }
}

/** The combiner, §5.3 of the draft. @param latticeSecret, dh - cleared here. */
function combine(latticeSecret: Uint8Array, dh: Uint8Array, x25519Enc: Uint8Array, x25519Key: Uint8Array): Uint8Array {
  const input = joinBytes(latticeSecret, dh, x25519Enc, x25519Key, X_WING_LABEL)
  const secret = new Uint8Array(crypto.hash('sha3-256', input, 'buffer'))
  input.fill(0)
  latticeSecret.fill(0)
  dh.fill(0)
  return secret
}

class XWingKeyPair implements KemKeyPair {
  readonly kem = KEM.X_WING
  readonly publicKey: Uint8Array
  readonly seed: Secret
  #lattice: MlKemKey | undefined
  #own: Agreement | undefined

  constructor(seed: Uint8Array, backend: Backend) {
    const expanded = crypto.createHash('shake256', { outputLength: 96 }).update(seed).digest()
    this.#lattice = mlKemKey(expanded.subarray(0, 64))
    this.#own = backend.agreement(expanded.subarray(64))
    expanded.fill(0)
    this.publicKey = joinBytes(this.#lattice.publicKey, this.#own.publicKey())
    this.seed = new Secret(new Uint8Array(seed))
  }

  decapsulate(enc: Uint8Array): Uint8Array | undefined {
    this.seed.expose()
    const x25519Enc = enc.subarray(ML_KEM_CIPHERTEXT_BYTES)
    const dh = agree(this.#own!, x25519Enc)
    if (dh === undefined) return undefined
    const latticeSecret = mlKemDecapsulate(this.#lattice!, enc.subarray(0, ML_KEM_CIPHERTEXT_BYTES))
    if (latticeSecret === undefined) return undefined
    return combine(latticeSecret, dh, x25519Enc, this.publicKey.subarray(ML_KEM_PUBLIC_KEY_BYTES))
  }

  destroy(): void {
    this.#own?.destroy()
    this.#own = undefined
    this.#lattice = undefined
    this.seed.destroy()
  }
}
