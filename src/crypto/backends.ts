/**
 * The native libraries under this room, behind one small interface each way.
 *
 * A back end does the arithmetic and nothing else: no function here is strict about keys or points, so nobody but
 * `sign.ts`, `aead.ts` and `kem.ts` calls them. Both give the same bytes for the same input. Lengths are the caller's
 * duty, what fails on a stranger's bytes answers false or undefined and never throws. libsodium does the work where its
 * prebuilt module loads (it is 1.5 to 4 times faster here), node:crypto everywhere else.
 */
import crypto, { type KeyObject } from 'node:crypto'
import { createRequire } from 'node:module'
import { joinBytes, mapKey, unhex } from '../base/bytes.ts'

/** An Ed25519 secret key ready for use. */
export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** 32 bytes. Where the library lets us, this is the only copy: clearing it makes the signer useless. */
  readonly seed: Uint8Array
  /** @returns 64 bytes. */
  sign(message: Uint8Array): Uint8Array
}

/** An X25519 secret key ready for use. */
export interface Agreement {
  /** @returns the 32-byte public key, computed each time. */
  publicKey(): Uint8Array
  /**
   * @param publicKey - 32 bytes, a stranger's.
   * @returns 32 bytes, or undefined when the library refuses the point. All zeros are possible: the caller looks.
   */
  agree(publicKey: Uint8Array): Uint8Array | undefined
  /** Clears what can be cleared; later use gives nonsense. */
  destroy(): void
}

/** One native library. */
export interface Backend {
  readonly name: 'libsodium' | 'node'
  /** @param seed - 32 bytes, copied. */
  signer(seed: Uint8Array): Signer
  /** Not strict. @param publicKey - 32 bytes. @param signature - 64 bytes. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
  /** ChaCha20-Poly1305. @param key - 32 bytes. @param nonce - 12 bytes. @returns ciphertext and 16-byte tag. */
  aeadSeal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array
  /** @param ciphertext - at least 16 bytes. @returns undefined when the tag does not fit. */
  aeadOpen(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined
  /** @param privateKey - 32 bytes, copied. */
  agreement(privateKey: Uint8Array): Agreement
  /** SHA-256 of a short message: beyond 200 bytes node:crypto is the faster one. @param output - 32 bytes. */
  shortHash(output: Uint8Array, message: Uint8Array): void
  /** BLAKE2b-512 without a key. @param output - 64 bytes. */
  blake2b(output: Uint8Array, message: Uint8Array): void
}

const TAG_BYTES = 16

/** The part of sodium-native used here; the package brings no types. */
interface Sodium {
  crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void
  crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void
  crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean
  crypto_aead_chacha20poly1305_ietf_encrypt(
    ciphertext: Uint8Array,
    message: Uint8Array,
    aad: Uint8Array,
    nsec: null,
    nonce: Uint8Array,
    key: Uint8Array
  ): number
  crypto_aead_chacha20poly1305_ietf_decrypt(
    message: Uint8Array,
    nsec: null,
    ciphertext: Uint8Array,
    aad: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array
  ): number
  crypto_hash_sha256(output: Uint8Array, message: Uint8Array): void
  crypto_generichash(output: Uint8Array, message: Uint8Array): void
  crypto_scalarmult_base(publicKey: Uint8Array, privateKey: Uint8Array): void
  crypto_scalarmult(shared: Uint8Array, privateKey: Uint8Array, publicKey: Uint8Array): void
  crypto_pwhash(
    output: Uint8Array,
    passphrase: Uint8Array,
    salt: Uint8Array,
    passes: number,
    memoryBytes: number,
    algorithm: number
  ): void
  readonly crypto_pwhash_ALG_ARGON2ID13: number
}

/** libsodium's functions, or undefined where no prebuilt module loads (musl, unusual processors). */
export const sodium: Sodium | undefined = loadSodium()

function loadSodium(): Sodium | undefined {
  try {
    return createRequire(import.meta.url)('sodium-native') as Sodium
  } catch {
    return undefined
  }
}

/** libsodium, or undefined where it does not load. */
export const libsodium: Backend | undefined = sodium === undefined ? undefined : sodiumBackend(sodium)

function sodiumBackend(na: Sodium): Backend {
  return {
    name: 'libsodium',
    signer(seed) {
      const publicKey = new Uint8Array(32)
      // libsodium's secret key is seed ‖ public key.
      const secretKey = new Uint8Array(64)
      na.crypto_sign_seed_keypair(publicKey, secretKey, seed)
      return {
        publicKey,
        seed: secretKey.subarray(0, 32),
        sign(message) {
          const signature = new Uint8Array(64)
          na.crypto_sign_detached(signature, message, secretKey)
          return signature
        }
      }
    },
    verify: (publicKey, message, signature) => na.crypto_sign_verify_detached(signature, message, publicKey),
    aeadSeal(key, nonce, aad, plaintext) {
      const ciphertext = new Uint8Array(plaintext.length + TAG_BYTES)
      na.crypto_aead_chacha20poly1305_ietf_encrypt(ciphertext, plaintext, aad, null, nonce, key)
      return ciphertext
    },
    aeadOpen(key, nonce, aad, ciphertext) {
      const plaintext = new Uint8Array(ciphertext.length - TAG_BYTES)
      try {
        na.crypto_aead_chacha20poly1305_ietf_decrypt(plaintext, null, ciphertext, aad, nonce, key)
        return plaintext
      } catch {
        return undefined
      }
    },
    agreement(privateKey) {
      // Not `slice`: on a Buffer that would alias what the caller is about to clear.
      const scalar = new Uint8Array(privateKey)
      return {
        publicKey() {
          const publicKey = new Uint8Array(32)
          na.crypto_scalarmult_base(publicKey, scalar)
          return publicKey
        },
        agree(publicKey) {
          const shared = new Uint8Array(32)
          try {
            na.crypto_scalarmult(shared, scalar, publicKey)
            return shared
          } catch {
            return undefined
          }
        },
        destroy: () => scalar.fill(0)
      }
    },
    shortHash: (output, message) => na.crypto_hash_sha256(output, message),
    blake2b: (output, message) => na.crypto_generichash(output, message)
  }
}

// DER around raw keys (RFC 8410): node imports these on every version we run on.
const ED25519_PKCS8 = unhex('302e020100300506032b657004220420')
const ED25519_SPKI = unhex('302a300506032b6570032100')
const X25519_PKCS8 = unhex('302e020100300506032b656e04220420')
const X25519_SPKI = unhex('302a300506032b656e032100')

const CIPHER = 'chacha20-poly1305'
const TAG_LENGTH = { authTagLength: TAG_BYTES }

/** A plain view of what node returns: a Buffer's `slice` would alias. */
const plain = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)

