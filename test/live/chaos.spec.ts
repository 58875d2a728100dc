import { expect } from 'chai'
import { MINUTE_MS, SECOND_MS } from '../../src/base/time.ts'
import { chaos, complaints } from './chaos.ts'
import { SEVERABLE } from './cli-processes.ts'
import { Crew, earOf, type Hand } from './crew.ts'
import { compare, isGood, type Shown } from './histories.ts'
import { until } from './hosts.ts'

describe('peers that are killed and cut off from each other while they talk', function () {
  this.timeout(10 * MINUTE_MS)

  it('come to show every message once, in one order', async () => {
    const outcome = await chaos({
      managers: 3,
      members: 3,
      messages: 200,
      durationMs: 40 * SECOND_MS,
      cut: 0.3,
      kills: 1,
      seed: 1,
      convergenceMs: 4 * MINUTE_MS,
      tell: () => {}
    })
    expect(complaints(outcome)).to.deep.equal([])
    expect(outcome).to.include({ kills: 7 })
    expect(outcome.acknowledged).to.be.at.least(200)
  })
})

describe('a link that is cut', function () {
  this.timeout(3 * MINUTE_MS)
  const crew = new Crew({ manager: SEVERABLE, member: SEVERABLE })
  after(() => crew.close())

  it('parts two peers and nobody else, through a restart, until it is healed', async () => {
    await crew.gather(['alice'], ['mia', 'nils'])
    const [alice, mia, nils] = crew.hands as [Hand, Hand, Hand]
    const isConnected = async (a: Hand, b: Hand): Promise<boolean> => {
      const { peers } = await earOf(a).call<{ peers: { user: string }[] }>('peers')
      return peers.some(({ user }) => user === b.user)
    }
    await until('they are connected', () => isConnected(mia, nils), MINUTE_MS)
    crew.cut(mia, nils)
    await until('they are parted', async () => !(await isConnected(mia, nils)), MINUTE_MS)
    expect(await isConnected(mia, alice)).to.equal(true)
    await crew.kill(nils)
    await crew.start(nils)
    await crew.say(nils, 'by way of alice')
    await earOf(mia).hear({ text: 'by way of alice' }, 0, MINUTE_MS)
    expect(await isConnected(mia, nils)).to.equal(false)
    crew.heal(mia, nils)
    await until('they are connected again', () => isConnected(mia, nils), MINUTE_MS)
  })
})

describe('histories that are compared', () => {
  const said = (lamport: number, sender = 'mia'): Shown => {
    const name = `${sender}${lamport}`
    return { name, id: name, sender, lamport, text: `text of ${name}` }
  }
  const one = said(1)
  const two = said(2)
  const three = said(3)
  const other = said(2, 'nils')
  const all = [one, two, other, three]
  const witness = (nick: string, shown: readonly Shown[], ...told: string[]) => ({ nick, shown, told: new Set(told) })
  const judged = (shown: readonly Shown[], ...told: string[]) =>
    compare([witness('olga', all), witness('paul', shown, ...told)], new Set(all.map(({ text }) => text)))

  it('are good when all show the same', () => {
    expect(isGood(judged(all))).to.equal(true)
    expect(judged(all).messages).to.equal(4)
  })

  it('are not when one lacks something and was not told', () => {
    expect(isGood(judged([one, two, other]))).to.equal(false)
    expect(judged([one, two, other]).missing).to.deep.equal([{ nick: 'paul', text: three.text, isNamed: false }])
  })

  it('are not when all lack what was acknowledged', () => {
    const witnesses = [witness('olga', [one]), witness('paul', [one])]
    expect(isGood(compare(witnesses, new Set([one.text, two.text])))).to.equal(false)
  })

  it('are when one was told of what it lacks, which goes for what its sender said just before', () => {
    expect(isGood(judged([other, three], two.id))).to.equal(true)
    expect(isGood(judged([other, three], one.id))).to.equal(false)
    expect(isGood(judged([one, two, three], two.id))).to.equal(false)
  })

  it('are not when one shows something twice, in another order or under another name', () => {
    expect(judged([one, two, other, three, three]).doubled).to.deep.equal([{ nick: 'paul', text: three.text }])
    expect(judged([one, other, two, three]).disordered).to.have.length(1)
    expect(judged([one, two, other, { ...three, name: 'else' }]).ambiguous).to.deep.equal([three.text])
    expect(isGood(judged([one, two, other, three, three]))).to.equal(false)
    expect(isGood(judged([one, other, two, three]))).to.equal(false)
    expect(isGood(judged([one, two, other, { ...three, name: 'else' }]))).to.equal(false)
  })
})
