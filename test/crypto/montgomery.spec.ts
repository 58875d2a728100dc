import { createRequire } from 'node:module'
import { expect } from 'chai'
import fc from 'fast-check'
import { hex, unhex } from '../../src/base/bytes.ts'
import { x25519 } from '../../src/crypto/kem.ts'
import { x25519KeyOf, x25519PairOf } from '../../src/crypto/montgomery.ts'
import { signingKey } from '../../src/crypto/sign.ts'

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 })

interface Sodium {
  crypto_sign_ed25519_pk_to_curve25519(u: Uint8Array, publicKey: Uint8Array): void
}
const sodium = createRequire(import.meta.url)('sodium-native') as Sodium

describe('the X25519 key of a user', () => {
  it('is the same whether it comes of the public or of the private key, and by the map of libsodium', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const key = signingKey(seed)
        const u = x25519KeyOf(key.publicKey)!
        expect(hex(x25519PairOf(key).publicKey)).to.equal(hex(u))
        const theirs = new Uint8Array(32)
        sodium.crypto_sign_ed25519_pk_to_curve25519(theirs, key.publicKey)
        expect(hex(theirs)).to.equal(hex(u))
      }),
      { numRuns: 50 }
    )
  })

  it('agrees with that of another user', () => {
    const [a, b] = [signingKey(new Uint8Array(32).fill(1)), signingKey(new Uint8Array(32).fill(2))]
    const ab = x25519(x25519PairOf(a).seed.expose(), x25519KeyOf(b.publicKey)!)
    expect(ab).to.deep.equal(x25519(x25519PairOf(b).seed.expose(), x25519KeyOf(a.publicKey)!))
  })

  it('is none for a key of small order, one that is not canonical, or one of another length', () => {
    for (const text of ['01', `${'ec'.padEnd(62, 'f')}7f`, `${'ed'.padEnd(62, 'f')}7f`]) {
      expect(x25519KeyOf(unhex(text.padEnd(64, '0')))).to.equal(undefined)
    }
    expect(x25519KeyOf(new Uint8Array(31))).to.equal(undefined)
  })

  it('ends with the signing key', () => {
    const key = signingKey(new Uint8Array(32).fill(3))
    key.seed.destroy()
    expect(() => x25519PairOf(key)).to.throw(TypeError)
  })
})
