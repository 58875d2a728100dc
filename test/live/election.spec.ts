/**
 * Three key managers and some members, each a process of its own: the manager in office is killed, stopped for a while, and cut
 * off; it ends with one manager and one key every time, and who was removed meanwhile reads nothing.
 */
import { expect } from 'chai'
import { coSignedBytes } from '../../src/core/channel/announcement.ts'
import { type Frame, makeFrame } from '../../src/core/channel/frame.ts'
import { type SigningKey, sign } from '../../src/crypto/sign.ts'
import { readChannelId } from '../../src/wire/names.ts'
import { SEVERABLE } from './cli-processes.ts'
import { Crew, earOf, type Hand } from './crew.ts'
import { type LiveCarrier, liveCarrier, newKey, until } from './hosts.ts'

describe('key managers in processes of their own', function () {
  this.timeout(180_000)
  const crew = new Crew({ manager: SEVERABLE })
  /** Who is still in the channel. */
  let staying: Hand[] = []

  before(async () => {
    await crew.gather(['alice', 'bert', 'cora'], ['mia', 'nils', 'olga', 'paul'])
    staying = [...crew.hands]
  })
  after(() => crew.close())

  const named = (nick: string): Hand => crew.hands.find((hand) => hand.nick === nick)!
  const but = (...absent: Hand[]): Hand[] => staying.filter((hand) => !absent.includes(hand))
  const others = (leader: Hand): Hand[] => crew.managers.filter((hand) => hand !== leader)

  /** Somebody says something that all of these hear. */
  async function hear(text: string, hands: readonly Hand[]): Promise<void> {
    await crew.say(named('mia'), text)
    await Promise.all(hands.map((hand) => earOf(hand).hear({ text })))
  }

  /** Takes somebody out, by the word of a manager. */
  async function remove(by: Hand, nick: string): Promise<Hand> {
    const removed = named(nick)
    await earOf(by).call('remove', { channel: crew.channel, user: removed.user, timeout: '40s' })
    staying = but(removed)
    return removed
  }

  async function expectDeaf(removed: Hand, text: string): Promise<void> {
    await until('it knows', async () => (await crew.standing(removed)).key === 'removed', 40_000)
    expect(earOf(removed).hasHeard(text), removed.nick).to.equal(false)
  }

  it('take the place of one that is killed, and it follows when it is back', async () => {
    const leader = await crew.agree(staying)
    await crew.kill(leader)
    await crew.say(named('nils'), 'said while there was no manager')
    const next = await crew.agree(but(leader))
    expect(next).to.not.equal(leader)
    await crew.start(leader)
    expect(await crew.agree(staying)).to.equal(next)
    for (const hand of but(leader, named('nils')))
      expect(earOf(hand).hasHeard('said while there was no manager'), hand.nick).to.equal(true)
    await hear('all together', staying)
  })

  it('take the place of one that is stopped, and it follows when it goes on', async () => {
    const leader = await crew.agree(staying)
    crew.signal(leader, 'SIGSTOP')
    const removed = await remove(others(leader)[0]!, 'olga')
    const next = await crew.agree(but(leader))
    expect(next).to.not.equal(leader)
    await hear('without olga', but(leader))
    crew.signal(leader, 'SIGCONT')
    await crew.agree(staying)
    await hear('without olga, all of us', staying)
    await expectDeaf(removed, 'without olga')
    await expectDeaf(removed, 'without olga, all of us')
  })

  it('take the place of one that is cut off, and it follows when that is healed', async () => {
    const leader = await crew.agree(staying)
    crew.signal(leader, 'SIGUSR2')
    const next = await crew.agree(but(leader))
    expect(next).to.not.equal(leader)
    const removed = await remove(next, 'paul')
    await crew.agree(but(leader))
    await hear('without paul', but(leader))
    expect(await crew.standing(leader)).to.include({ members: staying.length + 1 })
    crew.signal(leader, 'SIGUSR2')
    expect(await crew.agree(staying)).to.equal(next)
    await hear('without paul, all of us', staying)
    await expectDeaf(removed, 'without paul')
    await expectDeaf(removed, 'without paul, all of us')
  })

  it('are not impressed by a fourth that signs announcements, heartbeats and co-signatures of its own', async () => {
    const leader = await crew.agree(staying)
    const before = await crew.standing(named('mia'))
    const channel = readChannelId(String(before['id']))!
    const key = newKey()
    const fourth = await liveCarrier({ key, bootstrap: staying.map((hand) => hand.running!.address) })
    try {
      fourth.carrier.subscribe(channel)
      await until('it hears heartbeats', () => heard(fourth, 'heartbeat') !== undefined)
      await earOf(leader).call('rekey', { channel: crew.channel })
      await until('it hears an announcement', () => heard(fourth, 'announcement') !== undefined)
      /** @returns to how many peers each of its frames went. */
      const seize = (): Promise<number[]> =>
        Promise.all(forgeries(key, fourth).map(({ bytes }) => fourth.carrier.publish(channel, bytes)))
      for (const reached of await seize()) expect(reached).to.be.above(0)
      await hear('nothing happened', staying)
      expect(await crew.agree(staying)).to.equal(leader)
      const after = await crew.standing(named('mia'))
      expect(after).to.include({ term: before.term, serial: before.serial + 1, members: before.members })
      await crew.kill(leader)
      const ticker = setInterval(() => void seize(), 200)
      const next = await crew.agree(but(leader)).finally(() => clearInterval(ticker))
      expect(crew.managers).to.include(next)
      await hear('nothing happened again', but(leader))
    } finally {
      await fourth.stop()
    }
  })
})

const heard = ({ frames }: LiveCarrier, kind: Frame['kind']): Frame | undefined =>
  frames.findLast((frame) => frame.kind === kind)

/** What a manager would say that is in office, stands for it, or signs for another, in the name of a key that is none. */
function forgeries(key: SigningKey, there: LiveCarrier): Frame[] {
  const beat = heard(there, 'heartbeat')!
  const announced = heard(there, 'announcement')!
  const { channel } = announced
  const head = announced.body.announcement!
  const term = head.key!.term + 1
  const heartbeat = { ...beat.body.heartbeat!, counter: Date.now(), isBacked: true }
  const number = { ...head.key!, term, serial: 1 }
  const proposal = makeFrame(
    channel,
    key,
    { announcement: { ...head, key: number, previous: announced.id } },
    announced.attachment
  )
  const signed = (frame: Frame, id: typeof number): Frame => {
    const signature = sign(key, coSignedBytes(frame, head.group, id))
    const promise = { promisedTerm: id.term, promisedSerial: id.serial }
    const { term, serial } = id
    return makeFrame(channel, key, {
      coSignature: { announcement: frame.id, term, serial, signature, attempt: 0, ...promise }
    })
  }
  return [
    makeFrame(channel, key, { heartbeat }),
    makeFrame(channel, key, { heartbeat: { ...heartbeat, term } }),
    proposal,
    signed(proposal, number),
    signed(announced, head.key!)
  ]
}
