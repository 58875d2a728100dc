import { expect } from 'chai'
import fc from 'fast-check'
import { hex, joinBytes, unhex, utf8 } from '../../src/base/bytes.ts'
import { UsageError } from '../../src/base/errors.ts'
import { type Backend, nodeCrypto } from '../../src/crypto/backends.ts'
import { isStrictPublicKey, sign, signingKey, verify, verifyWith } from '../../src/crypto/sign.ts'
import { backends, field, flipped, readWycheproof } from './vectors.ts'

/** Accepts everything, so that a refusal can only be ours. */
const credulous: Backend = { ...nodeCrypto, verify: () => true }

const P = 2n ** 255n - 19n
const L = 2n ** 252n + 27742317777372353535851937790883648493n

function littleEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32)
  for (let i = 0, rest = value; i < 32; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn)
  return bytes
}
const fromLittleEndian = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes.slice().reverse())}`)

/** Both encodings of a y: x even, x odd. */
const bothSigns = (y: bigint): Uint8Array[] => [littleEndian(y), littleEndian(y + 2n ** 255n)]

const ORDER_8 = [
  fromLittleEndian(unhex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')),
  fromLittleEndian(unhex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'))
]
const CANONICAL_SMALL_ORDER = [0n, 1n, P - 1n, ...ORDER_8].flatMap(bothSigns)
/** Every y at or above p that still fits 255 bits. */
const NON_CANONICAL = Array.from({ length: 19 }, (_, i) => P + BigInt(i)).flatMap(bothSigns)

const key = signingKey(new Uint8Array(32).fill(7))
const message = utf8('hello')
const signature = sign(key, message)
const R = signature.slice(0, 32)
const S = signature.slice(32)

describe('crypto/sign', () => {
  for (const backend of backends) {
    describe(`on ${backend.name}`, () => {
      it('every Wycheproof Ed25519 vector has its published result', () => {
        let count = 0
        for (const group of readWycheproof('ed25519')) {
          const publicKey = unhex(group.publicKey!.pk)
          for (const test of group.tests) {
            if (test.result === 'acceptable') continue
            const good = verifyWith(backend, publicKey, field(test, 'msg'), field(test, 'sig'))
            expect(good, `tcId ${test.tcId}`).to.equal(test.result === 'valid')
            count++
          }
        }
        expect(count).to.equal(151)
      })

      it('RFC 8032 §7.1 test 3 gives the published key and signature', () => {
        const own = signingKey(unhex('c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7'), backend)
        expect(hex(own.publicKey)).to.equal('fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025')
        expect(hex(sign(own, unhex('af82')))).to.equal(
          '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a'
        )
      })

      it('what is signed verifies, and with any bit flipped it does not', () => {
        fc.assert(
          fc.property(
            fc.uint8Array({ minLength: 32, maxLength: 32 }),
            fc.uint8Array({ minLength: 1, maxLength: 200 }),
            fc.nat(),
            (seed, text, bit) => {
              const own = signingKey(seed, backend)
              const made = sign(own, text)
              const check = (k: Uint8Array, m: Uint8Array, s: Uint8Array): boolean => verifyWith(backend, k, m, s)
              expect(check(own.publicKey, text, made)).to.equal(true)
              expect(check(flipped(own.publicKey, bit), text, made)).to.equal(false)
              expect(check(own.publicKey, flipped(text, bit), made)).to.equal(false)
              expect(check(own.publicKey, text, flipped(made, bit))).to.equal(false)
            }
          ),
          { numRuns: 50 }
        )
      })

      it('a small-order key accepts no message', () => {
        // With A and R the identity and S = 0 the equation holds for any message.
        for (const A of [...CANONICAL_SMALL_ORDER, ...NON_CANONICAL]) {
          for (const r of CANONICAL_SMALL_ORDER) {
            expect(verifyWith(backend, A, message, joinBytes(r, new Uint8Array(32)))).to.equal(false)
          }
        }
      })

      it('any bytes of any length are answered, never thrown at', () => {
        const bytes = fc.uint8Array({ maxLength: 70 })
        const near = fc.uint8Array({ minLength: 32, maxLength: 32 })
        const nearSignature = fc.uint8Array({ minLength: 64, maxLength: 64 })
        fc.assert(
          fc.property(fc.oneof(bytes, near), bytes, fc.oneof(bytes, nearSignature), (k, m, s) => {
            expect(verifyWith(backend, k, m, s)).to.equal(false)
          })
        )
      })

      it('a key used after more than a thousand others still verifies', () => {
        expect(verifyWith(backend, key.publicKey, message, signature)).to.equal(true)
        for (let i = 0; i < 1100; i++) {
          const stranger = key.publicKey.slice()
          stranger[0] = i
          stranger[1] = i >>> 8
          verifyWith(backend, stranger, message, signature)
        }
        expect(verifyWith(backend, key.publicKey, message, signature)).to.equal(true)
      })
    })
  }

  it('every back end makes the same key and signature', () => {
    for (const backend of backends) {
      const own = signingKey(new Uint8Array(32).fill(7), backend)
      expect(own.publicKey).to.deep.equal(key.publicKey)
      expect(sign(own, message)).to.deep.equal(signature)
    }
  })

  describe('before any library is asked', () => {
    it('an honest key and signature pass', () => {
      expect(verifyWith(credulous, key.publicKey, message, signature)).to.equal(true)
      expect(verify(key.publicKey, message, signature)).to.equal(true)
    })

    it('a key of another length is refused', () => {
      for (const bad of [key.publicKey.slice(0, 31), joinBytes(key.publicKey, Uint8Array.of(0)), new Uint8Array(0)]) {
        expect(verifyWith(credulous, bad, message, signature)).to.equal(false)
        expect(isStrictPublicKey(bad)).to.equal(false)
      }
    })

    it('a signature of another length is refused', () => {
      for (const bad of [signature.slice(0, 63), joinBytes(signature, Uint8Array.of(0)), new Uint8Array(0)]) {
        expect(verifyWith(credulous, key.publicKey, message, bad)).to.equal(false)
      }
    })

    it('every encoding of a small-order point is refused as a key and as R', () => {
      expect(new Set(CANONICAL_SMALL_ORDER.map(hex)).size).to.equal(10)
      for (const point of CANONICAL_SMALL_ORDER) {
        expect(isStrictPublicKey(point), hex(point)).to.equal(false)
        expect(verifyWith(credulous, point, message, signature), hex(point)).to.equal(false)
        expect(verifyWith(credulous, key.publicKey, message, joinBytes(point, S)), hex(point)).to.equal(false)
      }
    })

    it('every non-canonical y is refused as a key and as R', () => {
      for (const point of NON_CANONICAL) {
        expect(isStrictPublicKey(point), hex(point)).to.equal(false)
        expect(verifyWith(credulous, point, message, signature), hex(point)).to.equal(false)
        expect(verifyWith(credulous, key.publicKey, message, joinBytes(point, S)), hex(point)).to.equal(false)
      }
    })

    it('the neighbours of the refused points are not refused', () => {
      const neighbours = [2n, 3n, P - 2n, P - 3n, ...ORDER_8.flatMap((y) => [y - 1n, y + 1n])].flatMap(bothSigns)
      for (const point of neighbours) {
        expect(isStrictPublicKey(point), hex(point)).to.equal(true)
        expect(verifyWith(credulous, key.publicKey, message, joinBytes(point, S)), hex(point)).to.equal(true)
      }
    })

    it('S at or above the group order is refused, S just below is not', () => {
      const accepts = (s: bigint): boolean =>
        verifyWith(credulous, key.publicKey, message, joinBytes(R, littleEndian(s)))
      for (const s of [L, L + 1n, fromLittleEndian(S) + L, 2n ** 253n, 2n ** 256n - 1n])
        expect(accepts(s)).to.equal(false)
      for (const s of [0n, L - 1n, L - 2n ** 128n, 2n ** 252n]) expect(accepts(s)).to.equal(true)
    })
  })

  it('a seed of another length is refused', () => {
    expect(() => signingKey(new Uint8Array(31)))
      .to.throw(UsageError)
      .with.property('code', 'BAD_LENGTH')
  })

  it('a key that signingKey did not make signs nothing', () => {
    expect(() => sign({ ...key }, message))
      .to.throw(UsageError)
      .with.property('code', 'NOT_A_KEY')
  })

  it('a destroyed key signs nothing', () => {
    for (const backend of backends) {
      const own = signingKey(new Uint8Array(32).fill(9), backend)
      own.seed.destroy()
      expect(() => sign(own, message)).to.throw(TypeError)
    }
  })

  it('a key keeps its own copy of the seed, be it a Buffer', () => {
    for (const backend of backends) {
      const seed = Buffer.alloc(32, 7)
      const own = signingKey(seed, backend)
      seed.fill(0)
      expect(sign(own, message)).to.deep.equal(signature)
      expect(own.seed.expose()).to.deep.equal(new Uint8Array(32).fill(7))
    }
  })
})
