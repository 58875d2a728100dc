import { expect } from 'chai'
import fc from 'fast-check'
import { hex, unhex } from '../../src/base/bytes.ts'
import { UsageError } from '../../src/base/errors.ts'
import { type Agreement, type Backend, nodeCrypto } from '../../src/crypto/backends.ts'
import { sha256 } from '../../src/crypto/kdf.ts'
import {
  encapsulate,
  KEM,
  KEM_ENC_BYTES,
  KEM_PUBLIC_KEY_BYTES,
  kemKeyPair,
  X_WING_AVAILABLE,
  x25519,
  x25519KeyPair,
  x25519With,
  xWingKeyPair
} from '../../src/crypto/kem.ts'
import { mlKemDecapsulate, mlKemEncapsulate, mlKemKey } from '../../src/crypto/ml-kem.ts'
import { backends, type Case, field, flipped, readVectors, readWycheproof } from './vectors.ts'

const SEED = new Uint8Array(32).fill(1)
const EPHEMERAL = new Uint8Array(32).fill(2)

/** The u of the points whose order divides 8, and their encodings at or above p (RFC 7748 masks the top bit). */
const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'
]
  .map(unhex)
  .flatMap((u) => [u, flipped(u, 255)])

/** A library that hands out the all-zero result, as some do. */
const careless: Backend = {
  ...nodeCrypto,
  agreement: (privateKey): Agreement => ({ ...nodeCrypto.agreement(privateKey), agree: () => new Uint8Array(32) })
}

