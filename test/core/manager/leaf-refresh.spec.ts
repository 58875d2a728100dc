import { expect } from 'chai'
import { EMPTY, hex } from '../../../src/base/bytes.ts'
import { refreshLeafKey } from '../../../src/core/channel/key-schedule.ts'
import {
  chooseLeaves,
  LEAVES_AT_ONCE,
  type RefreshCandidate,
  refreshLeaves
} from '../../../src/core/manager/leaf-refresh.ts'
import { x25519, x25519KeyPair } from '../../../src/crypto/kem.ts'
import { randomOf } from '../bus.ts'

const NOW = 1_800_000_000_000
const HOUR = 3_600_000
const random = randomOf('leaf refresh')
const pairs = Array.from({ length: 4 }, () => x25519KeyPair(random(32)))
const members = pairs.map(() => random(32))
const line = { channel: random(32), group: EMPTY }

const prekey = (from: number, i = 0): NonNullable<RefreshCandidate['prekey']> =>
  ({ x25519: pairs[i]!.publicKey, notBefore: from, notAfter: from + 72 * HOUR }) as NonNullable<
    RefreshCandidate['prekey']
  >

const candidate = (leaf: number, fields: Partial<RefreshCandidate> = {}): RefreshCandidate => ({
  member: members[leaf % 4]!,
  leaf,
  prekey: prekey(NOW - HOUR, leaf % 4),
  keyedAt: NOW - HOUR,
  usedPrekeyFrom: undefined,
  ...fields
})

const leavesOf = (chosen: readonly RefreshCandidate[]): number[] => chosen.map(({ leaf }) => leaf)

describe('choosing leaves to refresh', () => {
  it('takes those who have had their keys the longest, and not more than asked for', () => {
    const ages = [3, 9, 1, 9, 5].map((hours, leaf) => candidate(leaf, { keyedAt: NOW - hours * HOUR }))
    expect(leavesOf(chooseLeaves(ages, NOW))).to.deep.equal([1, 3, 4, 0, 2])
    expect(leavesOf(chooseLeaves(ages, NOW, 2))).to.deep.equal([1, 3])
    const many = Array.from({ length: LEAVES_AT_ONCE + 1 }, (_, leaf) => candidate(leaf))
    expect(chooseLeaves(many, NOW)).to.have.length(LEAVES_AT_ONCE)
  })

  it('takes nobody whose prekey is the one used before, or older', () => {
    const from = NOW - HOUR
    const used = [from - 1, from, from + 1, undefined]
    const all = used.map((usedPrekeyFrom, leaf) => candidate(leaf, { usedPrekeyFrom }))
    expect(leavesOf(chooseLeaves(all, NOW))).to.deep.equal([0, 3])
  })

  it('takes nobody without a prekey, or with one that has expired', () => {
    const all = [
      candidate(0, { prekey: undefined }),
      candidate(1, { prekey: prekey(NOW - 72 * HOUR) }),
      candidate(2, { prekey: prekey(NOW - 72 * HOUR + 1) })
    ]
    expect(leavesOf(chooseLeaves(all, NOW))).to.deep.equal([2])
    expect(chooseLeaves([], NOW)).to.deep.equal([])
  })
})

describe('refreshing leaves', () => {
  it('gives each the key that its member computes from the term key, and from nothing else', () => {
    const refresh = refreshLeaves([candidate(1), candidate(6)], line, { term: 2, serial: 9 }, random)!
    expect([...refresh.refreshed.keys()]).to.deep.equal([1, 6])
    for (const [leaf, key] of refresh.refreshed) {
      const keyOf = (i: number, serial = 9): string =>
        hex(refreshLeafKey(x25519(pairs[i]!.seed.expose(), refresh.termKey)!, line, 2, serial, members[leaf % 4]!))
      expect(hex(key)).to.equal(keyOf(leaf % 4))
      expect(hex(key)).not.to.equal(keyOf((leaf + 1) % 4))
      expect(hex(key)).not.to.equal(keyOf(leaf % 4, 10))
    }
    const again = refreshLeaves([candidate(1)], line, { term: 2, serial: 9 }, random)!
    expect(hex(again.refreshed.get(1)!)).not.to.equal(hex(refresh.refreshed.get(1)!))
  })

  it('passes over a prekey of small order, and is nothing when nobody is left', () => {
    const bad = candidate(2, { prekey: { ...prekey(NOW), x25519: new Uint8Array(32) } })
    expect([
      ...refreshLeaves([bad, candidate(3)], line, { term: 1, serial: 2 }, random)!.refreshed.keys()
    ]).to.deep.equal([3])
    expect(refreshLeaves([bad], line, { term: 1, serial: 2 }, random)).to.equal(undefined)
    expect(refreshLeaves([], line, { term: 1, serial: 2 }, random)).to.equal(undefined)
  })
})