/** @returns the key object; the DER copy of the secret is cleared. */
function privateKeyObject(prefix: Uint8Array, secret: Uint8Array): KeyObject {
  const der = Buffer.alloc(prefix.length + secret.length)
  der.set(prefix)
  der.set(secret, prefix.length)
  const key = crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  der.fill(0)
  return key
}

const publicKeyObject = (prefix: Uint8Array, publicKey: Uint8Array): KeyObject =>
  crypto.createPublicKey({ key: Buffer.from(joinBytes(prefix, publicKey)), format: 'der', type: 'spki' })

const rawPublicKey = (key: KeyObject, prefix: Uint8Array): Uint8Array =>
  plain(crypto.createPublicKey(key).export({ format: 'der', type: 'spki' })).slice(prefix.length)

/**
 * Imported Ed25519 public keys, the least recently used dropped first. Importing costs a third of a verification.
 * Strangers can push members out of it; that costs time, never safety.
 */
const KEY_CACHE_SIZE = 1024
const keyCache = new Map<string, KeyObject>()

function cachedPublicKey(publicKey: Uint8Array): KeyObject {
  const name = mapKey(publicKey)
  const known = keyCache.get(name)
  if (known !== undefined) {
    keyCache.delete(name)
    keyCache.set(name, known)
    return known
  }
  const key = publicKeyObject(ED25519_SPKI, publicKey)
  if (keyCache.size >= KEY_CACHE_SIZE) {
    for (const oldest of keyCache.keys()) {
      keyCache.delete(oldest)
      break
    }
  }
  keyCache.set(name, key)
  return key
}

/** node:crypto (OpenSSL), always there. */
export const nodeCrypto: Backend = {
  name: 'node',
  signer(seed) {
    const key = privateKeyObject(ED25519_PKCS8, seed)
    return {
      publicKey: rawPublicKey(key, ED25519_SPKI),
      seed: new Uint8Array(seed),
      sign: (message) => plain(crypto.sign(null, message, key))
    }
  },
  verify(publicKey, message, signature) {
    try {
      return crypto.verify(null, message, cachedPublicKey(publicKey), signature)
    } catch {
      return false
    }
  },
  aeadSeal(key, nonce, aad, plaintext) {
    // A KeyObject: passing the bytes themselves costs more.
    const cipher = crypto.createCipheriv(CIPHER, crypto.createSecretKey(key), nonce, TAG_LENGTH)
    cipher.setAAD(aad, { plaintextLength: plaintext.length })
    const ciphertext = new Uint8Array(plaintext.length + TAG_BYTES)
    // A stream cipher gives everything at once and nothing at the end.
    ciphertext.set(cipher.update(plaintext))
    cipher.final()
    ciphertext.set(cipher.getAuthTag(), plaintext.length)
    return ciphertext
  },
  aeadOpen(key, nonce, aad, ciphertext) {
    const length = ciphertext.length - TAG_BYTES
    const decipher = crypto.createDecipheriv(CIPHER, crypto.createSecretKey(key), nonce, TAG_LENGTH)
    decipher.setAAD(aad, { plaintextLength: length })
    decipher.setAuthTag(ciphertext.subarray(length))
    const plaintext = plain(decipher.update(ciphertext.subarray(0, length)))
    try {
      decipher.final()
      return plaintext
    } catch {
      return undefined
    }
  },
  agreement(privateKey) {
    const key = privateKeyObject(X25519_PKCS8, privateKey)
    return {
      publicKey: () => rawPublicKey(key, X25519_SPKI),
      agree(publicKey) {
        try {
          return plain(
            crypto.diffieHellman({ privateKey: key, publicKey: publicKeyObject(X25519_SPKI, publicKey) }) as Buffer
          )
        } catch {
          return undefined
        }
      },
      // The key object is out of reach and goes with the garbage.
      destroy() {}
    }
  },
  shortHash: (output, message) => output.set(crypto.hash('sha256', message, 'buffer')),
  blake2b: (output, message) => output.set(crypto.hash('blake2b512', message, 'buffer'))
}

/** The back end this process uses. */
export const chosen: Backend = libsodium ?? nodeCrypto
