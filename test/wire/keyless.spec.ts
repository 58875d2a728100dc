import { expect } from 'chai'
import { Admission, Authentication, Privacy } from '../../src/wire/messages.ts'
import { Bus, randomOf } from '../core/bus.ts'
import { decodeBy, type Plain } from './proto.ts'
import { SCHEMA } from './values.ts'

/** What protocol §3 lets everybody see of each kind: hashes, numbers, keys of one use, and boxes that are sealed. */
const CLEAR: Readonly<Record<string, string>> = {
  message: 'group key device boot counter previous lamport descriptor logHead commitment sealed',
  plainMessage: 'group device boot counter previous lamport descriptor content',
  keyRequest: 'prekey attempt enc sealed',
  challenge: 'request attempt enc sealed',
  challengeAnswer: 'prekey attempt enc sealed',
  grant: 'request attempt group key transcript roster logHead descriptor ephemeral enc sealed',
  announcement: 'group key roster logHead descriptor previous reason notAfter payload chunks base',
  chunk: 'announcement index data',
  coSignature: 'announcement term serial signature promisedTerm promisedSerial attempt',
  heartbeat: 'group term counter announcement logHead descriptor isBacked boot isFollowing',
  digest: 'key sealed',
  statements: 'key sealed',
  publicKeyRequest: 'key sealed',
  publicKeyAnswer: 'request enc sealed',
  session: 'tag start header sealed attempt lamport',
  leave: 'group boot counter',
  alarm: 'first second at',
  demand: 'key sealed'
}

describe('a reader without keys', () => {
  it('finds in a frame exactly the clear fields, and in the .proto no others', () => {
    const kinds = SCHEMA.messages.get('Body')!
    expect(kinds.map(({ name }) => name)).to.deep.equal(Object.keys(CLEAR))
    for (const { name, type } of kinds) {
      expect(
        SCHEMA.messages
          .get(type)!
          .map((field) => field.name)
          .join(' '),
        name
      ).to.equal(CLEAR[name])
    }
    expect(SCHEMA.messages.get('Frame')!.map(({ name }) => name)).to.deep.equal([
      'author',
      'body',
      'signature',
      'attachment'
    ])
    expect(SCHEMA.messages.get('AnnouncementPayload')!.map(({ name }) => name)).to.deep.equal(['tree', 'sealed'])
  })

  it('reads every frame of a conversation down to its sealed boxes, which look like noise', () => {
    const bus = new Bus('keyless')
    const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((nick) => bus.add(nick)) as [
      ReturnType<Bus['add']>,
      ReturnType<Bus['add']>,
      ReturnType<Bus['add']>
    ]
    const settings = {
      admission: Admission.BY_INVITE,
      authentication: Authentication.BY_CHALLENGE,
      privacy: Privacy.MIXED
    }
    const channel = bus.open(alice, settings)
    const invite = bus.invite(alice, channel)
    for (const node of [bob, carol]) bus.join(node, invite)
    bus.pass(3_000)
    bus.say(bob, channel, 'sealed')
    bus.say(bob, channel, 'in clear', true)
    bus.remove(alice, channel, carol)
    bus.pass(2_000)
    const seen = new Set<string>()
    for (const bytes of bus.tap) {
      const frame = decodeBy(SCHEMA, 'Frame', bytes)
      const body = decodeBy(SCHEMA, 'Body', frame['body'] as Uint8Array)
      const [kind] = Object.keys(body) as [string]
      seen.add(kind)
      const fields = body[kind] as Plain
      const clear = CLEAR[kind]!.split(' ')
      for (const name of Object.keys(fields)) expect(clear, kind).to.include(name)
      if (kind === 'announcement') {
        const { payload } = decodeBy(SCHEMA, 'AnnouncementAttachment', frame['attachment'] as Uint8Array)
        const { sealed } = decodeBy(SCHEMA, 'AnnouncementPayload', payload as Uint8Array)
        expect(isNoise(sealed as Uint8Array)).to.equal(true)
      }
      if (fields['sealed'] !== undefined) expect(isNoise(fields['sealed'] as Uint8Array), kind).to.equal(true)
    }
    const expected = [
      'message',
      'plainMessage',
      'keyRequest',
      'challenge',
      'challengeAnswer',
      'grant',
      'announcement',
      'heartbeat'
    ]
    expect([...seen]).to.include.members(expected)
    expect(isNoise(new Uint8Array(256))).to.equal(false)
    expect(isNoise(randomOf('noise')(256))).to.equal(true)
  })
})

/** Whether no byte value stands out: padding and text would. */
function isNoise(bytes: Uint8Array): boolean {
  const counts = new Map<number, number>()
  for (const byte of bytes) counts.set(byte, (counts.get(byte) ?? 0) + 1)
  return bytes.length >= 256 && Math.max(...counts.values()) < bytes.length / 16
}