describe('crypto/kem', () => {
  before(function () {
    if (!X_WING_AVAILABLE) this.skip()
  })

  for (const backend of backends) {
    describe(`on ${backend.name}`, () => {
      it('every Wycheproof X25519 vector has its published result', () => {
        let count = 0
        for (const group of readWycheproof('x25519')) {
          for (const test of group.tests) {
            const shared = x25519With(backend, field(test, 'private'), field(test, 'public'))
            const pair = x25519KeyPair(field(test, 'private'), backend)
            expect(pair.agree(field(test, 'public')), `tcId ${test.tcId}`).to.deep.equal(shared)
            // Ours to decide, whatever the vector calls it: a zero result is refused.
            if (/^0*$/.test(test['shared']!)) expect(shared, `tcId ${test.tcId}`).to.equal(undefined)
            if (test.result === 'acceptable') continue
            expect(shared, `tcId ${test.tcId}`).to.deep.equal(
              test.result === 'valid' ? field(test, 'shared') : undefined
            )
            count++
          }
        }
        expect(count).to.equal(264)
      })

      it('every low-order point is refused by agreement, by both KEMs, as a key and as an encapsulation', () => {
        const dh = x25519KeyPair(SEED, backend)
        const hybrid = xWingKeyPair(SEED, backend)
        const enc = encapsulate(KEM.X_WING, hybrid.publicKey, EPHEMERAL, backend)!.enc
        for (const point of LOW_ORDER) {
          expect(x25519With(backend, SEED, point), hex(point)).to.equal(undefined)
          expect(dh.agree(point)).to.equal(undefined)
          expect(dh.decapsulate(point)).to.equal(undefined)
          expect(encapsulate(KEM.X25519, point, EPHEMERAL, backend)).to.equal(undefined)
          const badKey = hybrid.publicKey.slice()
          badKey.set(point, badKey.length - 32)
          expect(encapsulate(KEM.X_WING, badKey, EPHEMERAL, backend)).to.equal(undefined)
          const badEnc = enc.slice()
          badEnc.set(point, badEnc.length - 32)
          expect(hybrid.decapsulate(badEnc)).to.equal(undefined)
        }
      })

      it('every X-Wing vector has its published key and secret', () => {
        const vectors = readVectors<Record<string, string>[]>('xwing-draft.json')
        expect(vectors).to.have.length(3)
        for (const vector of vectors) {
          const pair = xWingKeyPair(field(vector, 'seed'), backend)
          expect(pair.publicKey).to.deep.equal(field(vector, 'pk'))
          expect(pair.decapsulate(field(vector, 'ct'))).to.deep.equal(field(vector, 'ss'))
        }
      })

      for (const kem of [KEM.X25519, KEM.X_WING]) {
        it(`both sides of KEM 0x${kem.toString(16).padStart(4, '0')} get one secret, nobody else`, () => {
          fc.assert(
            fc.property(
              fc.uint8Array({ minLength: 32, maxLength: 32 }),
              fc.uint8Array({ minLength: 32, maxLength: 32 }),
              fc.nat(),
              (seed, ephemeral, bit) => {
                const pair = kemKeyPair(kem, seed, backend)
                expect(pair.publicKey).to.have.length(KEM_PUBLIC_KEY_BYTES[kem])
                const sent = encapsulate(kem, pair.publicKey, ephemeral, backend)!
                expect(sent.enc).to.have.length(KEM_ENC_BYTES[kem])
                expect(sent.sharedSecret).to.have.length(32)
                expect(pair.decapsulate(sent.enc)).to.deep.equal(sent.sharedSecret)
                expect(pair.decapsulate(flipped(sent.enc, bit))).to.not.deep.equal(sent.sharedSecret)
                const other = kemKeyPair(kem, flipped(seed, 100), backend)
                expect(other.decapsulate(sent.enc)).to.not.deep.equal(sent.sharedSecret)
              }
            ),
            { numRuns: 25 }
          )
        })

        it(`any bytes of any length are answered by KEM 0x${kem.toString(16).padStart(4, '0')}, never thrown at`, () => {
          const pair = kemKeyPair(kem, SEED, backend)
          for (const size of [0, 1, 31, 33, 1087, 1088, 1089, 1119, 1121, 1184, 1185, 1215, 1217]) {
            expect(pair.decapsulate(new Uint8Array(size).fill(9))).to.equal(undefined)
            expect(encapsulate(kem, new Uint8Array(size).fill(9), EPHEMERAL, backend)).to.equal(undefined)
          }
          const length = KEM_ENC_BYTES[kem]
          fc.assert(
            fc.property(fc.uint8Array({ minLength: length, maxLength: length }), (enc) => {
              expect(() => pair.decapsulate(enc)).to.not.throw()
            }),
            { numRuns: 25 }
          )
        })

        it(`a destroyed key pair of KEM 0x${kem.toString(16).padStart(4, '0')} opens nothing`, () => {
          const pair = kemKeyPair(kem, SEED, backend)
          const { enc } = encapsulate(kem, pair.publicKey, EPHEMERAL, backend)!
          pair.destroy()
          pair.destroy()
          expect(() => pair.decapsulate(enc)).to.throw(TypeError)
          expect(() => pair.decapsulate(new Uint8Array(0))).to.throw(TypeError)
        })
      }

      it('a destroyed X25519 key pair agrees on nothing', () => {
        const pair = x25519KeyPair(SEED, backend)
        pair.destroy()
        expect(() => pair.agree(x25519KeyPair(EPHEMERAL).publicKey)).to.throw(TypeError)
      })
    })
  }

  it('the all-zero result is refused even when the library gives it out', () => {
    expect(x25519With(careless, SEED, x25519KeyPair(EPHEMERAL).publicKey)).to.equal(undefined)
    expect(x25519KeyPair(SEED, careless).agree(x25519KeyPair(EPHEMERAL).publicKey)).to.equal(undefined)
    for (const kem of [KEM.X25519, KEM.X_WING]) {
      const pair = kemKeyPair(kem, SEED)
      expect(encapsulate(kem, pair.publicKey, EPHEMERAL, careless)).to.equal(undefined)
      const { enc } = encapsulate(kem, pair.publicKey, EPHEMERAL)!
      expect(kemKeyPair(kem, SEED, careless).decapsulate(enc)).to.equal(undefined)
    }
  })

  it('an X25519 encapsulation follows from its ephemeral seed', () => {
    const { publicKey } = x25519KeyPair(SEED)
    for (const backend of backends) {
      expect(encapsulate(KEM.X25519, publicKey, EPHEMERAL, backend)).to.deep.equal(
        encapsulate(KEM.X25519, publicKey, EPHEMERAL)
      )
    }
  })

  it('two X-Wing encapsulations differ even with one ephemeral seed', () => {
    const { publicKey } = xWingKeyPair(SEED)
    const [one, two] = [1, 2].map(() => encapsulate(KEM.X_WING, publicKey, EPHEMERAL)!)
    expect(one!.sharedSecret).to.not.deep.equal(two!.sharedSecret)
  })

  it('both sides of an agreement get one result', () => {
    expect(x25519(SEED, x25519KeyPair(EPHEMERAL).publicKey)).to.deep.equal(
      x25519(EPHEMERAL, x25519KeyPair(SEED).publicKey)
    )
  })

  it('a key pair keeps its own copy of the seed, be it a Buffer', () => {
    for (const backend of backends) {
      for (const kem of [KEM.X25519, KEM.X_WING]) {
        const seed = Buffer.from(SEED)
        const pair = kemKeyPair(kem, seed, backend)
        seed.fill(0)
        const sent = encapsulate(kem, pair.publicKey, EPHEMERAL)!
        expect(pair.decapsulate(sent.enc)).to.deep.equal(sent.sharedSecret)
        expect(hex(pair.publicKey)).to.equal(hex(kemKeyPair(kem, SEED).publicKey))
        expect(pair.seed.expose()).to.deep.equal(SEED)
      }
    }
  })

  it('a seed of another length is the caller’s fault', () => {
    const bad = new Uint8Array(31)
    expect(() => x25519KeyPair(bad)).to.throw(UsageError)
    expect(() => xWingKeyPair(bad)).to.throw(UsageError)
    expect(() => x25519(bad, SEED)).to.throw(UsageError)
    expect(() => encapsulate(KEM.X25519, x25519KeyPair(SEED).publicKey, bad)).to.throw(UsageError)
  })

  describe('ML-KEM-768', () => {
    it('every Wycheproof decapsulation vector has its published result', () => {
      const tests = [1, 2].flatMap((i) => readVectors<Case[]>(`wycheproof/mlkem_768_test_${i}.json`))
      expect(tests).to.have.length(193)
      for (const test of tests) {
        if (test.result === 'acceptable') continue
        const run = (): Uint8Array | undefined => {
          const key = mlKemKey(field(test, 'seed'))
          expect(hex(sha256(key.publicKey)), `tcId ${test.tcId}`).to.equal(test['ekSha256'])
          return mlKemDecapsulate(key, field(test, 'c'))
        }
        if (field(test, 'seed').length !== 64) expect(run, `tcId ${test.tcId}`).to.throw(UsageError)
        else expect(run(), `tcId ${test.tcId}`).to.deep.equal(test.result === 'valid' ? field(test, 'K') : undefined)
      }
    })

    it('a public key that is not reduced or has another length is refused', () => {
      const tests = readVectors<Case[]>('wycheproof/mlkem_768_encaps_invalid_test.json')
      expect(tests).to.have.length(132)
      for (const test of tests) expect(mlKemEncapsulate(field(test, 'ek')), `tcId ${test.tcId}`).to.equal(undefined)
    })
  })
})
