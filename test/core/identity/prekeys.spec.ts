import { inspect } from 'node:util'
import { expect } from 'chai'
import { hex } from '../../../src/base/bytes.ts'
import { UsageError } from '../../../src/base/errors.ts'
import { atMillis, DAY_MS } from '../../../src/base/time.ts'
import { Prekeys, prekeyId } from '../../../src/core/identity/prekeys.ts'
import { encapsulate, KEM } from '../../../src/crypto/kem.ts'
import { NOW, seeded } from './people.ts'

const later = (days: number) => atMillis(NOW + days * DAY_MS)

describe('prekeys', () => {
  it('are made from the given randomness alone', () => {
    const [one, same, other] = ['x', 'x', 'y'].map((seed) => Prekeys.create(seeded(seed), NOW).current)
    expect(one).to.deep.equal(same)
    expect(one!.id).to.not.deep.equal(other!.id)
    expect(one!.id).to.have.length(16)
    expect(one!.x25519).to.have.length(32)
    expect(one!.xwing).to.have.length(1216)
    expect(prekeyId(one!.x25519, one!.xwing)).to.deep.equal(one!.id)
    expect(prekeyId(other!.x25519, one!.xwing)).to.not.deep.equal(one!.id)
  })

  it('are due a day after they were made, or when the clock went back', () => {
    const prekeys = Prekeys.create(seeded('x'), NOW)
    expect(prekeys.isDue(atMillis(NOW + DAY_MS - 1))).to.equal(false)
    expect(prekeys.isDue(later(1))).to.equal(true)
    expect(prekeys.isDue(atMillis(NOW - 1))).to.equal(true)
  })

  it('stay two rotations and are destroyed by the third', () => {
    const random = seeded('x')
    const prekeys = Prekeys.create(random, NOW)
    const { id } = prekeys.current
    const pair = prekeys.find(id)!
    const seed = pair.x25519.seed.expose()
    for (const day of [1, 2]) {
      prekeys.rotate(random, later(day))
      expect(prekeys.current.id).to.not.deep.equal(id)
      expect(prekeys.find(id)).to.equal(pair)
    }
    prekeys.rotate(random, later(3))
    expect(prekeys.find(id)).to.equal(undefined)
    expect(pair.x25519.seed.isDestroyed && pair.xwing.seed.isDestroyed).to.equal(true)
    expect(seed.every((byte) => byte === 0)).to.equal(true)
    expect(() => pair.xwing.decapsulate(new Uint8Array(1120))).to.throw(TypeError)
  })

  it('open what was sealed to them before they were stored', () => {
    const random = seeded('x')
    const prekeys = Prekeys.create(random, NOW)
    const { id, x25519, xwing } = prekeys.current
    prekeys.rotate(random, later(1))
    const stored = prekeys.export()
    const again = Prekeys.import(stored.expose())
    expect(again.current).to.deep.equal(prekeys.current)
    const pair = again.find(id)!
    const classic = encapsulate(KEM.X25519, x25519, random(32))!
    expect(pair.x25519.decapsulate(classic.enc)).to.deep.equal(classic.sharedSecret)
    const hybrid = encapsulate(KEM.X_WING, xwing, random(32))!
    expect(pair.xwing.decapsulate(hybrid.enc)).to.deep.equal(hybrid.sharedSecret)
    stored.destroy()
    expect(again.find(id)).to.equal(pair)
  })

  it('are not read from damaged bytes', () => {
    const bytes = Prekeys.create(seeded('x'), NOW).export().expose()
    const damaged = [
      new Uint8Array(0),
      bytes.slice(0, 1),
      bytes.slice(1),
      bytes.slice(0, -1),
      new Uint8Array(1 + 4 * 80).fill(1)
    ]
    for (const other of damaged) expect(() => Prekeys.import(other)).to.throw(UsageError)
  })

  it('never show a private half', () => {
    const prekeys = Prekeys.create(seeded('x'), NOW)
    const secret = hex(prekeys.find(prekeys.current.id)!.x25519.seed.expose())
    const shown = inspect(prekeys, { depth: 9, showHidden: true }) + JSON.stringify(prekeys) + String(prekeys.export())
    expect(shown).to.not.include(secret.slice(0, 16))
  })

  it('are unknown by another id', () => {
    const prekeys = Prekeys.create(seeded('x'), NOW)
    for (const id of [new Uint8Array(0), new Uint8Array(16), prekeys.current.id.slice(1)]) {
      expect(prekeys.find(id)).to.equal(undefined)
    }
  })
})
